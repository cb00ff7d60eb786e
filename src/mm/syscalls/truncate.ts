/** Taking pages out of a file: truncation and holes. First every mapping of them goes, then they leave the page cache. */
import { get, load, store } from '../../arena/access.ts';
import { deref } from '../../arena/pool.ts';
import { AddressSpace, Vma } from '../../arena/structures.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../../notifier/invalidate.ts';
import { MMU_NOTIFY_CLEAR, notifierRange } from '../../notifier/range.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { dropPage, findPage, inodeLock, inodeUnlock, pagesIn, stillInFile } from '../file/addressSpace.ts';
import { pageMapcount } from '../page/page.ts';
import { lockPage, unlockPage } from '../page/pageLock.ts';
import { putPage } from '../page/zone.ts';
import { eachFileVma } from '../rmap/rmapFile.ts';
import { vmaEnd, vmaStart } from '../vma/vma.ts';
import { ZAP_FILE_ONLY, zapRange } from './zap.ts';

/**
 * unmap_mapping_range: zaps the pages [start, end) of a file in every address space, with a CLEAR bracket for each VMA. With
 * `evenCows` private copies go as well, otherwise only what belongs to the file.
 *
 * @kernel mm/memory.c unmap_mapping_range
 */
export function* unmapMappingRange(
  task: Task,
  mapping: AddressSpace,
  start: number,
  end: number,
  evenCows: boolean,
): Steps<void> {
  const { arena } = task;
  yield* eachFileVma(task, mapping, function* (vma) {
    const first = vmaStart(arena, vma);
    const offset = first - get(arena, vma + Vma.pgoff);
    const from = Math.max(first, start + offset);
    const to = Math.min(vmaEnd(arena, vma), end + offset);
    const mm = deref(arena, arena.pools.mm, get(arena, vma + Vma.mm));
    if (from >= to) return true;
    const range = notifierRange(MMU_NOTIFY_CLEAR, mm, from, to);
    yield* mmuNotifierInvalidateRangeStart(task, range);
    yield* zapRange(task, mm, from, to, evenCows ? 0 : ZAP_FILE_ONLY);
    yield* mmuNotifierInvalidateRangeEnd(task, range);
    return true;
  });
}

/** truncate_inode_pages_range: the cached pages of [start, end) leave the file, unmapped once more if a fault was in between. */
function* removePages(task: Task, mapping: AddressSpace, start: number, end: number): Steps<void> {
  const { arena } = task;
  for (const [index] of pagesIn(arena, mapping, start, end)) {
    // Somebody else may have taken it out meanwhile.
    const pfn = yield* findPage(task, mapping, index);
    if (pfn === 0) continue;
    yield* lockPage(task, pfn);
    if (stillInFile(arena, mapping, pfn)) {
      if (pageMapcount(arena, pfn) > 0) yield* unmapMappingRange(task, mapping, index, index + 1, false);
      yield* dropPage(task, mapping, index);
    }
    yield* unlockPage(task, pfn);
    yield* putPage(task, pfn);
  }
}

/**
 * ftruncate to `size` pages. Growing only sets the size.
 *
 * @kernel mm/truncate.c truncate_pagecache
 */
export function* truncateFile(task: Task, mapping: AddressSpace, size: number): Steps<void> {
  yield* inodeLock(task, mapping);
  yield* truncateLocked(task, mapping, size);
  yield* inodeUnlock(task, mapping);
}

function* truncateLocked(task: Task, mapping: AddressSpace, size: number): Steps<void> {
  const { arena } = task;
  const old = load(arena, mapping + AddressSpace.size);
  // The size first: a fault that comes later finds the new end.
  store(arena, mapping + AddressSpace.size, size);
  if (size >= old) return;
  yield Point.truncate;
  yield* unmapMappingRange(task, mapping, size, Number.MAX_SAFE_INTEGER, true);
  yield* removePages(task, mapping, size, Number.POSITIVE_INFINITY);
  // Once more, for private copies that a fault made of a page that was still there.
  yield* unmapMappingRange(task, mapping, size, Number.MAX_SAFE_INTEGER, true);
}

/**
 * fallocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE): pages read as zero afterwards; private copies stay.
 *
 * @kernel mm/shmem.c shmem_fallocate
 */
export function* punchHole(task: Task, mapping: AddressSpace, start: number, end: number): Steps<void> {
  yield* inodeLock(task, mapping);
  yield* punchLocked(task, mapping, start, end);
  yield* inodeUnlock(task, mapping);
}

/** The same inside. MADV_REMOVE comes here without the lock: a kernel drops mmap_lock for it, and the model keeps that. */
export function* punchLocked(task: Task, mapping: AddressSpace, start: number, end: number): Steps<void> {
  yield Point.truncate;
  yield* unmapMappingRange(task, mapping, start, end, false);
  yield* removePages(task, mapping, start, end);
}
