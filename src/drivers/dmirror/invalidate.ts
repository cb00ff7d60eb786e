/** dmirror_interval_invalidate, and the erasing of device entries it shares with the other paths. */

import { get } from '../../arena/access.ts';
import { VPN_LIMIT } from '../../arena/config.ts';
import { type Serial, serialIncrease } from '../../arena/serials.ts';
import { IntervalSub, Mirror } from '../../arena/structures.ts';
import type { Vpn } from '../../arena/units.ts';
import { DEVICE, flushTlb } from '../../mm/table/tlb.ts';
import { MMU_NOTIFY_EXCLUSIVE, MMU_NOTIFY_MIGRATE, type NotifierRange } from '../../notifier/range.ts';
import { mmuIntervalSetSeq } from '../../notifier/sequence.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { clearEntries, unmapEntries } from '../base/entryDma.ts';
import { clipToInterval } from '../base/notifierBlocks.ts';
import { isOwnWork } from '../base/ownWork.ts';
import { lockForInvalidate } from '../base/updateLock.ts';
import { Is, optionIs } from './options.ts';

/** Does the driver tell of what its device has written when it erases an entry? */
export const marksDirty = ({ arena }: Task, mirror: Mirror): boolean => optionIs(arena, mirror, Is.markDirtyErased);

/** Erases [start, end) and waits for the device to have let go; then what was mapped for DMA is not any more. Under the update lock. */
export function* revoke(task: Task, mirror: Mirror, start: Vpn, end: Vpn): Steps<void> {
  const erased = yield* clearEntries(task, mirror, start, end, marksDirty(task, mirror));
  // Before the lock is dropped: when the callback returns the device must be done with the pages.
  if (erased > 0 && optionIs(task.arena, mirror, Is.engineTlb)) yield* flushTlb(task, DEVICE);
  if (erased > 0) unmapEntries(task.arena, mirror, start, end);
}

/** Is it an event of what this file does itself? */
export const isOwn = (task: Task, mirror: Mirror, { owner }: NotifierRange): boolean =>
  owner === get(task.arena, mirror + Mirror.device) &&
  (isOwnWork(task, mirror) || optionIs(task.arena, mirror, Is.ownEventsDevice));

/** May this event be passed over without a word? Only our own ones, and only where another rule keeps us safe. */
export function isIgnored(task: Task, mirror: Mirror, range: NotifierRange): boolean {
  const { arena } = task;
  if (!isOwn(task, mirror, range)) return false;
  if (range.event === MMU_NOTIFY_MIGRATE) return optionIs(arena, mirror, Is.ownMigrateIgnoreWithoutSeq);
  // Setting the sequence here would make our own section around make_device_exclusive collide for ever.
  return range.event === MMU_NOTIFY_EXCLUSIVE;
}

export function* invalidate(task: Task, sub: IntervalSub, range: NotifierRange, curSeq: Serial): Steps<boolean> {
  const { arena } = task;
  const mirror = get(arena, sub + IntervalSub.owner);
  yield Point.driverInvalidate;
  if (isIgnored(task, mirror, range)) return true;
  const own = range.event === MMU_NOTIFY_MIGRATE && isOwn(task, mirror, range);
  const updateLock = mirror + Mirror.updateLock;
  if (!(yield* lockForInvalidate(task, mirror, range.blockable))) return false;
  if (optionIs(arena, mirror, Is.setSeqOn)) mmuIntervalSetSeq(task, sub, curSeq);
  yield Point.driverSeqSet;
  // Our own migration revokes what it moves itself, and keeps the entries of pages that are on the device already.
  if (!own || optionIs(arena, mirror, Is.ownMigrateTreatAsForeign)) {
    if (optionIs(arena, mirror, Is.eraseEndOnePageMore) && range.end < VPN_LIMIT) {
      yield* revoke(task, mirror, range.end, range.end + 1);
    }
    serialIncrease(arena, mirror + Mirror.foreignSeq);
    const [start, end] = clipToInterval(arena, sub, range);
    yield* revoke(task, mirror, start, end);
  }
  yield* mutexUnlock(task, updateLock, LockClass.updateLock);
  return true;
}
