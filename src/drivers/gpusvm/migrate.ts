/**
 * A range moves to the device as a whole, or it is bound where it is. Where two devices want the same range, each may get a part of
 * it, and keep the other from the rest. So who has failed once sends home all of it, whichever device has it, and tries once more
 * with nobody else at work; and if it fails then, that is that.
 */

import { forgetRound, observed } from '../../arena/access.ts';
import { EBUSY } from '../../arena/errno.ts';
import type { IntervalSub, Mirror } from '../../arena/structures.ts';
import type { Errno, HmmPfn, Vpn } from '../../arena/units.ts';
import type { HmmRange } from '../../hmm/hmmRange.ts';
import { HMM_PFN_VALID, hmmPfnToPage } from '../../hmm/pfn.ts';
import { hmmRangeFault, requestFlags } from '../../hmm/rangeFault.ts';
import { pgmapOwner } from '../../mm/page/devPagemap.ts';
import { isDevicePage } from '../../mm/page/page.ts';
import { mmapReadLock, mmapReadUnlock } from '../../mm/vma/mmapLock.ts';
import { mmuIntervalReadBegin } from '../../notifier/sequence.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { mirrorMm, mirrorRange } from '../base/mirror.ts';
import { migrateOnce } from '../dmirror/migrate.ts';
import { numberOption } from '../dmirror/options.ts';
import { devmemLock, devmemLockShared, devmemUnlock, devmemUnlockShared } from './locks.ts';

/** One range fault after another until none collides, or -EBUSY when the time is up. */
function* faultUntilStable(task: Task, mirror: Mirror, range: HmmRange): Steps<Errno> {
  const mm = mirrorMm(task.arena, mirror);
  const until = task.clock() + numberOption(task.arena, mirror, 'deadlineMs');
  const mark = observed();
  for (;;) {
    forgetRound(mark);
    task.pfns.fill(0, 0, range.end - range.start);
    range.notifierSeq = yield* mmuIntervalReadBegin(task, range.notifier);
    yield* mmapReadLock(task, mm);
    const result = yield* hmmRangeFault(task, range);
    yield* mmapReadUnlock(task, mm);
    if (result !== -EBUSY || task.clock() > until) return result;
  }
}

/** drm_gpusvm_scan_mm: is all of the range on the device? Looks, and asks for nothing. */
function* isThere(task: Task, mirror: Mirror, sub: IntervalSub, start: Vpn, end: Vpn): Steps<boolean> {
  const { arena } = task;
  const range = mirrorRange(task, mirror, sub, start, end);
  if ((yield* faultUntilStable(task, mirror, range)) !== 0) return false;
  const isOwn = (word: HmmPfn): boolean => {
    const pfn = hmmPfnToPage(word);
    return (word & HMM_PFN_VALID) !== 0 && isDevicePage(arena, pfn) && pgmapOwner(arena, pfn) === range.devPrivateOwner;
  };
  return task.pfns.subarray(0, end - start).every(isOwn);
}

/** drm_gpusvm_range_evict: a range fault in the name of no device, so that what any device has of the range comes home. */
export function* rangeEvict(task: Task, mirror: Mirror, sub: IntervalSub, start: Vpn, end: Vpn): Steps<Errno> {
  const range = mirrorRange(task, mirror, sub, start, end);
  return yield* faultUntilStable(task, mirror, { ...range, defaultFlags: requestFlags(false), devPrivateOwner: 0 });
}

/** Moves a range to the device, all of it: the number of pages that moved, or an error. Under vm->lock. */
export function* migrateRange(task: Task, mirror: Mirror, sub: IntervalSub, start: Vpn, end: Vpn): Steps<number> {
  if (yield* isThere(task, mirror, sub, start, end)) return 0;
  yield* devmemLockShared(task);
  let result = yield* migrateOnce(task, mirror, start, end);
  yield* devmemUnlockShared(task);
  if (result !== -EBUSY) return result;
  yield* devmemLock(task);
  yield* rangeEvict(task, mirror, sub, start, end);
  result = yield* migrateOnce(task, mirror, start, end);
  yield* devmemUnlock(task);
  return result;
}
