/**
 * Reverse mapping of anonymous pages. A page names an anon_vma and an index; the anon_vma lists the VMAs that may map the
 * page, and `start + index - pgoff` is the address in each. Splits, moves and forks add VMAs to the list of the original.
 */

import { add, cas, get, increase, load, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { firstOverlap, nodeLast, nodeStart } from '../../arena/intervalTree.ts';
import { deref, handleOf, poolAlloc, poolFree } from '../../arena/pool.ts';
import { AnonVma, Mm, Vma } from '../../arena/structures.ts';
import type { Pfn } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { downRead, downWrite, upRead, upWrite } from '../../sync/rwsem.ts';
import type { Task } from '../../sync/task.ts';
import { addLru } from '../page/memcg.ts';
import {
  clearPageFlags,
  isFilePage,
  PG_ANON_EXCLUSIVE,
  PG_UPTODATE,
  pageIndex,
  pageMapping,
  putAnonVma,
  setPageFlags,
} from '../page/page.ts';
import { rmapWalkFile } from './rmapFile.ts';
import { checkPlace, type RmapVisitor } from './rmapVisitor.ts';
import { insertSorted, takeOut, type VmaList } from './vmaList.ts';

/** The anon_vma of a VMA that has one. */
export const anonVmaOf = (arena: Arena, vma: Vma): AnonVma => deref(arena, arena.pools.anonVma, load(arena, vma + Vma.anonVma));

export function* anonVmaLock(task: Task, anonVma: AnonVma): Steps<void> {
  yield* downWrite(task, anonVma + AnonVma.lock, LockClass.anonVma);
}
export function* anonVmaUnlock(task: Task, anonVma: AnonVma): Steps<void> {
  yield* upWrite(task, anonVma + AnonVma.lock, LockClass.anonVma);
}

const anonList: VmaList = { head: AnonVma.head, tail: AnonVma.tail, prev: Vma.anonPrev, next: Vma.anonNext };

/** The VMA is known to the anon_vma from now on. anon_vma lock held for writing. */
export function anonVmaLink(arena: Arena, anonVma: AnonVma, vma: Vma): void {
  insertSorted(arena, anonList, anonVma, vma);
  increase(arena, anonVma + AnonVma.users, 1);
}

/** The VMA begins at another page now: it takes its new place. anon_vma lock held for writing. */
export function sortIntoAnonVma(arena: Arena, anonVma: AnonVma, vma: Vma): void {
  takeOut(arena, anonList, anonVma, vma);
  insertSorted(arena, anonList, anonVma, vma);
}

/**
 * unlink_anon_vmas: takes a VMA off the list; the anon_vma is freed when nothing names it any more.
 *
 * @kernel mm/rmap.c unlink_anon_vmas
 */
export function* anonVmaUnlink(task: Task, vma: Vma): Steps<void> {
  const { arena } = task;
  const anonVma = anonVmaOf(arena, vma);
  yield* anonVmaLock(task, anonVma);
  takeOut(arena, anonList, anonVma, vma);
  yield* anonVmaUnlock(task, anonVma);
  putAnonVma(arena, anonVma);
}

/** What must be alike in two VMAs that share an anon_vma: everything but the access bits. */
const SAME_FLAGS = ~7;

/** reusable_anon_vma: may `vma` join the anon_vma of its neighbour, so that the two can merge later? */
function isReusable(arena: Arena, vma: Vma, near: Vma): boolean {
  if (near === 0 || load(arena, near + Vma.anonVma) === 0 || get(arena, near + Vma.anonChain) !== 1) return false;
  const [a, b] = nodeStart(arena, near + Vma.node) < nodeStart(arena, vma + Vma.node) ? [near, vma] : [vma, near];
  const pages = nodeLast(arena, a + Vma.node) + 1 - nodeStart(arena, a + Vma.node);
  return (
    nodeLast(arena, a + Vma.node) + 1 === nodeStart(arena, b + Vma.node) &&
    get(arena, b + Vma.pgoff) === get(arena, a + Vma.pgoff) + pages &&
    get(arena, a + Vma.mapping) === get(arena, b + Vma.mapping) &&
    ((get(arena, a + Vma.flags) ^ get(arena, b + Vma.flags)) & SAME_FLAGS) === 0
  );
}

/** find_mergeable_anon_vma: the neighbour whose anon_vma `vma` can use as well, 0 for none. */
function reusableNeighbour(arena: Arena, vma: Vma): Vma {
  const root = deref(arena, arena.pools.mm, get(arena, vma + Vma.mm)) + Mm.vmaRoot;
  for (const vpn of [nodeLast(arena, vma + Vma.node) + 1, nodeStart(arena, vma + Vma.node) - 1]) {
    const node = vpn < 0 ? 0 : firstOverlap(arena, root, vpn, vpn);
    if (node !== 0 && isReusable(arena, vma, node - Vma.node)) return node - Vma.node;
  }
  return 0;
}

/**
 * anon_vma_prepare: makes sure a VMA has an anon_vma: that of a neighbour, or a new one. mmap_lock held for reading is enough,
 * so two faults may race; the first to set the field wins. False when out of memory.
 *
 * @kernel mm/rmap.c anon_vma_prepare
 */
export function* anonVmaPrepare(task: Task, vma: Vma): Steps<boolean> {
  const { arena } = task;
  if (load(arena, vma + Vma.anonVma) !== 0) return true;
  const near = reusableNeighbour(arena, vma);
  const anonVma = near !== 0 ? anonVmaOf(arena, near) : poolAlloc(arena, arena.pools.anonVma);
  if (anonVma === 0) return false;
  const handle = handleOf(arena, arena.pools.anonVma, anonVma);
  // Locked from before the VMA names it until the VMA is on its list: a walk that finds a page finds the VMA.
  yield* anonVmaLock(task, anonVma);
  yield Point.anonVmaPrepare;
  const isFirst = cas(arena, vma + Vma.anonVma, 0, handle) === 0;
  if (isFirst) {
    anonVmaLink(arena, anonVma, vma);
    set(arena, vma + Vma.anonGroup, near === 0 ? handle : get(arena, near + Vma.anonGroup));
    set(arena, vma + Vma.anonChain, 1);
  }
  yield* anonVmaUnlock(task, anonVma);
  if (!isFirst && near === 0) poolFree(arena, arena.pools.anonVma, anonVma);
  return true;
}

/**
 * folio_add_anon_rmap_pte: one more entry maps the page.
 *
 * @kernel mm/rmap.c folio_add_anon_rmap_pte
 */
export function addAnonRmap(arena: Arena, pfn: Pfn, exclusive: boolean): void {
  increase(arena, arena.page.mapcount + pfn, 1);
  if (exclusive) setPageFlags(arena, pfn, PG_ANON_EXCLUSIVE);
}

/**
 * folio_add_new_anon_rmap: the first entry of a page fresh from the allocator. No entry names the page, but somebody who knew its
 * frame from before it was freed may have taken a reference and its lock: the bits are added, never stored over others.
 */
export function addNewAnonRmap(arena: Arena, pfn: Pfn): void {
  setPageFlags(arena, pfn, PG_UPTODATE);
  addLru(arena, pfn);
  addAnonRmap(arena, pfn, true);
}

/**
 * folio_remove_rmap_pte: one entry less maps the page.
 *
 * @kernel mm/rmap.c folio_remove_rmap_pte
 */
export function removeRmap(arena: Arena, pfn: Pfn): void {
  if (add(arena, arena.page.mapcount + pfn, -1) <= 0) throw new Violation('I-MAP', `mapcount of page ${pfn} fell below 0`);
}

/** page_try_share_anon_rmap: drops the exclusive mark. The caller has made sure nobody can have pinned the page. */
export function shareAnonRmap(arena: Arena, pfn: Pfn): void {
  clearPageFlags(arena, pfn, PG_ANON_EXCLUSIVE);
}

/**
 * rmap_walk_anon: calls `visit` for each VMA and address that may map the page, under the rmap lock. The visitor looks at
 * the entry under its page-table lock; most walks find nothing in some VMAs. The page is locked by the caller.
 *
 * @kernel mm/rmap.c rmap_walk_anon
 */
export function* rmapWalk(task: Task, pfn: Pfn, visit: RmapVisitor): Steps<void> {
  const { arena } = task;
  if (isFilePage(arena, pfn)) {
    yield* rmapWalkFile(task, pfn, visit);
    return;
  }
  const handle = pageMapping(arena, pfn);
  if (handle === 0) return;
  const anonVma = deref(arena, arena.pools.anonVma, handle);
  const index = pageIndex(arena, pfn);
  yield* downRead(task, anonVma + AnonVma.lock, LockClass.anonVma);
  for (let vma = get(arena, anonVma + AnonVma.head); vma !== 0; vma = get(arena, vma + Vma.anonNext)) {
    const start = nodeStart(arena, vma + Vma.node);
    const vpn = start + index - get(arena, vma + Vma.pgoff);
    if (vpn < start || vpn > nodeLast(arena, vma + Vma.node)) continue;
    checkPlace(arena, pfn, vma, vpn);
    const mm = deref(arena, arena.pools.mm, get(arena, vma + Vma.mm));
    yield Point.rmapWalk;
    if (!(yield* visit(vma, mm, vpn))) break;
  }
  yield* upRead(task, anonVma + AnonVma.lock, LockClass.anonVma);
}
