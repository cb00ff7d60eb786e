import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explore } from '../../src/engines/explore/explore.ts';
import { Executor } from '../../src/engines/explore/machine/execution.ts';
import { FeedbackWalk } from '../../src/engines/explore/sampling/feedback.ts';
import { Portfolio, strategies } from '../../src/engines/explore/sampling/portfolio.ts';
import { preemptionsOf, runOnce } from '../../src/engines/explore/sampling/run.ts';
import type { Scheduler } from '../../src/engines/explore/sampling/scheduler.ts';
import { RandomWalk, Replay, RoundRobin } from '../../src/engines/explore/sampling/strategies.ts';
import { miniHmm } from '../../src/scenarios/miniHmm.ts';

/** Executions until the seeded bug shows, at most `limit`. */
function untilFound(executor: Executor, scheduler: Scheduler, limit: number): number {
  const runnable = new Uint8Array(executor.count);
  for (let n = 1; n <= limit; n++) {
    scheduler.newExecution(executor.count, executor);
    if (runOnce(executor, scheduler, runnable, scheduler instanceof Portfolio ? scheduler : null) !== null) return n;
  }
  return limit + 1;
}

const easy = new Executor(miniHmm(2, 2, true), null);
const skewed = new Executor(miniHmm(1, 20, true), null);
/** Without a choice in the middle of an execution: they cannot find a bug that needs one. */
const trivial = new Set(['pct1', 'roundRobin']);
const seeds = Array.from({ length: 50 }, (_, i) => i + 1);

test('every strategy but the trivial ones finds the easy bug with every seed', () => {
  for (const [name, make] of Object.entries(strategies)) {
    if (trivial.has(name)) continue;
    const missed = seeds.filter((seed) => untilFound(easy, make(seed), 20_000) > 20_000);
    assert.deepEqual(missed, [], name);
  }
});

test('the portfolio finds the skewed bug with every seed, and much sooner than plain random', () => {
  const median = (make: (seed: number) => Scheduler): number =>
    seeds.map((seed) => untilFound(skewed, make(seed), 5000)).sort((a, b) => a - b)[25] as number;
  assert.deepEqual(
    seeds.filter((seed) => untilFound(skewed, new Portfolio(seed), 5000) > 5000),
    [],
  );
  const [portfolio, random] = [median((seed) => new Portfolio(seed)), median((seed) => new RandomWalk(seed))];
  assert.ok(1.5 * portfolio < random, `medians: portfolio ${portfolio}, random ${random}`);
});

test('the more skewed, the less there is to hope for from plain random: the portfolio still finds the bug with every seed', () => {
  const verySkewed = new Executor(miniHmm(1, 80, true), null);
  const missed = (make: (seed: number) => Scheduler): number =>
    seeds.slice(0, 8).filter((seed) => untilFound(verySkewed, make(seed), 2000) > 2000).length;
  assert.deepEqual([missed((seed) => new RandomWalk(seed)), missed((seed) => new Portfolio(seed))], [8, 0]);
});

test('the seeded bug is found for 50 of 50 seeds by what explore does by default, in the easy and in the skewed model', () => {
  for (const scenario of [miniHmm(2, 2, true), miniHmm(1, 20, true)]) {
    for (const seed of seeds) {
      const options = {
        strategy: 'portfolio',
        seconds: 60,
        schedules: 20_000,
        preemptions: Number.POSITIVE_INFINITY,
        seed,
        settings: {},
      };
      const { failure } = explore(scenario, options);
      assert.deepEqual([failure?.oracle, failure?.preemptions, failure?.minimal], ['I-STALE', 1, true]);
    }
  }
});

test('the same seed makes the same choices, another one other choices', () => {
  for (const [name, make] of Object.entries(strategies)) {
    if (name === 'roundRobin') continue;
    const schedules = [1, 1, 2].map((seed) => {
      const scheduler = make(seed);
      const runnable = new Uint8Array(easy.count);
      return Array.from({ length: 20 }, () => {
        scheduler.newExecution(easy.count, easy);
        runOnce(easy, scheduler, runnable);
        return easy.schedule.slice(0, easy.steps).join('');
      }).join(' ');
    });
    assert.equal(schedules[0], schedules[1], name);
    assert.notEqual(schedules[0], schedules[2], name);
  }
});

test('feedback makes copies with a preemption more than new schedules have, and no more than four', () => {
  const scheduler = new FeedbackWalk(5);
  const runnable = new Uint8Array(skewed.count);
  const preemptions = Array.from({ length: 300 }, () => {
    scheduler.newExecution(skewed.count, skewed);
    runOnce(skewed, scheduler, runnable);
    return preemptionsOf(skewed, skewed.schedule.slice(0, skewed.steps));
  });
  assert.equal(Math.max(...preemptions), 4);
});

test('round robin and replay are schedulers as well', () => {
  const runnable = new Uint8Array(easy.count);
  const turns = new RoundRobin();
  assert.ok(turns.newExecution());
  runOnce(easy, turns, runnable);
  const schedule = easy.schedule.slice(0, easy.steps);
  assert.ok(preemptionsOf(easy, schedule) > 5);
  assert.ok(!turns.newExecution(), 'there is only one');
  const again = new Replay(schedule);
  again.newExecution();
  runOnce(easy, again, runnable);
  assert.deepEqual(easy.schedule.slice(0, easy.steps), schedule);
  assert.equal(again.diverged, 0);
});
