/**
 * Sleepable RCU as two reader counts. A reader counts itself under the current index; a grace period flips the index
 * and waits until the old count is zero, so it waits for the readers that were there and not for those that follow.
 */
import { add, forgetSince, increase, load, observed, xchg } from '../arena/access.ts';
import { Header } from '../arena/structures.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import { LockClass } from './lockClass.ts';
import { lockMap, mightSleep, noteLocked, noteUnlocked } from './lockdep.ts';
import { mutexLock, mutexUnlock } from './spinlock.ts';
import type { Task } from './task.ts';
import { waitWhile, wake } from './wait.ts';

/**
 * Begins a read section; pass the result to {@link srcuReadUnlock}. Sections may nest: a reader never waits.
 *
 * @kernel kernel/rcu/srcutree.c srcu_read_lock
 */
export function* srcuReadLock(task: Task): Steps<number> {
  yield Point.lock;
  const index = load(task.arena, Header.srcuIndex);
  yield Point.srcuReadLock;
  increase(task.arena, Header.srcuReaders + index, 1);
  if (task.checks) noteLocked(task, Header.srcuReaders + index, LockClass.srcu);
  return index;
}

export function* srcuReadUnlock(task: Task, index: number): Steps<void> {
  if (task.checks) noteUnlocked(task, Header.srcuReaders + index, LockClass.srcu);
  yield Point.unlock;
  // The last reader of an index wakes a grace period that may wait for exactly that.
  if (add(task.arena, Header.srcuReaders + index, -1) === 1) wake(task.arena, Header.srcuReaders + index);
  yield Point.unlocked;
}

/**
 * Waits until every read section that had begun when this was called has ended. Sleeps.
 *
 * @kernel kernel/rcu/srcutree.c synchronize_srcu
 */
export function* synchronizeSrcu(task: Task): Steps<void> {
  const { arena } = task;
  mightSleep(task, 'synchronizeSrcu');
  lockMap(task, LockClass.srcu);
  yield* mutexLock(task, Header.srcuMutex, LockClass.srcu);
  // Twice: a reader may have read the index before the first flip and counted itself after it.
  for (let round = 0; round < 2; round++) {
    const old = load(arena, Header.srcuIndex);
    xchg(arena, Header.srcuIndex, 1 - old);
    yield Point.srcuFlip;
    const mark = observed();
    for (;;) {
      const readers = load(arena, Header.srcuReaders + old);
      if (readers === 0) break;
      yield* waitWhile(task, Header.srcuReaders + old, readers);
      forgetSince(mark);
    }
    forgetSince(mark);
  }
  yield* mutexUnlock(task, Header.srcuMutex, LockClass.srcu);
}
