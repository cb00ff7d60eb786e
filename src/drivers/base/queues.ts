/**
 * User queues of a device without retry faults: an invalidation stops them, and a worker makes valid again what was suspended
 * and resumes them (amdkfd: quiesce_mm, and the restore worker). What runs when they are stopped is waited for by the device TLB
 * flush; what must not be used meanwhile are the entries that were suspended.
 */

import { add, cas, get, load } from '../../arena/access.ts';
import { Mirror } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import { forEachEntry } from '../../mm/table/tables.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { cancelWorkSync, flushWork, queueWork, type Work } from '../../sync/workqueue.ts';
import { DEV_VALID, DEV_WRITE, eraseDeviceEntries } from './deviceTable.ts';

/** Word of the mirror: invalidations since the queues ran last (evicted_ranges). */
const EVICTED = Mirror.private + 8;

/** Bit of the restore worker in the queue of a mirror. */
const RESTORE_BIT = 0;

/** A range fault of one page, for a restore. */
type Fault = (task: Task, mirror: Mirror, start: Vpn, end: Vpn, write: boolean) => Steps<Errno>;

/** An invalidation has suspended entries. The first one stops the queues. Under the update lock. */
export function stopQueues(task: Task, mirror: Mirror, restore: Work): void {
  if (add(task.arena, mirror + EVICTED, 1) === 0) queueWork(task, mirror + Mirror.work, restore);
}

/** Waits until the queues run. To be called with no lock held. */
export function* waitForQueues(task: Task, mirror: Mirror, restore: Work): Steps<void> {
  if (load(task.arena, mirror + EVICTED) !== 0) yield* flushWork(task, mirror + Mirror.work, restore, mirror);
}

/**
 * The device is closed: the restore worker is waited for, and is not queued any more, as the queues count as stopped from now on. To be
 * called while the worker still has what it needs, with no lock held.
 */
export function* closeQueues(task: Task, mirror: Mirror, restore: Work): Steps<void> {
  // Pairs with the exchange of the worker, which queues itself if it sees this, and is taken back.
  add(task.arena, mirror + EVICTED, 1);
  yield* cancelWorkSync(task, mirror + Mirror.work, restore);
}

/** Makes every suspended page accessible again; one that cannot be any more is forgotten. */
function* validate(task: Task, mirror: Mirror, fault: Fault): Steps<void> {
  const { arena } = task;
  const suspended: (readonly [vpn: Vpn, write: boolean])[] = [];
  forEachEntry(arena, get(arena, mirror + Mirror.table), (vpn, entry) => {
    if ((entry & DEV_VALID) === 0) suspended.push([vpn, (entry & DEV_WRITE) !== 0]);
  });
  yield Point.driverLooked;
  for (const [vpn, write] of suspended) {
    if ((yield* fault(task, mirror, vpn, vpn + 1, write)) === 0) continue;
    yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock);
    yield* eraseDeviceEntries(task, mirror, vpn, vpn + 1);
    yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);
  }
}

/** The restore worker. An invalidation in the middle makes it begin again. */
export function restoreWork(fault: Fault): Work {
  const work: Work = {
    bit: RESTORE_BIT,
    cls: LockClass.restoreWork,
    *run(task, mirror) {
      const { arena } = task;
      const evicted = load(arena, mirror + EVICTED);
      if (evicted === 0) return;
      yield* validate(task, mirror, fault);
      // Resumes the queues, unless something was suspended meanwhile: pairs with the addition in stopQueues.
      if (cas(arena, mirror + EVICTED, evicted, 0) !== evicted) queueWork(task, mirror + Mirror.work, work);
    },
  };
  return work;
}
