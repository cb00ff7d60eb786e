/** mmap and munmap. */

import { get, store } from '../../arena/access.ts';
import { PTRS_PER_TABLE, VPN_LIMIT } from '../../arena/config.ts';
import { EINVAL, ENOMEM } from '../../arena/errno.ts';
import { handleOf } from '../../arena/pool.ts';
import { type AddressSpace, Mm, type Vma } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import { MMU_NOTIFY_UNMAP } from '../../notifier/range.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { addressSpaceAlloc, putAddressSpace } from '../file/addressSpace.ts';
import { linkFile } from '../rmap/rmapFile.ts';
import { EMPTY_LEAF } from '../table/pte.ts';
import { hugeLeaf, lookupTable, nextPopulated, pteAt, ptlOf } from '../table/tables.ts';
import { mmapAssertWriteLocked, mmapReadUnlock, mmapWriteDowngrade, mmapWriteLock, mmapWriteUnlock } from '../vma/mmapLock.ts';
import {
  findVma,
  VM_ACCOUNT,
  VM_HUGETLB,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
  vmaAlloc,
  vmaDetach,
  vmaEnd,
  vmaInsert,
  vmaStart,
  vmasIn,
} from '../vma/vma.ts';
import { cutsHugetlb, mergeNew, mergeVmas, splitAt } from '../vma/vmaMerge.ts';
import { vmaFree } from '../vma/vmaRmap.ts';
import { zapRangeNotified } from './zap.ts';

/** Where mmap looks for a place when none is given (mmap_min_addr, in pages). */
const FIRST_PAGE = 16;

const validRange = (start: Vpn, pages: number): boolean => start >= 0 && pages > 0 && start + pages <= VPN_LIMIT;

function findGap(task: Task, mm: Mm, pages: number, align: number): number {
  const { arena } = task;
  const aligned = (vpn: Vpn): number => Math.ceil(vpn / align) * align;
  let at = aligned(FIRST_PAGE);
  for (let vma = findVma(arena, mm, at); vma !== 0 && vmaStart(arena, vma) < at + pages; vma = findVma(arena, mm, at)) {
    at = aligned(vmaEnd(arena, vma));
  }
  return at + pages <= VPN_LIMIT ? at : -1;
}

/** What a mapping is of: a file from page `pgoff` on, or anonymous memory (mapping 0). */
export interface Backing {
  /** Address of the address_space. */
  readonly mapping: AddressSpace;
  readonly pgoff: number;
}

/** VM_* flags and what it is of; null for anonymous memory. */
export interface Region {
  readonly flags: number;
  readonly backing: Backing | null;
}

/** accountable_mapping: private memory that may be written. */
const accounted = (flags: number): number => ((flags & (VM_SHARED | VM_WRITE)) === VM_WRITE ? flags | VM_ACCOUNT : flags);

/**
 * mmap: maps `pages` pages at `start` (MAP_FIXED: what was there goes), or where there is room when start is -1.
 * Without VM_SHARED the mapping is private.
 *
 * @returns the first page, -EINVAL (bad range) or -ENOMEM (no room, or too many VMAs).
 */
export function* mmapRegion(task: Task, mm: Mm, start: Vpn, pages: number, { flags, backing }: Region): Steps<number> {
  const { arena } = task;
  if (start !== -1 && !validRange(start, pages)) return -EINVAL;
  if (pages <= 0) return -EINVAL;
  if ((flags & VM_HUGETLB) !== 0 && ((start !== -1 && start % PTRS_PER_TABLE !== 0) || pages % PTRS_PER_TABLE !== 0))
    return -EINVAL;
  yield* mmapWriteLock(task, mm);
  const first = start === -1 ? findGap(task, mm, pages, (flags & VM_HUGETLB) === 0 ? 1 : PTRS_PER_TABLE) : start;
  let error = first === -1 ? -ENOMEM : yield* unmapLocked(task, mm, first, first + pages);
  if (error === 0) {
    const vma = vmaAlloc(arena, accounted(flags), backing === null ? first : backing.pgoff);
    if (vma === 0) error = -ENOMEM;
    else {
      vmaInsert(arena, mm, vma, first, first + pages);
      if (backing !== null) yield* linkFile(task, vma, handleOf(arena, arena.pools.addressSpace, backing.mapping));
      yield* mergeNew(task, mm, vma);
    }
  }
  yield* mmapWriteUnlock(task, mm);
  return error === 0 ? first : error;
}

/**
 * mmap(MAP_ANONYMOUS). Shared, it is a file of its own that only this mapping and its heirs know (shmem_zero_setup).
 *
 * @kernel mm/mmap.c do_mmap
 */
