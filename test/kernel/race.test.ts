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
import { type BrokenRound, type Round, raceOf, runRounds, sendRace } from '../../src/kernel/race.ts';
import { startSession } from '../../src/kernel/session.ts';
import { parseStages, stageOrder, stageText } from '../../src/kernel/stages.ts';
import type { Answer } from '../../src/programs/answer.ts';
import { parseProgram } from '../../src/programs/program.ts';

test('stages are read, checked, and written as the agent takes them', () => {
  const text = 'M entry mutex_lock from=f_one n=2, A done, M after g from=h, M done';
  const stages = parseStages(text, ['M', 'A']);
  assert.equal(stages.map(stageText).join(', '), text);
  assert.deepEqual(
    stages.map((stage) => stageOrder(stage, ['M', 'A'])),
    ['stage 0 entry mutex_lock f_one 2', 'stage 1 done', 'stage 0 after g h 1', 'stage 0 done'],
  );
  for (const [wrong, sentence] of [
    ['X done, A done, M done', /'X' is no actor/],
    ['M inside f, A done, M done', /'inside' is no place/],
    ['M entry, A done, M done', /which function is not said/],
    ['M after f, A done, M done', /from=FUNCTION/],
    ['M entry f n=0, A done, M done', /'n=0' is neither/],
    ['M entry f, A done', /does not end 'M done'/],
    ['M done, A done, M done', /has 'M done' twice/],
  ] as const)
    assert.throws(() => parseStages(wrong, ['M', 'A']), { name: 'UsageError', message: sentence });
});

const program = (text: string) => raceOf(parseProgram(text));

test('a race has looks at its pages, from both sides', () => {
  const race = program('given open 3 0 | mmap 0 4 rw anon; A: dwrite 3 1 2 9; B: cr 2 1');
  assert.deepEqual(
    race.looks.map(({ operation: { text } }) => text).filter((text) => !text.startsWith('cw') && !text.startsWith('dwrite')),
    ['dread 3 1 1', 'dread 3 2 1', 'cr 1 1', 'cr 2 1', 'dread 3 1 1', 'cr 1 1', 'dread 3 2 1', 'cr 2 1'],
  );
  assert.throws(() => program('A: cr 0 1'), { message: /at least two columns/ });
  assert.throws(() => program('A: cr 0 1; B: fork 1'), { message: /threads of one process/ });
  assert.throws(() => program('A: cr 0 1; B: reclaim 0 1'), { message: /cannot be done on a real kernel/ });
});

const race = program('given open 0 0 | mmap 0 1 rw anon | cw 0 1 7; A: dwrite 0 0 1 9; B: cr 0 1');
const [own, device] = race.looks.flatMap(({ what, value }) => (what === 'write' ? [value] : [])) as [number, number];

/** A round in which B reads something, and the looks answer something. */
function round(
  read: number,
  looks: { readonly seen?: number; readonly end?: number; readonly device?: number; readonly cpu?: number } = {},
): Round {
  const { seen = 9, end = 9, device: fromDevice = own, cpu = device } = looks;
  const answered = (v: readonly unknown[]): Answer => ({ e: 0, v });
  const answers = [[{ e: 0 }], [answered([read])]];
  return {
    taken: true,
    reached: [true],
    answers,
    looks: [answered([seen]), answered([end]), answered([]), answered([fromDevice]), { e: 0 }, answered([cpu])],
  };
}
const serial = serialOf(race, [round(7), round(9)]);

test('what an order of the actors shows is right', () => {
  assert.equal(wrongIn(race, round(7), serial), null);
  assert.equal(wrongIn(race, round(9), serial), null);
});

test('a value that was lost, or that nobody wrote, is wrong', () => {
  assert.equal(
    wrongIn(race, round(7, { end: 7 }), serial),
    'page 0 in the end is [7], and [9] when one actor comes after another',
  );
  assert.match(wrongIn(race, round(7, { seen: 7 }), serial) ?? '', /^page 0 for the device is \[7\], and \[9\] when/);
  assert.equal(wrongIn(race, round(5), serial), 'value 1 that B reads is 5, and 7 or 9 when one actor comes after another');
});

test('two sides that do not see what the other writes are wrong', () => {
  assert.match(
    wrongIn(race, round(7, { device: 7 }), serial) ?? '',
    /^afterwards the CPU writes \d+ to page 0, and the device reads 7$/,
  );
  assert.match(
    wrongIn(race, round(7, { cpu: own }), serial) ?? '',
    /^afterwards the device writes \d+ to page 0, and the CPU reads \d+$/,
  );
  const refused = { ...round(7), looks: round(7).looks.map((look, i) => (i === 3 ? { e: 14 } : look)) };
  assert.equal(wrongIn(race, refused, serial), null);
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
      assert.ok([0, 8].includes((one.looks[0] as { v: number[] }).v[0] as number));
    }
    const stages = parseStages('A entry no_such_function_at_all, B done, A done', ['A', 'B']);
    const refused = runRounds(session, two, { mode: 'aimed', stages, count: 1 }, () => {});
    await assert.rejects(refused, { message: /this kernel has no function no_such_function_at_all$/ });
  } finally {
    await session.stop();
  }
});
