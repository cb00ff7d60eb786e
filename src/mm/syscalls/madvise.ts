/** madvise, and the OOM reaper, which zaps the same way without being allowed to wait. */

import { get, load, or } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { VPN_LIMIT } from '../../arena/config.ts';
import { EACCES, EAGAIN, EINVAL, ENOMEM } from '../../arena/errno.ts';
import { Mm, MmFlag, Vma } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import { isOlder, Older } from '../../kernels/older.ts';
import {
  mmuNotifierInvalidateRangeEnd,
  mmuNotifierInvalidateRangeStart,
  mmuNotifierInvalidateRangeStartNonblock,
} from '../../notifier/invalidate.ts';
import { MMU_NOTIFY_CLEAR, notifierRange } from '../../notifier/range.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { faultinPageRange } from '../fault/populate.ts';
import { addressSpaceOf } from '../file/addressSpace.ts';
import { pageoutRange } from '../swap/pageout.ts';
import { mmapReadLock, mmapReadTrylock, mmapReadUnlock } from '../vma/mmapLock.ts';
import {
  linearPageIndex,
  VM_HUGETLB,
  VM_LOCKED,
  VM_PFNMAP,
  VM_SHARED,
  VM_SPECIAL,
  VM_WRITE,
  vmaEnd,
  vmaFlags,
  vmaIsAnonymous,
  vmaStart,
  vmasIn,
} from '../vma/vma.ts';
import { type FlagAdvice, isFlagAdvice, madviseFlags } from './flagAdvice.ts';
import { guardInstall, guardRemove } from './guard.ts';
import { punchLocked } from './truncate.ts';
import { zapRange, zapRangeNotified } from './zap.ts';

/**
 * madvise(MADV_DONTNEED): pages go, VMAs stay; the next touch finds zeroes. Holds mmap_lock for reading only, so it runs
 * beside device faults and migrations.
 *
 * @returns 0, -EINVAL (empty range, or locked memory) or -ENOMEM (part of the range is not mapped; the rest was discarded).
 * @kernel mm/madvise.c madvise_dontneed_single_vma
 */
export function* madviseDontneed(task: Task, mm: Mm, start: Vpn, pages: number): Steps<Errno> {
  const { arena } = task;
  if (pages <= 0) return -EINVAL;
  const end = start + pages;
  let at = start;
  let hole = false;
  yield* mmapReadLock(task, mm);
  for (const vma of vmasIn(arena, mm, start, end)) {
    if ((vmaFlags(arena, vma) & (VM_LOCKED | VM_PFNMAP)) !== 0) {
      yield* mmapReadUnlock(task, mm);
      return -EINVAL;
    }
    hole ||= vmaStart(arena, vma) > at;
    const first = Math.max(start, vmaStart(arena, vma));
    at = Math.min(end, vmaEnd(arena, vma));
    yield* zapRangeNotified(task, mm, first, at, MMU_NOTIFY_CLEAR);
  }
  yield* mmapReadUnlock(task, mm);
  return hole || at < end ? -ENOMEM : 0;
}

/** What madvise can be asked for, beside DONTNEED, which has a function of its own. */
export type Advice =
  | FlagAdvice
  | 'free'
  | 'remove'
  | 'willneed'
  | 'cold'
  | 'pageout'
  | 'popread'
  | 'popwrite'
  | 'guardInstall'
  | 'guardRemove';

/** Why a VMA does not take the advice, 0 if it does. */
function refusal(arena: Arena, vma: Vma, advice: Exclude<Advice, FlagAdvice>): Errno {
  const flags = vmaFlags(arena, vma);
  const file = !vmaIsAnonymous(arena, vma);
  if (advice === 'free' && file) return -EINVAL;
  if (advice === 'free' || advice === 'cold' || advice === 'pageout') {
    return (flags & (VM_LOCKED | VM_PFNMAP | VM_HUGETLB)) === 0 ? 0 : -EINVAL;
  }
  if (advice === 'guardInstall' && (flags & (VM_SPECIAL | VM_HUGETLB | VM_LOCKED)) !== 0) return -EINVAL;
  if (advice === 'guardRemove' && (flags & (VM_SPECIAL | VM_HUGETLB)) !== 0) return -EINVAL;
  if (advice !== 'remove') return 0;
  if (!file || (flags & VM_LOCKED) !== 0) return -EINVAL;
  return (flags & (VM_SHARED | VM_WRITE)) === (VM_SHARED | VM_WRITE) ? 0 : -EACCES;
}

/**
 * MADV_FREE: the pages stay until somebody needs them, which nobody does here; but devices are told that they may go.
 *
 * @kernel mm/madvise.c madvise_free_single_vma
 */