export function* mmapAnonymous(task: Task, mm: Mm, start: Vpn, pages: number, flags = VM_READ | VM_WRITE): Steps<number> {
  if ((flags & VM_SHARED) === 0) return yield* mmapRegion(task, mm, start, pages, { flags, backing: null });
  const mapping = addressSpaceAlloc(task.arena, pages);
  if (mapping === 0) return -ENOMEM;
  const result = yield* mmapRegion(task, mm, start, pages, { flags, backing: { mapping, pgoff: 0 } });
  yield* putAddressSpace(task, mapping);
  return result;
}

/** Takes the VMAs of [start, end) out of the tree: the point of no return. -ENOMEM leaves everything as it was. */
function* detach(task: Task, mm: Mm, start: Vpn, end: Vpn): Steps<Vma[] | null> {
  if (!(yield* splitAt(task, mm, start, end))) {
    // One of the two cuts may have been made.
    yield* mergeVmas(task, mm, start, end);
    return null;
  }
  const vmas = vmasIn(task.arena, mm, start, end);
  for (const vma of vmas) vmaDetach(task.arena, mm, vma);
  return vmas;
}

/**
 * free_pgtables: a kernel frees the page tables that no VMA needs any more. The model keeps its tables for the next user, but
 * says of the empty ones that nothing is there, so that a huge leaf may come again. Nothing to do without huge pages.
 */
function* freePgtables(task: Task, mm: Mm, start: Vpn, end: Vpn): Steps<void> {
  const { arena } = task;
  if (!arena.hasHuge) return;
  const pgd = get(arena, mm + Mm.pgd);
  const first = start - (start % PTRS_PER_TABLE);
  for (let vpn = nextPopulated(arena, pgd, first, end); vpn < end; vpn = nextPopulated(arena, pgd, vpn + PTRS_PER_TABLE, end)) {
    if (vmasIn(arena, mm, vpn, vpn + PTRS_PER_TABLE).length > 0) continue;
    const table = lookupTable(arena, pgd, vpn);
    yield* spinLock(task, ptlOf(arena, table), LockClass.ptl);
    if (hugeLeaf(arena, table) === 0) store(arena, pteAt(arena, table, 0), EMPTY_LEAF);
    yield* spinUnlock(task, ptlOf(arena, table), LockClass.ptl);
  }
}

/** The munmap inside another operation that holds mmap_lock for writing. 0 or -ENOMEM. */
export function* unmapLocked(task: Task, mm: Mm, start: Vpn, end: Vpn): Steps<Errno> {
  mmapAssertWriteLocked(task, mm);
  const vmas = yield* detach(task, mm, start, end);
  if (vmas === null) return -ENOMEM;
  if (vmas.length === 0) return 0;
  yield* zapRangeNotified(task, mm, start, end, MMU_NOTIFY_UNMAP);
  for (const vma of vmas) yield* vmaFree(task, vma);
  yield* freePgtables(task, mm, start, end);
  return 0;
}

/**
 * munmap: the pages and their VMAs go. The VMAs are detached under the write lock, then the lock is downgraded and the
 * pages are zapped: a device fault meanwhile finds no VMA, although entries may still be present.
 *
 * @returns 0, -EINVAL (bad range) or -ENOMEM (a split needed one VMA too many).
 * @kernel mm/mmap.c munmap
 */
export function* munmap(task: Task, mm: Mm, start: Vpn, pages: number): Steps<Errno> {
  if (!validRange(start, pages)) return -EINVAL;
  const end = start + pages;
  yield* mmapWriteLock(task, mm);
  if (cutsHugetlb(task.arena, mm, start, end)) {
    yield* mmapWriteUnlock(task, mm);
    return -EINVAL;
  }
  const vmas = yield* detach(task, mm, start, end);
  if (vmas === null || vmas.length === 0) {
    yield* mmapWriteUnlock(task, mm);
    return vmas === null ? -ENOMEM : 0;
  }
  yield* mmapWriteDowngrade(task, mm);
  yield Point.munmapDetached;
  yield* zapRangeNotified(task, mm, start, end, MMU_NOTIFY_UNMAP);
  for (const vma of vmas) yield* vmaFree(task, vma);
  yield* freePgtables(task, mm, start, end);
  yield* mmapReadUnlock(task, mm);
  return 0;
}

/** Number of VMAs (map_count). */
export const vmaCount = (task: Task, mm: Mm): number => get(task.arena, mm + Mm.vmaCount);
