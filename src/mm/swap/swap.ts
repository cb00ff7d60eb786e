/**
 * Swap slots and the swap cache (mm/swapfile.c, mm/swap_state.c). A slot is in use while entries name it (its count), or a page
 * of the swap cache stands for it. A page in the swap cache has one reference for that; as long as it is clean the slot holds the
 * same contents, so that the page can be dropped without being written again.
 */

import { add, get, increase, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { poisonFrame } from '../../arena/frames.ts';
import { rawLock, rawUnlock } from '../../arena/raw.ts';
import { Header } from '../../arena/structures.ts';
import type { Pfn, SwapSlot } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { PG_DIRTY, pageCount, pageFlags, pageMapcount, pageSwap, setPageFlags } from '../page/page.ts';
import { trylockPage, unlockPage } from '../page/pageLock.ts';
import { putPage } from '../page/zone.ts';

/** No slot. */
export const NO_SLOT = -1;

/** The frame of a slot's contents: they come after all page frames. */
export const slotFrame = (arena: Arena, slot: SwapSlot): number => arena.pageCount + slot;

/** Entries that name the slot. */
const countOf = (arena: Arena, slot: SwapSlot): number => get(arena, arena.swap.count + slot);
const cachedPage = (arena: Arena, slot: SwapSlot): Pfn => get(arena, arena.swap.cache + slot);

/** The slot is nobody's any more. Under the raw lock. */
function release(arena: Arena, slot: SwapSlot): void {
  poisonFrame(arena, slotFrame(arena, slot));
  set(arena, Header.swapFree, get(arena, Header.swapFree) + 1);
}

/** The page enters the swap cache. Under the raw lock, or nobody else knows the page yet. */
function enter(arena: Arena, slot: SwapSlot, pfn: Pfn): void {
  set(arena, arena.swap.cache + slot, pfn);
  set(arena, arena.page.swap + pfn, slot + 1);
  increase(arena, arena.page.refcount + pfn, 1);
}

/** delete_from_swap_cache. Under the raw lock; the caller has a reference of its own. */
function leave(arena: Arena, slot: SwapSlot, pfn: Pfn): void {
  set(arena, arena.swap.cache + slot, 0);
  set(arena, arena.page.swap + pfn, 0);
  if (add(arena, arena.page.refcount + pfn, -1) < 2)
    throw new Violation('I-REF', `page ${pfn} leaves the swap cache with no reference but that of the cache`);
  if (countOf(arena, slot) === 0) release(arena, slot);
}

/**
 * folio_alloc_swap and add_to_swap: a locked page gets a slot, and stands for it in the swap cache. The slot, or NO_SLOT.
 *
 * @kernel mm/swapfile.c folio_alloc_swap
 */
export function* addToSwap(task: Task, pfn: Pfn): Steps<number> {
  const { arena } = task;
  const { swapSlots } = arena.config;
  yield Point.swapCache;
  rawLock(arena, Header.swapLock);
  let slot = get(arena, Header.swapFree) === 0 || get(arena, Header.swapOff) !== 0 ? swapSlots : 0;
  while (slot < swapSlots && (countOf(arena, slot) !== 0 || cachedPage(arena, slot) !== 0)) slot++;
  if (slot < swapSlots) {
    set(arena, Header.swapFree, get(arena, Header.swapFree) - 1);
    enter(arena, slot, pfn);
  }
  rawUnlock(arena, Header.swapLock);
  if (slot === swapSlots) return NO_SLOT;
  yield Point.swapCache;
  // The slot has no contents yet.
  setPageFlags(arena, pfn, PG_DIRTY);
  return slot;
}

/**
 * swap_duplicate: one more entry names the slot.
 *
 * @kernel mm/swapfile.c swap_duplicate
 */
export function* swapDuplicate(task: Task, slot: SwapSlot): Steps<void> {
  const { arena } = task;
  yield Point.swapCache;
  rawLock(arena, Header.swapLock);
  const free = countOf(arena, slot) === 0 && cachedPage(arena, slot) === 0;
  set(arena, arena.swap.count + slot, countOf(arena, slot) + 1);
  rawUnlock(arena, Header.swapLock);
  if (free) throw new Violation('I-REF', `an entry is made for swap slot ${slot}, which is free`);
}

/**
 * swap_free: one entry less names the slot. How many still do.
 *
 * @kernel mm/swapfile.c swap_free
 */
export function* swapFree(task: Task, slot: SwapSlot): Steps<number> {
  const { arena } = task;
  yield Point.swapCache;
  rawLock(arena, Header.swapLock);
  const left = countOf(arena, slot) - 1;
  set(arena, arena.swap.count + slot, left);
  if (left === 0 && cachedPage(arena, slot) === 0) release(arena, slot);
  rawUnlock(arena, Header.swapLock);
  if (left < 0) throw new Violation('I-REF', `swap slot ${slot} is freed by an entry it does not know`);
  return left;
}

/**
 * swap_cache_get_folio: the page that stands for the slot, with a reference; 0 when there is none.
 *
 * @kernel mm/swap_state.c swap_cache_get_folio
 */
export function* swapCacheGet(task: Task, slot: SwapSlot): Steps<Pfn> {
  const { arena } = task;
  yield Point.swapCache;
  rawLock(arena, Header.swapLock);
  const pfn = cachedPage(arena, slot);
  if (pfn !== 0) increase(arena, arena.page.refcount + pfn, 1);
  rawUnlock(arena, Header.swapLock);
  return pfn;
}

/**
 * swap_cache_alloc_folio: a fresh page, locked by the caller, stands for the slot from now on, unless another already does.
 * Returns the page that does, if it is another one with a reference for the caller; 0 when no entry names the slot any more.
 *
 * @kernel mm/swap_state.c swap_cache_alloc_folio
 */
export function* swapCacheAdd(task: Task, slot: SwapSlot, pfn: Pfn): Steps<number> {
  const { arena } = task;
  yield Point.swapCache;
  rawLock(arena, Header.swapLock);
  const other = cachedPage(arena, slot);
  const known = other !== 0 || countOf(arena, slot) !== 0;
  if (other !== 0) increase(arena, arena.page.refcount + other, 1);
  else if (known) enter(arena, slot, pfn);
  rawUnlock(arena, Header.swapLock);
  return known ? other || pfn : 0;
}

/**
 * folio_free_swap: a locked page that no swap entry shares leaves the swap cache, and its slot is free. It is dirty from then on:
 * its contents are nowhere else. False when it is not in the swap cache, or entries name its slot.
 *
 * @kernel mm/swapfile.c folio_free_swap
 */
export function* freeSwap(task: Task, pfn: Pfn): Steps<boolean> {
  const { arena } = task;
  if (!arena.hasSwap || pageSwap(arena, pfn) === 0) return false;
  const slot = pageSwap(arena, pfn) - 1;
  yield Point.swapCache;
  rawLock(arena, Header.swapLock);
  const sole = countOf(arena, slot) === 0;
  if (sole) leave(arena, slot, pfn);
  rawUnlock(arena, Header.swapLock);
  if (sole) setPageFlags(arena, pfn, PG_DIRTY);
  return sole;
}

/**
 * __remove_mapping for a locked page of the swap cache: it leaves, if it is clean and nobody but the cache and the caller has a
 * reference. The two are asked under the lock that look-ups take, so nobody can come in between.
 *
 * @kernel mm/vmscan.c __remove_mapping
 */
export function* dropFromSwapCache(task: Task, pfn: Pfn): Steps<boolean> {
  const { arena } = task;
  yield Point.swapCache;
  rawLock(arena, Header.swapLock);
  const unused = pageCount(arena, pfn) === 2 && (pageFlags(arena, pfn) & PG_DIRTY) === 0;
  if (unused) leave(arena, pageSwap(arena, pfn) - 1, pfn);
  rawUnlock(arena, Header.swapLock);
  return unused;
}

/** The swap cache's part of folio_migrate_mapping: `to` stands for the slot in place of `from`. Both are locked. */
export function* moveInSwapCache(task: Task, slot: SwapSlot, from: Pfn, to: Pfn): Steps<void> {
  const { arena } = task;
  yield Point.swapCache;
  rawLock(arena, Header.swapLock);
  enter(arena, slot, to);
  set(arena, arena.page.swap + from, 0);
  increase(arena, arena.page.refcount + from, -1);
  rawUnlock(arena, Header.swapLock);
}

/** free_swap_cache: a page that has lost its last mapping gives its slot back, unless somebody works on it. */
function* freeSwapCache(task: Task, pfn: Pfn): Steps<void> {
  const { arena } = task;
  if (pageSwap(arena, pfn) === 0 || pageMapcount(arena, pfn) !== 0 || !(yield* trylockPage(task, pfn))) return;
  yield* freeSwap(task, pfn);
  yield* unlockPage(task, pfn);
}

/**
 * free_folio_and_swap_cache: the put of a reference that a mapping has had.
 *
 * @kernel mm/swap_state.c free_folio_and_swap_cache
 */
export function* putMappedPage(task: Task, pfn: Pfn): Steps<void> {
  if (task.arena.hasSwap) yield* freeSwapCache(task, pfn);
  yield* putPage(task, pfn);
}

/**
 * free_swap_and_cache: an entry has been cleared. With the last one the page in the swap cache goes too, if nobody has it.
 *
 * @kernel mm/swapfile.c free_swap_and_cache
 */
export function* freeSwapEntry(task: Task, slot: SwapSlot): Steps<void> {
  if ((yield* swapFree(task, slot)) !== 0) return;
  const pfn = yield* swapCacheGet(task, slot);
  if (pfn === 0) return;
  yield* freeSwapCache(task, pfn);
  yield* putPage(task, pfn);
}

/**
 * vm_swap_full: more than half of the slots are in use, so pages that come back in give theirs up.
 *
 * @kernel mm/swapfile.c vm_swap_full
 */
export const isSwapFull = (arena: Arena): boolean => 2 * get(arena, Header.swapFree) < arena.config.swapSlots;
