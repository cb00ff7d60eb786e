/** Races on a kernel: stages, what the agent is told, and what is wrong in a round; and the agent's own rounds where it can be compiled. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { agentProgram } from '../../src/kernel/agentProgram.ts';
import { interval, shareText } from '../../src/kernel/confidence.ts';
import { serialOf, wrongIn } from '../../src/kernel/judge.ts';
import { type BrokenRound, type PageLook, type Round, raceLines, raceOf, runRounds, sendRace } from '../../src/kernel/race.ts';
import { startSession } from '../../src/kernel/session.ts';
import { parseStages, stageOrder, stageText } from '../../src/kernel/stages.ts';
import { parseProgram } from '../../src/programs/program.ts';

test('stages are read, checked, and written as the agent takes them', () => {
  const text = 'M entry mutex_lock from=f_one n=2, A done, M after g from=h, M ends';
  const stages = parseStages(text, ['M', 'A']);
  assert.equal(stages.map(stageText).join(', '), text);
  assert.deepEqual(
    stages.map((stage) => stageOrder(stage, ['M', 'A'])),
    ['stage 0 entry mutex_lock f_one 2', 'stage 1 done', 'stage 0 after g h 1', 'stage 0 ends'],
  );
  for (const [wrong, sentence] of [
    ['X done, A done, M done', /'X' is no actor/],
    ['M inside f, A done, M done', /'inside' is no place/],
    ['M entry, A done, M done', /which function is not said/],
    ['M after f, A done, M done', /from=FUNCTION/],
    ['M entry f n=0, A done, M done', /'n=0' is neither/],
    ['M entry f, A done', /does not end 'M done'/],
    ['M done, A done, M done', /has 'M done' twice/],
    ['M ends, A done', /has 'A done' after one that only ends/],
    ['M entry f, A ends f', /an actor that is done is in no function/],
  ] as const)
    assert.throws(() => parseStages(wrong, ['M', 'A']), { name: 'UsageError', message: sentence });
});

const program = (text: string) => raceOf(parseProgram(text));

test('a race has looks at its pages, from both sides', () => {
  const race = program('given open 3 0 | mmap 0 4 rw anon; A: dwrite 3 1 2 9; B: cr 2 1');
  assert.deepEqual([race.pages, race.slot], [[1, 2], 3]);
  const lines = raceLines(race);
  assert.deepEqual(lines.slice(0, 2), ['race', 'given open 3 0']);
  assert.deepEqual(lines.slice(-4), [
    'actor 0 dwrite 3 0x100000001000 2 9',
    'actor 1 cr 0x100000002000 1',
    'look 3 0x100000001000',
    'look 3 0x100000002000',
  ]);
  assert.equal(raceLines(program('given mmap 0 1 rw anon; A: cr 0 1; B: cw 0 1 3')).at(-1), 'look - 0x100000000000');
  assert.throws(() => program('A: cr 0 1'), { message: /at least two columns/ });
  assert.throws(() => program('A: cr 0 1; B: fork 1'), { message: /threads of one process/ });
  assert.throws(() => program('A: cr 0 1; B: reclaim 0 1'), { message: /cannot be done on a real kernel/ });
});

const race = program('given open 0 0 | mmap 0 1 rw anon | cw 0 1 7; A: dwrite 0 0 1 9; B: cr 0 1');
/** A round in which B reads something, and the look at the page shows something. */
function round(read: number, seen: Partial<PageLook> = {}): Round {
  const marks = [['cpu', 100, 100] as const, ['device', 101, 101] as const];
  return {
    taken: true,
    waited: false,
    reached: [true],
    answers: [[{ e: 0 }], [{ e: 0, v: [read] }]],
    looks: [{ device: 9, cpu: 9, marks, ...seen }],
  };
}
const serial = serialOf(race, [round(7), round(9)]);

test('what an order of the actors shows is right', () => {
  assert.equal(wrongIn(race, round(7), serial), null);
  assert.equal(wrongIn(race, round(9), serial), null);
});

