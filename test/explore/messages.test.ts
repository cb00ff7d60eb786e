/** Messages name actors, and of a lock order both places. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Violation } from '../../src/arena/violation.ts';
import { executorOf, explore, replay } from '../../src/engines/explore/explore.ts';
import { messageOf } from '../../src/engines/explore/failure/messages.ts';
import { readToken } from '../../src/engines/explore/failure/token.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../src/sync/spinlock.ts';
import type { Task } from '../../src/sync/task.ts';
import { wordScenario, X, Y, Z } from './words.ts';

const options = { strategy: 'search', seconds: 60, schedules: 1e6, preemptions: 0, seed: 1, settings: {} };

/** Locks are named by words: X is the mmap_lock, Y the lock of an anon_vma, Z the update lock of a device. */
const classOf = new Map([
  [X, LockClass.mmapLock],
  [Y, LockClass.anonVma],
  [Z, LockClass.updateLock],
]);

/** Takes one lock inside another. */
const takes = (outer: number, inner: number) =>
  function* (task: Task): Steps<void> {
    for (const lock of [outer, inner]) yield* mutexLock(task, lock, classOf.get(lock) ?? 0);
    for (const lock of [inner, outer]) yield* mutexUnlock(task, lock, classOf.get(lock) ?? 0);
  };

test('a lock order: who takes what now, and who took it the other way round', () => {
  const scenario = wordScenario({ A: takes(X, Y), D: takes(Y, X) });
  const { failure } = explore(scenario, options);
  assert.equal(failure?.oracle, 'I-LOCK');
  assert.match(
    failure.message,
    /^lock order: D takes mmapLock while it holds anonVma \(step \d+, .*messages\.test.*\); A took anonVma while it held mmapLock \(step \d+, .*\)$/,
  );
  const again = replay(scenario, {}, readToken(failure.token).schedule);
  assert.equal(again.failure?.message, failure.message);
});

test('a circle of three', () => {
  const { failure } = explore(wordScenario({ A: takes(X, Y), B: takes(Y, Z), D: takes(Z, X) }), options);
  assert.match(failure?.message ?? '', /^lock order: D takes mmapLock while it holds updateLock \(.*\); /);
  const others = failure?.message.split('; ')[1]?.replaceAll(/ \(step \d+, [^)]*\)\)?/g, '');
  assert.equal(others, 'B took updateLock while it held anonVma, and A took anonVma while it held mmapLock');
});

test('actors have their names, and the one that sets up is called that', () => {
  const executor = executorOf(
    wordScenario({
      *D({ id }: Task): Steps<void> {
        yield Point.call;
        throw new Violation('I-LOCK', `actor ${id} releases what actor 1 and actor 2 hold, not actor 7`);
      },
      *A(): Steps<void> {
        yield Point.call;
      },
    }),
  );
  const failure = executor.step(0) ?? assert.fail();
  assert.equal(messageOf(executor, failure, [0]), 'D releases what A and the set-up hold, not actor 7');
});
