/** madvise(MADV_DONTNEED), and the OOM reaper, which zaps the same way without being allowed to wait. */
import { load, or } from '../arena/access.ts';
import { VPN_LIMIT } from '../arena/config.ts';
import { EAGAIN, EINVAL, ENOMEM } from '../arena/errno.ts';
import { Mm, MmFlag } from '../arena/structures.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStartNonblock } from '../notifier/invalidate.ts';
import { MMU_NOTIFY_CLEAR, notifierRange } from '../notifier/range.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { mmapReadLock, mmapReadTrylock, mmapReadUnlock } from './mmapLock.ts';
import { VM_HUGETLB, VM_PFNMAP, vmaEnd, vmaFlags, vmaIsAnonymous, vmaStart, vmasIn } from './vma.ts';
import { zapRange, zapRangeNotified } from './zap.ts';

/**
 * madvise(MADV_DONTNEED): pages go, VMAs stay; the next touch finds zeroes. Holds mmap_lock for reading only, so it runs
 * beside device faults and migrations.
 *
 * @returns 0, -EINVAL (empty range) or -ENOMEM (part of the range is not mapped; the rest was discarded).
 */
export function* madviseDontneed(task: Task, mm: number, start: number, pages: number): Steps<number> {
  const { arena } = task;
  if (pages <= 0) return -EINVAL;
  const end = start + pages;
  let at = start;
  let hole = false;
  yield* mmapReadLock(task, mm);
  for (const vma of vmasIn(arena, mm, start, end)) {
    hole ||= vmaStart(arena, vma) > at;
    const first = Math.max(start, vmaStart(arena, vma));
    at = Math.min(end, vmaEnd(arena, vma));
    yield* zapRangeNotified(task, mm, first, at, MMU_NOTIFY_CLEAR);
  }
  yield* mmapReadUnlock(task, mm);
  return hole || at < end ? -ENOMEM : 0;
}

/**
 * __oom_reap_task_mm: discards all private memory of a dying address space without ever waiting. The unstable mark comes
 * before the first zap, so that nobody can read zeroes where data was.
 *
 * @returns 0 when everything was reaped, -EAGAIN when mmap_lock or a notifier could not be had at once.
 */
export function* oomReap(task: Task, mm: number): Steps<number> {
  const { arena } = task;
  if (!(yield* mmapReadTrylock(task, mm))) return -EAGAIN;
  let error = 0;
  if ((load(arena, mm + Mm.flags) & MmFlag.oomSkip) === 0) {
    yield Point.oomReap;
    or(arena, mm + Mm.flags, MmFlag.unstable);
    for (const vma of vmasIn(arena, mm, 0, VPN_LIMIT)) {
      if (!vmaIsAnonymous(arena, vma) || (vmaFlags(arena, vma) & (VM_HUGETLB | VM_PFNMAP)) !== 0) continue;
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
  return error;
}
