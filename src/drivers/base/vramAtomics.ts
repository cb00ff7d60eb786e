/** Atomics of a device that makes no page exclusive: they work in its own memory only, so the page must come there first. */

import { EBUSY } from '../../arena/errno.ts';
import { Mirror } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import { isDevicePage } from '../../mm/page/page.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { DEV_ATOMIC, DEV_VALID, DEV_WRITE, deviceEntry, deviceEntryPfn, setDeviceEntry } from './deviceTable.ts';
import type { Driver } from './driver.ts';

/** Attempts to get a page into device memory and map it before somebody takes it away. */
const ATTEMPTS = 3;

/** Allows atomics on a page that is mapped writable, if it is device memory. Under the driver's lock, whatever that is. */
export function* allowAtomic(task: Task, mirror: Mirror, vpn: Vpn): Steps<boolean> {
  const { arena } = task;
  const entry = deviceEntry(arena, mirror, vpn);
  const usable = (entry & (DEV_VALID | DEV_WRITE)) === (DEV_VALID | DEV_WRITE) && isDevicePage(arena, deviceEntryPfn(entry));
  if (usable) yield* setDeviceEntry(task, mirror, vpn, entry | DEV_ATOMIC);
  return usable;
}

/** How the driver moves pages to the device, and makes them accessible. */
export interface AtomicHooks {
  readonly migrate: Driver['migrateToDevice'];
  readonly fault: Driver['fault'];
}

/** 0, -EBUSY after a few attempts, or the error of `fault`. */
export function* atomicInDeviceMemory(task: Task, mirror: Mirror, vpn: Vpn, { migrate, fault }: AtomicHooks): Steps<Errno> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    yield* migrate(task, mirror, vpn, vpn + 1);
    const error = yield* fault(task, mirror, vpn, vpn + 1, true);
    if (error !== 0) return error;
    yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock);
    const allowed = yield* allowAtomic(task, mirror, vpn);
    yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);
    if (allowed) return 0;
  }
  return -EBUSY;
}
