import { EAGAIN, EFAULT, EINVAL, ENOMEM } from '../../arena/errno.ts';
import type { Mm } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { populateVmaPageRange } from '../fault/populate.ts';
import { mmapReadLock, mmapReadUnlock, mmapWriteLock, mmapWriteUnlock } from '../vma/mmapLock.ts';
import { VM_LOCKED, vmaEnd, vmaStart, vmasIn } from '../vma/vma.ts';
import { changeVmas } from '../vma/vmaMerge.ts';

/** Sets or clears flags of the VMAs of a range. 0, or -ENOMEM: too many VMAs, or a hole, before which all is done. */
function* lockVmas(task: Task, mm: Mm, start: Vpn, end: Vpn, change: (flags: number) => number): Steps<Errno> {
  yield* mmapWriteLock(task, mm);
  const reached = yield* changeVmas(task, mm, start, end, { change });
  yield* mmapWriteUnlock(task, mm);
  return reached === end ? 0 : -ENOMEM;
}

/** __mm_populate: all VMAs of a range, until the first error. */
function* populate(task: Task, mm: Mm, start: Vpn, end: Vpn): Steps<Errno> {
  const { arena } = task;
  let error = 0;
  yield* mmapReadLock(task, mm);
  for (const vma of vmasIn(arena, mm, start, end)) {
    error = yield* populateVmaPageRange(task, mm, vma, Math.max(start, vmaStart(arena, vma)), Math.min(end, vmaEnd(arena, vma)));
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
