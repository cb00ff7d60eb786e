/** mmap and munmap of anonymous memory. */
import { get } from '../arena/access.ts';
import { VPN_LIMIT } from '../arena/config.ts';
import { EINVAL, ENOMEM } from '../arena/errno.ts';
import { Mm } from '../arena/structures.ts';
import { MMU_NOTIFY_UNMAP } from '../notifier/range.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { mmapAssertWriteLocked, mmapReadUnlock, mmapWriteDowngrade, mmapWriteLock, mmapWriteUnlock } from './mmapLock.ts';
import {
  findVma,
  mergeVmas,
  splitAt,
  VM_READ,
  VM_WRITE,
  vmaAlloc,
  vmaDetach,
  vmaEnd,
  vmaFree,
  vmaInsert,
  vmaStart,
  vmasIn,
} from './vma.ts';
import { zapRangeNotified } from './zap.ts';

/** Where mmap looks for a place when none is given (mmap_min_addr, in pages). */
const FIRST_PAGE = 16;

const validRange = (start: number, pages: number): boolean => start >= 0 && pages > 0 && start + pages <= VPN_LIMIT;

function findGap(task: Task, mm: number, pages: number): number {
  const { arena } = task;
  let at = FIRST_PAGE;
  for (let vma = findVma(arena, mm, at); vma !== 0 && vmaStart(arena, vma) < at + pages; vma = findVma(arena, mm, at)) {
    at = vmaEnd(arena, vma);
  }
  return at + pages <= VPN_LIMIT ? at : -1;
}

/**
 * mmap(MAP_ANONYMOUS): maps `pages` pages at `start` (MAP_FIXED: what was there goes), or where there is room when start
 * is -1. `flags` are VM_* bits; without VM_SHARED the mapping is private.
 *
 * @returns the first page, -EINVAL (bad range) or -ENOMEM (no room, or too many VMAs).
 */
export function* mmapAnonymous(task: Task, mm: number, start: number, pages: number, flags = VM_READ | VM_WRITE): Steps<number> {
  const { arena } = task;
  if (start !== -1 && !validRange(start, pages)) return -EINVAL;
  if (pages <= 0) return -EINVAL;
  yield* mmapWriteLock(task, mm);
  const first = start === -1 ? findGap(task, mm, pages) : start;
  let error = first === -1 ? -ENOMEM : yield* unmapLocked(task, mm, first, first + pages);
  if (error === 0) {
    const vma = vmaAlloc(arena, flags, first);
    if (vma === 0) error = -ENOMEM;
    else {
      vmaInsert(arena, mm, vma, first, first + pages);
      yield* mergeVmas(task, mm, first, first + pages);
    }
  }
  yield* mmapWriteUnlock(task, mm);
  return error === 0 ? first : error;
}

/** Takes the VMAs of [start, end) out of the tree: the point of no return. -ENOMEM leaves everything as it was. */
function* detach(task: Task, mm: number, start: number, end: number): Steps<number[] | null> {
  if (!(yield* splitAt(task, mm, start, end))) {
    // One of the two cuts may have been made.
    yield* mergeVmas(task, mm, start, end);
    return null;
  }
  const vmas = vmasIn(task.arena, mm, start, end);
  for (const vma of vmas) vmaDetach(task.arena, mm, vma);
  return vmas;
}

/** The munmap inside another operation that holds mmap_lock for writing. 0 or -ENOMEM. */
export function* unmapLocked(task: Task, mm: number, start: number, end: number): Steps<number> {
  mmapAssertWriteLocked(task, mm);
  const vmas = yield* detach(task, mm, start, end);
  if (vmas === null) return -ENOMEM;
  if (vmas.length === 0) return 0;
  yield* zapRangeNotified(task, mm, start, end, MMU_NOTIFY_UNMAP);
  for (const vma of vmas) yield* vmaFree(task, vma);
  return 0;
}

/**
 * munmap: the pages and their VMAs go. The VMAs are detached under the write lock, then the lock is downgraded and the
 * pages are zapped: a device fault meanwhile finds no VMA, although entries may still be present.
 *
 * @returns 0, -EINVAL (bad range) or -ENOMEM (a split needed one VMA too many).
 */
export function* munmap(task: Task, mm: number, start: number, pages: number): Steps<number> {
  if (!validRange(start, pages)) return -EINVAL;
  const end = start + pages;
  yield* mmapWriteLock(task, mm);
  const vmas = yield* detach(task, mm, start, end);
  if (vmas === null || vmas.length === 0) {
    yield* mmapWriteUnlock(task, mm);
    return vmas === null ? -ENOMEM : 0;
  }
  yield* mmapWriteDowngrade(task, mm);
  yield Point.munmapDetached;
  yield* zapRangeNotified(task, mm, start, end, MMU_NOTIFY_UNMAP);
  for (const vma of vmas) yield* vmaFree(task, vma);
  yield* mmapReadUnlock(task, mm);
  return 0;
}

/** Number of VMAs (map_count). */
export const vmaCount = (task: Task, mm: number): number => get(task.arena, mm + Mm.vmaCount);
