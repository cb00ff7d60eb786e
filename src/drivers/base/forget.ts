/** A device lets go of a range by itself, as when it evicts its own page-table entries. Nothing else changes. */

import { Mirror } from '../../arena/structures.ts';
import type { Vpn } from '../../arena/units.ts';
import { DEVICE, flushTlb } from '../../mm/table/tlb.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { eraseDeviceEntries } from './deviceTable.ts';
import type { Driver } from './driver.ts';

/** Erases the device entries of [start, end) under the update lock, as the driver does it. */
export function* forgetRange(task: Task, driver: Driver, mirror: Mirror, start: Vpn, end: Vpn): Steps<void> {
  if (driver.forget !== undefined) {
    yield* driver.forget(task, mirror, start, end);
    return;
  }
  yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock);
  if ((yield* eraseDeviceEntries(task, mirror, start, end)) > 0) yield* flushTlb(task, DEVICE);
  yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);
}