function* freeRange(task: Task, mm: Mm, start: Vpn, end: Vpn): Steps<void> {
  const range = notifierRange(MMU_NOTIFY_CLEAR, mm, start, end);
  yield* mmuNotifierInvalidateRangeStart(task, range);
  yield* mmuNotifierInvalidateRangeEnd(task, range);
}

/**
 * Walks the VMAs of a range (madvise_walk_vmas): an error of one ends it, a hole is remembered. Other advice about reclaim than
 * pageout and free (cold, willneed) changes nothing that the model has: nobody reclaims by age, and its files are in memory.
 */
function* adviseEach(task: Task, mm: Mm, start: Vpn, end: Vpn, advice: Exclude<Advice, FlagAdvice>): Steps<Errno> {
  const { arena } = task;
  const populates = advice === 'popread' || advice === 'popwrite';
  let at = start;
  let hole = false;
  for (const vma of vmasIn(arena, mm, start, end)) {
    const error = refusal(arena, vma, advice);
    if (error !== 0) return error;
    hole ||= vmaStart(arena, vma) > at;
    if (hole && populates && !isOlder(arena, Older.populateSkipsHoles)) return -ENOMEM;
    const first = Math.max(start, vmaStart(arena, vma));
    at = Math.min(end, vmaEnd(arena, vma));
    if (populates) {
      const failed = yield* faultinPageRange(task, vma, first, at, advice === 'popwrite');
      if (failed !== 0) return failed;
    }
    if (advice === 'guardInstall') {
      const failed = yield* guardInstall(task, mm, vma, first, at);
      if (failed !== 0) return failed;
    }
    if (advice === 'guardRemove') yield* guardRemove(task, mm, first, at);
    if (advice === 'free') yield* freeRange(task, mm, first, at);
    if (advice === 'pageout') yield* pageoutRange(task, mm, first, at);
    if (advice !== 'remove') continue;
    const mapping = addressSpaceOf(arena, get(arena, vma + Vma.mapping));
    yield* punchLocked(task, mapping, linearPageIndex(arena, vma, first), linearPageIndex(arena, vma, at));
  }
  return hole || at < end ? -ENOMEM : 0;
}

/**
 * madvise with any advice but DONTNEED and COLLAPSE.
 *
 * @returns 0, -EINVAL (empty range, or a VMA of the wrong kind), -ENOMEM (part of the range is not mapped; the rest was
 * advised), -EACCES, -EFAULT.
 *
 * @kernel mm/madvise.c madvise
 */
export function* madvise(task: Task, mm: Mm, start: Vpn, pages: number, advice: Advice): Steps<Errno> {
  if (pages <= 0) return -EINVAL;
  const guards = advice === 'guardInstall' || advice === 'guardRemove';
  if (guards && isOlder(task.arena, Older.noGuardRegions)) return -EINVAL;
  const end = start + pages;
  if (isFlagAdvice(advice)) return yield* madviseFlags(task, mm, start, end, advice);
  yield* mmapReadLock(task, mm);
  const error = yield* adviseEach(task, mm, start, end, advice);
  yield* mmapReadUnlock(task, mm);
  return error;
}

/**
 * __oom_reap_task_mm: discards all private memory of a dying address space without ever waiting. The unstable mark comes
 * before the first zap, so that nobody can read zeroes where data was.
 *
 * @returns 0 when everything was reaped, -EAGAIN when mmap_lock or a notifier could not be had at once.
 * @kernel mm/oom_kill.c __oom_reap_task_mm
 */
export function* oomReap(task: Task, mm: Mm): Steps<Errno> {
  const { arena } = task;
  if (!(yield* mmapReadTrylock(task, mm))) return -EAGAIN;
  let error = 0;
  if ((load(arena, mm + Mm.flags) & MmFlag.oomSkip) === 0) {
    yield Point.oomReap;
    or(arena, mm + Mm.flags, MmFlag.unstable);
    for (const vma of vmasIn(arena, mm, 0, VPN_LIMIT)) {
      const flags = vmaFlags(arena, vma);
      const isPrivate = vmaIsAnonymous(arena, vma) || (flags & VM_SHARED) === 0;
      if (!isPrivate || (flags & (VM_HUGETLB | VM_PFNMAP)) !== 0) continue;
      const range = notifierRange(MMU_NOTIFY_CLEAR, mm, vmaStart(arena, vma), vmaEnd(arena, vma));
      if ((yield* mmuNotifierInvalidateRangeStartNonblock(task, range)) !== 0) {
        error = -EAGAIN;
        continue;
      }
      yield* zapRange(task, mm, range.start, range.end);
      yield* mmuNotifierInvalidateRangeEnd(task, range);
    }
  }
  yield* mmapReadUnlock(task, mm);
  // oom_reap_task: nobody need come again.
  if (error === 0) or(arena, mm + Mm.flags, MmFlag.oomSkip);
  return error;
}
