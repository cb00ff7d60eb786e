/** How a callback takes the lock under which a driver programs its device. */

import { Mirror } from '../../arena/structures.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexLock, mutexTryLock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';

/**
 * Takes a mirror's update lock in an invalidate callback, which releases it with mutexUnlock.
 *
 * @param maySleep the event's `blockable`: the OOM reaper's callbacks may not wait.
 * @returns false when the lock is another's and may not be waited for; the callback then returns false itself.
 */
export function* lockForInvalidate(task: Task, mirror: Mirror, maySleep: boolean): Steps<boolean> {
  const updateLock = mirror + Mirror.updateLock;
  if (maySleep) {
    yield* mutexLock(task, updateLock, LockClass.updateLock);
    return true;
  }
  if (yield* mutexTryLock(task, updateLock, LockClass.updateLock)) return true;
  // What the caller undoes now, it undoes later than the look at the lock.
  yield Point.driverLooked;
  return false;
}
