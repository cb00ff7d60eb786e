/** One scenario of a survey: when its turn comes, and what is said of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JobResult, nothing, type SearchJob } from '../../src/engines/explore/plan/job.ts';
import type { Listed } from '../../src/engines/explore/plan/list.ts';
import { surveyResult } from '../../src/engines/explore/plan/surveyResult.ts';
import { Row } from '../../src/engines/explore/plan/surveyRow.ts';

const listed = (scenario: string, isLong = false): Listed => ({ scenario, settings: {}, isLong });
const clean: JobResult = { ...nothing, executions: 1, states: 10, transitions: 10, cut: 1 };
const failure = { rule: 'I-STALE', message: 'old', actor: 0 };

/** Lets the row do its next job, which comes to this. */
const does = (row: Row, result: Partial<JobResult> = {}, wasStopped = false) =>
  row.take(row.next(0), { ...clean, ...result }, { ms: 1, wasStopped });
const boundOf = (row: Row): number => (row.next(0) as SearchJob).preemptions;
const all = { misfits: [], seconds: 1, workers: 1, interrupted: false, violation: null };

test('it is looked whether schedules repeat, then bound after bound; each is a rank', () => {
  const row = new Row(listed('one'), Number.POSITIVE_INFINITY);
  assert.deepEqual([row.next(7).kind, row.next(7).until, row.rank], ['determinism', 7, 0]);
  does(row);
  for (const bound of [0, 1, 2, 3, Number.POSITIVE_INFINITY]) {
    assert.equal(boundOf(row), bound);
    does(row);
  }
  assert.deepEqual([row.rank, row.isProved, row.result().verdict], [Number.POSITIVE_INFINITY, true, 'proved']);
});

test('a long scenario is two behind; a search that has run out of time gives way, and has more time then', () => {
  const [short, long] = [new Row(listed('short'), 3), new Row(listed('long', true), 3)];
  assert.deepEqual([short.rank, long.rank], [0, 2]);
  assert.ok(long.size > short.size, 'although nothing of it was seen');
  for (const row of [short, long]) {
    does(row);
    assert.equal(row.patience, Number.POSITIVE_INFINITY, 'without a preemption there is no limit');
    does(row);
  }
  does(short, { complete: false }, true);
  assert.deepEqual([short.rank, boundOf(short), short.result().unfinished], [4, 1, 'at most 1 preemption']);
  assert.ok(short.patience > long.patience);
  does(short);
  assert.deepEqual([short.rank, boundOf(short), short.result().unfinished], [5, 2, null]);
});

test('a search that ends for its size is not made again', () => {
  const row = new Row(listed('one'), 3);
  does(row);
  does(row, { complete: false });
  assert.equal(row.rank, Number.POSITIVE_INFINITY);
  assert.deepEqual(row.result().basis, 'at most 0 preemptions: the search was not finished, as there are too many states');
});

test('where no choice would have cost more, all interleavings come next', () => {
  const row = new Row(listed('one'), 3);
  does(row);
  does(row, { cut: 0 });
  assert.equal(boundOf(row), Number.POSITIVE_INFINITY);
  assert.equal(row.result().verdict, 'bounded', 'not before they are looked at');
  does(row);
  assert.equal(row.result().verdict, 'proved');
});

test('what left paths out is not finished, and not unfinished either', () => {
  const [whole, spins, slow] = ['whole', 'spins', 'slow'].map((name) => new Row(listed(name), 1)) as [Row, Row, Row];
  for (const row of [whole, spins, slow]) {
    does(row);
    does(row);
  }
  does(whole);
  does(spins, { spins: 2, cut: 0 });
  does(slow, { complete: false }, true);
  const { finished, bound, verdict, scenarios } = surveyResult([whole, spins, slow], 1, all);
  assert.deepEqual([verdict, bound], ['bounded', 0]);
  assert.deepEqual(finished, [
    { preemptions: 0, scenarios: 3, leftOut: [], unfinished: [] },
    { preemptions: 1, scenarios: 1, leftOut: ['spins'], unfinished: ['slow'] },
  ]);
  assert.deepEqual(
    scenarios.map(({ leftOut, unfinished }) => [leftOut.spins, unfinished]),
    [
      [0, null],
      [2, null],
      [0, 'at most 1 preemption'],
    ],
  );
  assert.match(scenarios[1]?.basis ?? '', /at most 1 preemption: every interleaving but for 2 paths on which an actor/);
});

test('a failure needs no fewer preemptions only if all with fewer were covered', () => {
  const minimal = (spins: number): boolean | undefined => {
    const row = new Row(listed('one'), 3);
    does(row);
    does(row, { spins });
    return does(row, { failure, complete: false })?.minimal;
  };
  assert.deepEqual([minimal(0), minimal(1)], [true, false]);
});

test('what random runs have met is told if the searches with few preemptions find nothing', () => {
  const met = (): Row => {
    const row = new Row(listed('one'), 3);
    assert.equal(does(row, { failure, schedule: [1] }), null);
    return row;
  };
  const row = met();
  assert.deepEqual([does(row), does(row)], [null, null]);
  assert.deepEqual(does(row), { failure, schedule: [1], minimal: false });
  assert.deepEqual(does(met(), { complete: false }, true)?.schedule, [1], 'or run out of time');
  assert.deepEqual(does(met(), { failure, schedule: [2], complete: false })?.schedule, [2], 'what a search finds is better');
  const changing = { ...failure, rule: 'I-DETERM' };
  assert.equal(does(new Row(listed('one'), 3), { failure: changing })?.failure, changing, 'that schedules do not repeat at once');
});
