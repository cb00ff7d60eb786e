/** What an operation may find that begins when others are over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Allowed, allowed } from '../src/programs/allowed.ts';
import { parseProgram } from '../src/programs/program.ts';
import { judge } from '../src/scenarios/programs/judge.ts';
import { askedFor, timesOf } from '../src/scenarios/programs/orderOfTime.ts';

const never = (): boolean => false;

function timesIn(text: string) {
  const program = parseProgram(text);
  const base = allowed(program, new Set(), never) as Allowed;
  return { program, base, times: timesOf(program, new Set(), never, base) };
}

const sets = (pages: readonly ReadonlySet<unknown>[] | undefined): unknown[][] | undefined =>
  pages?.map((outcomes) => [...outcomes].sort());

test('what begins after an unmap is refused, and what begins before may be', () => {
  const { base, times } = timesIn('given mmap 0 1 rw anon | cw 0 1 7; A: munmap 0 1; B: cr 0 1');
  assert.deepEqual(sets(base.columns[1]?.[0]), [[7, 'refused']]);
  const byTime = times[1]?.[0];
  assert.deepEqual(byTime?.ends, [[0, 1]]);
  assert.deepEqual(byTime?.pages.map(sets), [[[7, 'refused']], [['refused']]]);
  assert.equal(times[0]?.[0], null);
  assert.deepEqual([...askedFor(times)], [0]);
});

test('each end that makes a difference is told apart, and no other', () => {
  const { times } = timesIn(
    'given mmap 0 1 rw anon | cw 0 1 7; A: cw 0 1 8 | cw 0 1 9; B: madvise 0 1 dontneed; C: cr 0 1; D: cr 1 1',
  );
  const byTime = times[2]?.[0];
  assert.deepEqual(byTime?.ends, [
    [0, 1],
    [1, 3],
  ]);
  const found = byTime?.pages.map((pages) => sets(pages)?.[0]);
  // A has done one, or both; then B as well.
  assert.deepEqual(found?.slice(0, 3), [
    [0, 7, 8, 9],
    [0, 8, 9],
    [0, 9],
  ]);
  assert.deepEqual(found?.[5], [0, 9]);
  assert.equal(times[3]?.[0], null);
  assert.equal(timesIn('given open 0 0 | mmap 0 1 rw anon | cw 0 1 7; A: dmig 0 0 1; B: cr 0 1').times[1]?.[0], null);
});

test('a value of before is wrong once it is over', () => {
  const { program, base, times } = timesIn('given mmap 0 1 rw anon | cw 0 1 7; A: cw 0 1 8; B: cr 0 1');
  const operation = program.columns[1]?.operations[0];
  assert.ok(operation !== undefined);
  const expected = {
    actor: 'B',
    operation,
    driver: {},
    movesWhole: false,
    unmapsBesides: false,
    errors: null,
    pages: base.columns[1]?.[0] ?? null,
    byTime: times[1]?.[0] ?? null,
  };
  for (const began of [undefined, 0]) judge(expected, { e: 0, v: [7] }, began);
  judge(expected, { e: 0, v: [8] }, 1);
  assert.throws(() => judge(expected, { e: 0, v: [7] }, 1), {
    rule: 'I-DATA',
    message: /finds 7 at its page 0; allowed, after what had ended/,
  });
});
