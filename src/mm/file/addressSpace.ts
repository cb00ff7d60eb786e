/**
 * struct address_space: the page cache of a file. The model's files live in memory (tmpfs, shared anonymous memory): a page
 * that is not in the cache reads as zero, and nothing is ever written back.
 */

import { add, get, increase, load, set, store } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { deref, handleOf, poolAlloc, poolFree } from '../../arena/pool.ts';
import { AddressSpace, type Mm } from '../../arena/structures.ts';
import type { PageTable, Pfn } from '../../arena/units.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { downWrite, upWrite } from '../../sync/rwsem.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { addLru } from '../page/memcg.ts';
import {
  clearPageFlags,
  getPage,
  PG_DIRTY,
  PG_FILE,
  PG_LRU,
  PG_UPTODATE,
  pageCount,
  pageFlags,
  pageIndex,
  pageMapping,
  setPageFlags,
} from '../page/page.ts';
import { lockPage, unlockPage } from '../page/pageLock.ts';
import { folioPrealloc, putPage } from '../page/zone.ts';
import { mkPte, PTE_PRESENT, ptePfn } from '../table/pte.ts';
import { ensureTable, forEachEntry, freeTables, lookupTable, pteAt, readPte, tableAlloc } from '../table/tables.ts';

/** inode_lock: who writes to the file, makes it shorter or punches a hole into it. */
export function* inodeLock(task: Task, mapping: AddressSpace): Steps<void> {
  yield* downWrite(task, mapping + AddressSpace.inodeLock, LockClass.inode);
}
export function* inodeUnlock(task: Task, mapping: AddressSpace): Steps<void> {
  yield* upWrite(task, mapping + AddressSpace.inodeLock, LockClass.inode);
}

/** An empty file of `size` pages with one user. Its address, or 0 when there are too many. */
export function addressSpaceAlloc(arena: Arena, size: number): AddressSpace {
  const mapping = poolAlloc(arena, arena.pools.addressSpace);
  if (mapping === 0) return 0;
  store(arena, mapping + AddressSpace.size, size);
  store(arena, mapping + AddressSpace.users, 1);
  return mapping;
}

/** Address of the address_space a handle names. */
export const addressSpaceOf = (arena: Arena, handle: number): AddressSpace => deref(arena, arena.pools.addressSpace, handle);

export const fileSize = (arena: Arena, mapping: AddressSpace): number => load(arena, mapping + AddressSpace.size);

export function getAddressSpace(arena: Arena, mapping: AddressSpace): void {
  increase(arena, mapping + AddressSpace.users, 1);
}

/**
 * iput: the last user is gone, and the inode is evicted. Nobody maps the file any more, but reclaim or a migration may have a page of it
 * locked, and be about to use the file: so each page is locked before it leaves.
 *
 * @kernel mm/truncate.c truncate_inode_pages_final
 */
export function* putAddressSpace(task: Task, mapping: AddressSpace): Steps<void> {
  const { arena } = task;
  if (add(arena, mapping + AddressSpace.users, -1) !== 1) return;
  for (const [index] of pagesIn(arena, mapping, 0, Number.POSITIVE_INFINITY)) {
    const pfn = yield* findPage(task, mapping, index);
    if (pfn === 0) continue;
    yield* lockPage(task, pfn);
    if (stillInFile(arena, mapping, pfn)) yield* dropPage(task, mapping, index);
    yield* unlockPage(task, pfn);
    yield* putPage(task, pfn);
  }
  const table = get(arena, mapping + AddressSpace.table);
  if (table !== 0) freeTables(arena, table);
  poolFree(arena, arena.pools.addressSpace, mapping);
}

/** Index and frame of the cached pages of [start, end), in order. */
export function pagesIn(arena: Arena, mapping: AddressSpace, start: number, end: number): [index: number, pfn: Pfn][] {
  const found: [number, number][] = [];
  const table = get(arena, mapping + AddressSpace.table);
  if (table === 0) return found;
  forEachEntry(arena, table, (index, entry) => {
    if (index >= start && index < end) found.push([index, ptePfn(entry)]);
  });
  return found;
}

const cached = (arena: Arena, mapping: AddressSpace, index: number): Pfn => {
  const table = get(arena, mapping + AddressSpace.table);
  return table === 0 ? 0 : ptePfn(readPte(arena, table, index));
};

/**
 * filemap_get_folio: the page with a reference, or 0 when it is not cached.
 *
 * @kernel mm/filemap.c filemap_get_folio, shmem_get_folio
 */
