/** dmirror_read: a device copies a range page by page; at a page it cannot reach it faults the rest of the range, and goes on. */

import { Mirror } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { deviceEnd, deviceTry } from './deviceAccess.ts';
import { DEV_VALID, deviceEntry } from './deviceTable.ts';
import type { BoundDevice } from './driver.ts';

/** Copies from `start` on; returns the first page that is not there, or `end`. */
function* copyUntilHole(task: Task, device: BoundDevice, start: Vpn, end: Vpn): Steps<number> {
  const { arena } = task;
  const { driver, mirror } = device;
  const locked = driver.accessUnderLock?.(arena, mirror) ?? false;
  let vpn = start;
  // The ioctl holds the lock over all of its pages: an invalidation waits for it.
  if (locked) yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock);
  for (; vpn < end; vpn++) {
    if (locked) {
      if ((deviceEntry(arena, mirror, vpn) & DEV_VALID) === 0) break;
      yield Point.deviceTranslated;
    } else {
      if ((yield* deviceTry(task, device, vpn, DEV_VALID)) < 0) break;
      yield* deviceEnd(task, device);
    }
  }
  if (locked) yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);
  return vpn;
}

/** Reads [start, end). Calls `round` before each fault. 0 or an error of the fault. */
export function* deviceRead(task: Task, device: BoundDevice, start: Vpn, end: Vpn, round: () => void): Steps<Errno> {
  const { driver, mirror } = device;
  for (let at = start; ; ) {
    at = yield* copyUntilHole(task, device, at, end);
    if (at === end) return 0;
    round();
    const error = yield* driver.fault(task, mirror, at, end, false);
    if (error < 0) return error;
  }
}
