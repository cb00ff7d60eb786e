/** Livelocks of samples in which something counts: found by making a round again and again, and only where it goes on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, forgetRound, load, observed, store } from '../../src/arena/access.ts';
import { executorOf } from '../../src/engines/explore/explore.ts';
import type { Failure } from '../../src/engines/explore/machine/failure.ts';
import { Pump } from '../../src/engines/explore/sampling/pump.ts';
import { runOnce } from '../../src/engines/explore/sampling/run.ts';
import { RandomWalk } from '../../src/engines/explore/sampling/strategies.ts';
import type { Scenario } from '../../src/scenarios/kit/scenario.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../src/sync/spinlock.ts';
import type { Task } from '../../src/sync/task.ts';
import { wordScenario, X, Y, Z } from './words.ts';

/** What samples of a scenario meet, with the rounds of all of them tried. */
function met(scenario: Scenario, samples: number): Failure | null {
  const executor = executorOf(scenario);
  const runnable = new Uint8Array(executor.count);
  const [random, pump] = [new RandomWalk(1), new Pump()];
  for (let i = 0; i < samples; i++) {
    const failure = runOnce(executor, random, runnable, null, pump);
    if (failure !== null) return failure;
  }
  return null;
}

/** Lock of a frame. */
const frameLock = (frame: number): number => Z + 2 + 2 * frame;

/**
 * Puts its mark on the one thing (X), and is at work for so many steps. If nobody has taken it away meanwhile, that is all; else
 * it begins anew. Z counts who was there, and the mark says which frame of so many it was given, which are used in turn; it is
 * locked meanwhile.
 */
const wants = (mine: number, steps: number, frames: number, most = Number.POSITIVE_INFINITY) =>
  function* (task: Task): Steps<void> {
    const { arena } = task;
    const mark = observed();
    for (let tries = 1; ; tries++) {
      yield Point.getPage;
      const frame = load(arena, Y);
      store(arena, Y, (frame + 1) % frames);
      store(arena, X, 10 * mine + frame);
      add(arena, Z, 1);
      if (frames > 1) yield* mutexLock(task, frameLock(frame), LockClass.updateLock);
      for (let i = 0; i < steps; i++) yield Point.hmmWalk;
      if (frames > 1) yield* mutexUnlock(task, frameLock(frame), LockClass.updateLock);
      if (load(arena, X) === 10 * mine + frame || tries === most) return;
      // Who counts its tries, and gives up, remembers them.
      if (most === Number.POSITIVE_INFINITY) forgetRound(mark);
    }
  };

const rivals = (steps: number, frames: number, most?: number): Scenario =>
  wordScenario({ A: wants(1, steps, frames, most), B: wants(2, steps, frames, most) });

test('two that take a thing from each other for ever, and count: a livelock', () => {
  const failure = met(rivals(4, 1), 200);
  assert.equal(failure?.kind, 'counting livelock');
  assert.match(failure?.message ?? '', /^counting livelock: A, B go round: 64 rounds of 10 steps were made/);
});

test('it takes some rounds until the same frames are used in the same places: then so many are one', () => {
  for (const frames of [3, 4, 6]) {
    const failure = met(rivals(4, frames), 200);
    assert.equal(failure?.kind, 'counting livelock', `${frames} frames`);
    assert.match(failure?.message ?? '', /: 64 rounds of \d+ steps were made/);
  }
});

test('64 rounds may be more steps than an execution has', () => {
  const failure = met(rivals(200, 1), 50);
  assert.equal(failure?.kind, 'counting livelock');
  const { start, length } = failure?.round ?? assert.fail('no round');
  assert.ok(64 * length > 20_000 && start + length > 20_000);
});

test('who gives up after some tries, or wins as soon as it is left alone, is in no livelock', () => {
  for (const most of [2, 3, 10]) assert.equal(met(rivals(4, 2, most), 300), null, `${most} tries`);
  assert.equal(met(wordScenario({ A: wants(1, 4, 2) }), 20), null);
});

test('who only counts its own steps comes to an end, and then whoever waits for it', () => {
  const ends = function* ({ arena }: Task): Steps<void> {
    for (let i = 0; i < 300; i++) yield Point.hmmWalk;
    store(arena, X, 1);
  };
  const waits = function* ({ arena }: Task): Steps<void> {
    const mark = observed();
    for (;;) {
      yield Point.getPage;
      if (load(arena, X) !== 0) return;
      add(arena, Z, 1);
      forgetRound(mark);
    }
  };
  assert.equal(met(wordScenario({ A: ends }), 5), null, 'alone');
  assert.equal(met(wordScenario({ A: ends, B: waits }), 50), null, 'with another one');
});