test('a value that was lost, or that nobody wrote, is wrong', () => {
  assert.equal(wrongIn(race, round(7, { cpu: 7 }), serial), 'page 0 in the end is 7, and 9 when one actor comes after another');
  assert.match(wrongIn(race, round(7, { device: 7 }), serial) ?? '', /^page 0 for the device is 7, and 9 when/);
  assert.equal(wrongIn(race, round(5), serial), 'value 1 that B reads is 5, and 7 or 9 when one actor comes after another');
});

test('what is on a page that was given back is told as that', () => {
  assert.equal(
    wrongIn(race, round(7, { device: 0x7b00_0000 }), serial),
    "page 0 for the device is what is on a page that was given back and is another one's now",
  );
});

test('two sides that do not see what the other writes are wrong', () => {
  assert.equal(
    wrongIn(race, round(7, { marks: [['cpu', 100, 7]] }), serial),
    'afterwards the CPU writes 100 to page 0, and the device reads 7',
  );
  assert.equal(
    wrongIn(
      race,
      round(7, {
        marks: [
          ['cpu', 100, 100],
          ['device', 101, 100],
        ],
      }),
      serial,
    ),
    'afterwards the device writes 101 to page 0, and the CPU reads 100',
  );
  // An access that is refused says nothing.
  assert.equal(wrongIn(race, round(7, { device: null, marks: [] }), serial), null);
});

test('a share is as sure as its number of rounds makes it', () => {
  assert.equal(shareText(100, 100), '100 of 100 (96.3 to 100 %)');
  assert.equal(shareText(0, 200), '0 of 200 (0 to 1.9 %)');
  assert.deepEqual(interval(0, 0), [0, 1]);
  const [from, to] = interval(50, 100);
  assert.ok(Math.abs(from - 0.404) < 0.001 && Math.abs(to - 0.596) < 0.001);
});

const hasCompiler = spawnSync('cc', ['--version']).status === 0 && process.platform === 'linux';
const cache = mkdtempSync(join(tmpdir(), 'hmm-lab-test-'));
after(() => rmSync(cache, { recursive: true, force: true }));

test('the agent runs rounds of threads', {
  skip: hasCompiler ? false : 'there is no C compiler, or this is no Linux',
}, async () => {
  const place = { program: agentProgram('cc', cache), args: [], startSeconds: 20, lastLines: () => [] };
  const session = await startSession(place, new AbortController().signal);
  const two = program('given mmap 0 1 rw anon | cw 0 1 7; A: cw 0 1 8; B: madvise 0 1 dontneed');
  const rounds: (Round | BrokenRound)[] = [];
  try {
    sendRace(session, two);
    for (const mode of ['free', 'serial'] as const)
      await runRounds(session, two, { mode, stages: [], count: 5 }, (one) => rounds.push(one));
    assert.equal(rounds.length, 10);
    for (const one of rounds) {
      assert.ok(!('status' in one), 'a round ended by itself');
      assert.deepEqual([one.answers.length, one.looks.length, one.taken], [2, 1, false]);
      assert.ok(one.looks[0]?.device === null && [0, 8].includes(one.looks[0].cpu as number));
    }
    // In an order of the actors the one that comes last has the last word; this takes no probes.
    for (const [order, last] of [
      ['A done, B done', 0],
      ['B done, A ends', 8],
    ] as const) {
      const taken: (Round | BrokenRound)[] = [];
      const stages = parseStages(order, ['A', 'B']);
      await runRounds(session, two, { mode: 'aimed', stages, count: 3 }, (one) => taken.push(one));
      for (const one of taken) {
        assert.ok(!('status' in one), 'a round ended by itself');
        assert.deepEqual([one.taken, one.waited, one.looks[0]?.cpu], [true, false, last]);
      }
    }
    const stages = parseStages('A entry no_such_function_at_all, B done, A done', ['A', 'B']);
    const refused = runRounds(session, two, { mode: 'aimed', stages, count: 1 }, () => {});
    await assert.rejects(refused, { message: /this kernel has no function no_such_function_at_all$/ });
  } finally {
    await session.stop();
  }
});