export function* findPage(task: Task, mapping: AddressSpace, index: number): Steps<Pfn> {
  const lock = mapping + AddressSpace.pagesLock;
  yield Point.filePage;
  yield* spinLock(task, lock, LockClass.filePages);
  const pfn = cached(task.arena, mapping, index);
  if (pfn !== 0) yield* getPage(task, pfn);
  yield* spinUnlock(task, lock, LockClass.filePages);
  return pfn;
}

/** The last-level table of i_pages for an index, made if need be; 0 when out of page-table pages. */
function* ensurePagesTable(task: Task, mapping: AddressSpace, index: number): Steps<PageTable> {
  const { arena } = task;
  const lock = mapping + AddressSpace.pagesLock;
  yield* spinLock(task, lock, LockClass.filePages);
  let root = get(arena, mapping + AddressSpace.table);
  if (root === 0) {
    root = tableAlloc(arena);
    set(arena, mapping + AddressSpace.table, root);
  }
  yield* spinUnlock(task, lock, LockClass.filePages);
  return root === 0 ? 0 : yield* ensureTable(task, mapping + AddressSpace.tableLock, root, index);
}

/**
 * shmem_get_folio: the page with a reference, added to the cache with zeroes if need be, and then charged to the cgroup of `mm` (0: the root); 0 when out of memory.
 *
 * @kernel mm/filemap.c filemap_add_folio
 */
export function* findOrCreatePage(task: Task, mapping: AddressSpace, index: number, mm: Mm): Steps<number> {
  const { arena } = task;
  const found = yield* findPage(task, mapping, index);
  if (found !== 0) return found;
  const table = yield* ensurePagesTable(task, mapping, index);
  const fresh = table === 0 ? 0 : yield* folioPrealloc(task, mm, true);
  if (fresh === 0) return 0;
  setPageFlags(arena, fresh, PG_FILE | PG_UPTODATE);
  addLru(arena, fresh);
  set(arena, arena.page.mapping + fresh, handleOf(arena, arena.pools.addressSpace, mapping));
  set(arena, arena.page.index + fresh, index);
  const lock = mapping + AddressSpace.pagesLock;
  yield* spinLock(task, lock, LockClass.filePages);
  const word = pteAt(arena, table, index);
  const winner = ptePfn(get(arena, word));
  if (winner === 0) {
    // One reference is the cache's, one the caller's.
    yield* getPage(task, fresh);
    store(arena, word, mkPte(fresh, PTE_PRESENT));
  } else {
    yield* getPage(task, winner);
  }
  yield* spinUnlock(task, lock, LockClass.filePages);
  if (winner === 0) return fresh;
  set(arena, arena.page.mapping + fresh, 0);
  yield* putPage(task, fresh);
  return winner;
}

/** Is the page still the one the file has at its index? To be asked with the page locked: truncation takes that lock. */
export const stillInFile = (arena: Arena, mapping: AddressSpace, pfn: Pfn): boolean =>
  pageMapping(arena, pfn) === handleOf(arena, arena.pools.addressSpace, mapping);

/** Takes the page at an index out of the cache, and returns it. Under the lock of i_pages. */
function takeOut(arena: Arena, mapping: AddressSpace, index: number): Pfn {
  const word = pteAt(arena, lookupTable(arena, get(arena, mapping + AddressSpace.table), index), index);
  const pfn = ptePfn(get(arena, word));
  store(arena, word, 0);
  set(arena, arena.page.mapping + pfn, 0);
  clearPageFlags(arena, pfn, PG_LRU);
  return pfn;
}

/** filemap_remove_folio: takes a page out of the cache and drops the cache's reference. The page is locked. */
export function* dropPage(task: Task, mapping: AddressSpace, index: number): Steps<void> {
  const lock = mapping + AddressSpace.pagesLock;
  yield* spinLock(task, lock, LockClass.filePages);
  const pfn = takeOut(task.arena, mapping, index);
  yield* spinUnlock(task, lock, LockClass.filePages);
  yield* putPage(task, pfn);
}

/**
 * __remove_mapping for a locked page: the same, if it is clean and nobody but the cache and the caller has a reference. Look-ups
 * take theirs under the same lock, so nobody can come in between.
 *
 * @kernel mm/vmscan.c __remove_mapping
 */
export function* dropPageIfUnused(task: Task, mapping: AddressSpace, pfn: Pfn): Steps<boolean> {
  const { arena } = task;
  const lock = mapping + AddressSpace.pagesLock;
  yield* spinLock(task, lock, LockClass.filePages);
  const unused = pageCount(arena, pfn) === 2 && (pageFlags(arena, pfn) & PG_DIRTY) === 0;
  if (unused) takeOut(arena, mapping, pageIndex(arena, pfn));
  yield* spinUnlock(task, lock, LockClass.filePages);
  if (unused) yield* putPage(task, pfn);
  return unused;
}
