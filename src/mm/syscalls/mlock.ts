import { get } from '../../arena/access.ts';
import { EAGAIN, EFAULT, EINVAL, ENOMEM } from '../../arena/errno.ts';
import { type Mm, Vma } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { FOLL_WRITE, getUserPage } from '../fault/gup.ts';
import { putPage } from '../page/zone.ts';
import { mmapReadLock, mmapReadUnlock, mmapWriteLock, mmapWriteUnlock } from '../vma/mmapLock.ts';
import { mmOf } from '../vma/mmStruct.ts';
import {
  VM_ACCESS,
  VM_LOCKED,
  VM_READ,
  VM_SHARED,
  VM_SPECIAL,
  VM_WRITE,
  vmaEnd,
  vmaFlags,
  vmaStart,
  vmasIn,
} from '../vma/vma.ts';
import { changeVmas } from '../vma/vmaMerge.ts';

/** Sets or clears flags of the VMAs of a range. 0, or -ENOMEM: too many VMAs, or a hole, before which all is done. */
function* lockVmas(task: Task, mm: Mm, start: Vpn, end: Vpn, change: (flags: number) => number): Steps<Errno> {
  yield* mmapWriteLock(task, mm);
  const reached = yield* changeVmas(task, mm, start, end, { change });
  yield* mmapWriteUnlock(task, mm);
  return reached === end ? 0 : -ENOMEM;
}

/** Faults in what is missing in a VMA, as if for writing where that is private memory one may write. 0, or what the first page is refused for. */
function* populatePages(task: Task, mm: Mm, vma: Vma, start: Vpn, end: Vpn): Steps<Errno> {
  const flags = vmaFlags(task.arena, vma);
  if ((flags & VM_SPECIAL) !== 0) return 0;
  // What may be done at all is enough, whatever it is. Of memory for code alone the model has nothing to fault in.
  if ((flags & VM_ACCESS) !== 0 && (flags & (VM_READ | VM_WRITE)) === 0) return 0;
  const isWrite = (flags & VM_READ) === 0 || (flags & (VM_WRITE | VM_SHARED)) === VM_WRITE;
  for (let vpn = start; vpn < end; vpn++) {
    const pfn = yield* getUserPage(task, mm, vpn, isWrite ? FOLL_WRITE : 0);
    if (pfn < 0) return pfn;
    yield* putPage(task, pfn);
  }
  return 0;
}

/** __mm_populate: all VMAs of a range, until the first error. */
function* populate(task: Task, mm: Mm, start: Vpn, end: Vpn): Steps<Errno> {
  const { arena } = task;
  let error = 0;
  yield* mmapReadLock(task, mm);
  for (const vma of vmasIn(arena, mm, start, end)) {
    error = yield* populatePages(task, mm, vma, Math.max(start, vmaStart(arena, vma)), Math.min(end, vmaEnd(arena, vma)));
    if (error !== 0) break;
  }
  yield* mmapReadUnlock(task, mm);
  return error;
}

/**
 * mlock: marks the VMAs and faults everything in. 0, -EINVAL (empty range), -ENOMEM (a hole, too many VMAs, or a page that nobody may
 * access) or -EAGAIN (no page). What is marked stays so.
 *
 * @kernel mm/mlock.c mlock
 */
export function* mlock(task: Task, mm: Mm, start: Vpn, pages: number): Steps<Errno> {
  if (pages <= 0) return -EINVAL;
  const error = yield* lockVmas(task, mm, start, start + pages, (flags) => flags | VM_LOCKED);
  if (error !== 0) return error;
  const refused = yield* populate(task, mm, start, start + pages);
  // POSIX has names of its own for these.
  if (refused === -EFAULT) return -ENOMEM;
  return refused === -ENOMEM ? -EAGAIN : refused;
}

/** @kernel mm/mlock.c munlock */
export function* munlock(task: Task, mm: Mm, start: Vpn, pages: number): Steps<Errno> {
  if (pages <= 0) return -EINVAL;
  return yield* lockVmas(task, mm, start, start + pages, (flags) => flags & ~VM_LOCKED);
}

/** MADV_POPULATE_READ and _WRITE in one VMA. 0, -EINVAL (not allowed by the VMA), -EFAULT or -ENOMEM. */
export function* populateVma(task: Task, vma: Vma, start: Vpn, end: Vpn, write: boolean): Steps<Errno> {
  const mm = mmOf(task.arena, get(task.arena, vma + Vma.mm));
  const flags = vmaFlags(task.arena, vma);
  if ((flags & (write ? VM_WRITE : VM_READ)) === 0 || (flags & VM_SPECIAL) !== 0) return -EINVAL;
  for (let vpn = start; vpn < end; vpn++) {
    const pfn = yield* getUserPage(task, mm, vpn, write ? FOLL_WRITE : 0);
    if (pfn < 0) return pfn;
    yield* putPage(task, pfn);
  }
  return 0;
}
