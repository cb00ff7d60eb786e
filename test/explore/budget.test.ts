/** What is done after a failure is known takes no longer than it may, and ends when somebody says so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, store } from '../../src/arena/access.ts';
import { Violation } from '../../src/arena/violation.ts';
import { executorOf } from '../../src/engines/explore/explore.ts';
import { Budget, secondsFor } from '../../src/engines/explore/failure/budget.ts';
import { reportFailure, reportFound } from '../../src/engines/explore/failure/report.ts';
import { exploreParallel } from '../../src/engines/explore/threads/parallel.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { wordScenario, X, Y } from './words.ts';

/** A stores and takes back; B sees that it is there. Much can be left out. */
const scenario = wordScenario({
  *A({ arena }: Task): Steps<void> {
    for (const value of [1, 0]) {
      for (let i = 0; i < 5; i++) {
        yield Point.call;
        store(arena, Y, i);
      }
      store(arena, X, value);
    }
  },
  *B({ arena }: Task): Steps<void> {
    yield Point.call;
    if (load(arena, X) === 1) throw new Violation('I-OUT', 'seen');
  },
});
const schedule = [...Array<number>(5).fill(0), 0, 0, 1];
const found = { failure: { rule: 'I-OUT', message: 'seen', actor: 1 }, schedule, minimal: false };
const options = { settings: {}, explain: true };

test('five seconds, or a tenth of the search', () => {
  assert.deepEqual([0, 10, 49, 80].map(secondsFor), [5, 5, 5, 8]);
});

test('a budget is over when its time is, or when somebody says so; a part of it is over sooner', () => {
  let [now, stopped] = [0, false];
  const budget = new Budget(10, { now: () => now, isStopped: () => stopped });
  const [half, short] = [budget.part(0.5), budget.part(1, 2)];
  now = 1999;
  assert.deepEqual([budget.isOver, half.isOver, short.isOver], [false, false, false]);
  now = 2000;
  assert.deepEqual([budget.isOver, half.isOver, short.isOver], [false, false, true]);
  now = 5000;
  assert.deepEqual([budget.isOver, half.isOver], [false, true]);
  stopped = true;
  assert.equal(budget.isOver, true);
});

test('with time enough all is looked at', () => {
  const { explanation, minimal, steps } = reportFound(executorOf(scenario), options, found, new Budget(60));
  assert.ok(explanation?.complete && explanation.critical !== null);
  assert.deepEqual([minimal, steps], [true, 10]);
});

test('wherever the time ends, the failure that is known is shown', () => {
  // The clock is looked at once a turn of each loop, and each look takes a second.
  for (let seconds = 1; seconds < 400; seconds += seconds < 40 ? 1 : 40) {
    let now = 0;
    const tick = (): number => (now += 1000);
    const report = reportFound(executorOf(scenario), options, found, new Budget(seconds, { now: tick }));
    assert.equal(report.oracle, 'I-OUT');
    assert.ok(report.table.length >= 2 && report.explanation !== null);
    // Nothing goes on: a few looks are made by those that were about to begin.
    assert.ok(now <= 1000 * (seconds + 20), `${seconds} s, the clock was at ${now}`);
  }
});

test('stopped from the start: the failure as it was found', () => {
  const report = reportFound(executorOf(scenario), options, found, new Budget(60, { isStopped: () => true }));
  const { steps, minimal, explanation } = report;
  assert.deepEqual([steps, minimal, explanation?.complete, explanation?.critical], [schedule.length, false, false, null]);
});

test('a failure that does not come again is the verdict I-DETERM, in a sentence', () => {
  const passing = { ...found, schedule: [0, 0] };
  const report = reportFailure(executorOf(scenario), options, passing, new Budget(60));
  assert.equal(report.oracle, 'I-DETERM');
  assert.match(report.message, /^a schedule broke rule I-OUT \(seen\); when it is run again, nothing fails\. /);
  assert.equal(report.explanation, null);
  let runs = 0;
  const fickle = wordScenario({
    *A(): Steps<void> {
      yield Point.call;
      throw new Violation('I-OUT', `run ${runs++}`);
    },
  });
  const executor = executorOf(fickle);
  const failure = executor.step(0);
  assert.ok(failure);
  const again = reportFound(executor, options, { failure, schedule: [0], minimal: true }, new Budget(60));
  assert.match(again.message, /rule I-OUT \(run \d+\); when it is run again, rule I-OUT is broken: run \d+/);
});

test('a crash is the same whatever numbers a bundle gives its variables, and another one is not', () => {
  const crashing = wordScenario({
    *A(): Steps<void> {
      yield Point.call;
      throw new TypeError('task.lock is not a function');
    },
  });
  for (const [message, oracle] of [
    ['task3.lock2 is not a function', 'I-CRASH'],
    ['task3.unlock is not a function', 'I-DETERM'],
  ] as const) {
    const failure = { rule: 'I-CRASH', message, actor: 0 };
    const minimal = { failure, schedule: [0], minimal: true };
    assert.equal(reportFailure(executorOf(crashing), options, minimal, new Budget(60)).oracle, oracle);
  }
});

test('stopped the moment it is found: the failure is shown, un-minimised if need be', async () => {
  const stop = new AbortController();
  const seen: string[] = [];
  const settings = { retryCheck: 'none' };
  const asked = { strategy: 'search', seconds: 60, schedules: 1e6, preemptions: 2, seed: 1, settings, explain: true };
  const { verdict, interrupted, failure } = await exploreParallel('device-fault-vs-munmap', asked, 1, {
    onFound({ rule }) {
      seen.push(rule);
      stop.abort();
    },
    signal: stop.signal,
  });
  assert.deepEqual([verdict, interrupted, seen], ['violation', true, [failure?.oracle]]);
  assert.ok(failure !== null && failure.table.length > 1 && failure.explanation?.complete === false);
});
