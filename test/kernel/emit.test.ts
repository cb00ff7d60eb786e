/** A race as a folder that stands alone: what is in it, and that its program compiles and judges rounds. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { demandNewFolder, type Emitted, emit, linesAlone } from '../../src/kernel/emit.ts';
import { parseStages } from '../../src/kernel/stages.ts';
import { parseProgram } from '../../src/programs/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'hmm-lab-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const program = parseProgram('given mmap 0 1 rw anon | cw 0 1 7; A: cw 0 1 8; B: madvise 0 1 dontneed');
const tally = {
  taken: 3,
  waited: 0,
  violated: 3,
  violatedTaken: 3,
  missed: [],
  example: 'page 0 in the end is 7, and 8',
  crashes: 0,
};

const emitted = {
  program,
  wheres: ['at lock, in mutexLock', 'at done', 'at done'],
  sentence: 'rule I-DATA is broken: page 0 holds 7',
  result: {
    facts: { release: '7.3.4-x', machine: 'x86_64', cpus: 2 },
    stages: parseStages('A entry mutex_lock from=f_one n=2, B done, A ends', ['A', 'B']),
    trials: 1,
    tallies: [{ mode: 'aimed', rounds: 3, ...tally }],
    interrupted: false,
  },
} as unknown as Emitted;

test('the program is told the race, each order of the actors, and the rounds', () => {
  assert.deepEqual(linesAlone(program, emitted.result.stages, { aimed: 3, free: 5 }), [
    'race',
    'given mmap 0x100000000000 1 rw anon',
    'given cw 0x100000000000 1 7',
    'actor 0 cw 0x100000000000 1 8',
    'actor 1 madvise 0x100000000000 1 dontneed',
    'look - 0x100000000000',
    ...['stages', 'stage 0 done', 'stage 1 done', 'rounds aimed 1'],
    ...['stages', 'stage 1 done', 'stage 0 done', 'rounds aimed 1'],
    ...['stages', 'stage 0 entry mutex_lock f_one 2', 'stage 1 done', 'stage 0 ends', 'rounds aimed 3'],
    ...['stages', 'rounds free 5', 'stages', 'rounds serial 6'],
  ]);
});

test('the folder has all that it takes, and says what it is about', () => {
  const path = join(folder, 'one');
  emit(path, emitted);
  assert.deepEqual(readdirSync(path).sort(), ['README.md', 'program.hmm', 'race.txt', 'reproducer.c', 'run.sh']);
  const page = readFileSync(join(path, 'README.md'), 'utf8');
  assert.match(page, /^ {4}A: cw 0 1 8$/m);
  assert.match(page, /The model says of this interleaving: rule I-DATA is broken: page 0 holds 7\.$/m);
  assert.match(page, /^\| 1 \| A \| at lock, in mutexLock \| `entry mutex_lock from=f_one n=2` \|$/m);
  assert.match(page, /^\| aimed \| 3 \| 3 \| 3 of 3 \(/m);
  assert.doesNotMatch(readFileSync(join(path, 'reproducer.c'), 'utf8'), /^#include "/m);
  assert.equal(spawnSync('sh', ['-n', join(path, 'run.sh')]).status, 0);
  assert.throws(() => demandNewFolder(path), { name: 'UsageError', message: /is there already, and not empty$/ });
  demandNewFolder(join(folder, 'another'));
});

test('its program compiles without a warning, and judges rounds', {
  skip:
    spawnSync('cc', ['--version']).status === 0 && process.platform === 'linux'
      ? false
      : 'there is no C compiler, or this is no Linux',
}, () => {
  const path = join(folder, 'two');
  emit(path, emitted);
  const warnings = ['-Wall', '-Wextra', '-Werror'];
  execFileSync('cc', ['-O2', '-static', '-pthread', ...warnings, '-o', 'reproducer', 'reproducer.c'], { cwd: path });
  const run = (lines: readonly string[], ...args: readonly string[]) => {
    writeFileSync(join(path, 'race.txt'), `${lines.join('\n')}\n`);
    return spawnSync(join(path, 'reproducer'), ['race.txt', ...args], { cwd: path, encoding: 'utf8', timeout: 60_000 });
  };
  const stages = parseStages('A done, B ends', ['A', 'B']);
  const right = run(linesAlone(program, stages, { aimed: 2, free: 2 }), '4');
  assert.equal(right.status, 0, right.stderr);
  assert.match(right.stdout, /^aimed +4 rounds, taken 4, wrong 0\nfree +4 rounds, wrong 0\nserial +8 rounds, wrong 0\n$/);
  // Who has learned from one order alone takes the other one for wrong.
  const [first, second] = ['stage 0 done', 'stage 1 done'];
  const lines = linesAlone(program, parseStages('B done, A ends', ['A', 'B']), { aimed: 2, free: 2 }).join('\n');
  const oneOrder = lines.replace(`stages\n${second}\n${first}\nrounds aimed 1\n`, '').split('\n');
  const wrong = run(oneOrder);
  assert.equal(wrong.status, 1, wrong.stderr);
  assert.match(
    wrong.stdout,
    /^aimed +2 rounds, taken 2, wrong 2: the page at 0x100000000000 is 8 for the CPU, and 0 when one actor comes after another$/m,
  );
});
