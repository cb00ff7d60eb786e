/**
 * struct page: flags, references, mappings. Each piece of a huge page has its own: what the kernel counts once for the whole
 * (references, pins) is counted for the piece it is about, and asked of all pieces where the whole matters (compound.ts).
 */

import { add, and, cas, get, getBits, increase, or, set, store } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { PFN_LIMIT, PTRS_PER_TABLE, ZERO_PFN } from '../../arena/config.ts';
import { deref, poolFree } from '../../arena/pool.ts';
import { type Serial, serialGet } from '../../arena/serials.ts';
import { AnonVma } from '../../arena/structures.ts';
import type { Handle, Pfn } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';

export const PG_LOCKED = 1;
export const PG_WAITERS = 2;
export const PG_LRU = 4;
export const PG_DIRTY = 8;
export const PG_UPTODATE = 16;
/** AnonExclusive: mapped once, and may be mapped writable. */
export const PG_ANON_EXCLUSIVE = 32;
/** In ZONE_DEVICE. Never changes. */
export const PG_DEVICE = 64;

/** Not anonymous memory: page->mapping is an address_space, or nothing for a page a driver inserted. */
export const PG_FILE = 128;

/** A piece of a hugetlb page: never split. */
export const PG_HUGETLB = 256;

/**
 * Committed as the source of a migration: what it stood for is the destination's now. A kernel
 * knows by the memory cgroup charge, which has gone to the destination (memcg.ts); this tells also where there are no cgroups. Goes when the
 * page is freed.
 */
export const PG_MIGRATED = 512;

/** What one pin adds to the reference count of a small page. */
export const GUP_PIN_COUNTING_BIAS = 1024;

/** A plain look: callers hold the page lock or the page-table lock that keeps the bits they ask for as they are. */
export const pageFlags = (arena: Arena, pfn: Pfn): number => get(arena, arena.page.flags + pfn);
/** Is one of these bits set? Nothing else of the flags matters to the caller. */
export const pageHas = (arena: Arena, pfn: Pfn, bits: number): boolean => getBits(arena, arena.page.flags + pfn, bits) !== 0;
/** A page of a file; it stays one for as long as it is in use. */
export const isFilePage = (arena: Arena, pfn: Pfn): boolean => pageHas(arena, pfn, PG_FILE);
export const setPageFlags = (arena: Arena, pfn: Pfn, bits: number): number => or(arena, arena.page.flags + pfn, bits);
export const clearPageFlags = (arena: Arena, pfn: Pfn, bits: number): number => and(arena, arena.page.flags + pfn, ~bits);

/** folio_isolate_lru, by one who has a reference: true for who takes the page off the list. */
export const isolateLru = (arena: Arena, pfn: Pfn): boolean => (clearPageFlags(arena, pfn, PG_LRU) & PG_LRU) !== 0;

export const isDevicePage = (arena: Arena, pfn: Pfn): boolean => pfn >= arena.config.systemPages;
/**
 * References and mappings, by a plain look. Who decides something by them has taken the page's entries away under their
 * page-table locks before: a reference taken through an entry is ordered by that lock, and a speculative one may come later
 * in any case.
 */
export const pageCount = (arena: Arena, pfn: Pfn): number => get(arena, arena.page.refcount + pfn);
export const pageMapcount = (arena: Arena, pfn: Pfn): number => get(arena, arena.page.mapcount + pfn);
export const pageGeneration = (arena: Arena, pfn: Pfn): Serial => serialGet(arena, arena.page.generation + pfn);
/** Handle of the anon_vma, 0 if the page was never mapped. */
export const pageMapping = (arena: Arena, pfn: Pfn): number => get(arena, arena.page.mapping + pfn);
export const pageIndex = (arena: Arena, pfn: Pfn): number => get(arena, arena.page.index + pfn);
/** 1 + the slot the page stands for in the swap cache, 0 when it is not in there. */
export const pageSwap = (arena: Arena, pfn: Pfn): number => (arena.hasSwap ? get(arena, arena.page.swap + pfn) : 0);
/** May somebody hold a pin? A page with very many references is taken for pinned, as in the kernel. */
export const maybeDmaPinned = (arena: Arena, pfn: Pfn): boolean => pageCount(arena, pfn) >= GUP_PIN_COUNTING_BIAS;

/** Behind the page frame in a label: the order of what is no whole huge page. */
const ORDER_SHIFT = 20;

/** compound_head: the first page of the huge page it is a piece of, 0 for a page of its own. */
export const compoundHead = (arena: Arena, pfn: Pfn): Pfn => get(arena, arena.page.compound + pfn) & (PFN_LIMIT - 1);

/** Frames that a device or the zone of huge pages hands out; those of a huge page are free again together, when the last one is. */
export const inBlock = (arena: Arena, pfn: Pfn): boolean => arena.hasHuge && pfn >= arena.hugeZero;

/**
 * page_folio, as far as it has the lock: of a huge page the first piece, also while that one is free. Pieces of a smaller page go back one
 * by one, and have a lock each.
 *
 * @kernel include/linux/page-flags.h page_folio
 */
export const pageFolio = (arena: Arena, pfn: Pfn): Pfn => (inBlock(arena, pfn) ? compoundHead(arena, pfn) || pfn : pfn);

/** A piece of a huge page, whose lock is that of the whole. */
export const isPiece = (arena: Arena, pfn: Pfn): boolean => inBlock(arena, pfn) && compoundHead(arena, pfn) !== 0;

/** The last piece of a block is free: then nobody has its huge page locked any more. */
export function unlockedBlock(arena: Arena, head: Pfn): void {
  if (pageHas(arena, head, PG_LOCKED)) throw new Violation('I-LOCK', `huge page ${head} is freed while locked`);
}

/** The flags of a page that is freed: none but `kept`, and the lock if it is that of a huge page, which may live on. */
export function resetFlags(arena: Arena, pfn: Pfn, kept = 0): void {
  const word = arena.page.flags + pfn;
  if (inBlock(arena, pfn) && compoundHead(arena, pfn) === pfn) and(arena, word, kept | PG_LOCKED | PG_WAITERS);
  else store(arena, word, kept);
}

/** folio_nr_pages: how many pieces the huge page has, or had, that it is a piece of. */
export function compoundPages(arena: Arena, pfn: Pfn): number {
  const order = get(arena, arena.page.compound + pfn) >>> ORDER_SHIFT;
  return order === 0 ? PTRS_PER_TABLE : 1 << order;
}

/** The page becomes a piece of the one that begins with `head`, which is smaller than a huge page. */
export const setCompound = (arena: Arena, pfn: Pfn, head: Pfn, order: number): void =>
  set(arena, arena.page.compound + pfn, head | (order << ORDER_SHIFT));

/** The shared zero page, or a piece of the huge one. */
export const isZeroPage = (arena: Arena, pfn: Pfn): boolean =>
  pfn === ZERO_PFN || (pfn >= arena.hugeZero && pfn < arena.hugeZero + (arena.hasHuge ? PTRS_PER_TABLE : 0));

/** Pages of system memory that are ever handed out. */
export const allocatablePages = ({ config, hasHuge }: Arena): number =>
  config.systemPages - ZERO_PFN - 1 - (hasHuge ? PTRS_PER_TABLE : 0);

/**
 * get_page: the caller holds a reference, or the lock of an entry that does. Raising a count from 0 is a violation.
 *
 * @kernel include/linux/mm.h folio_get
 */
export function* getPage(task: Task, pfn: Pfn, references = 1): Steps<void> {
  yield Point.getPage;
  if (add(task.arena, task.arena.page.refcount + pfn, references) <= 0) {
    throw new Violation('I-REF', `actor ${task.id} takes a reference on page ${pfn}, which is free`);
  }
}

/**
 * folio_try_get: false when the page is free.
 *
 * @kernel include/linux/mm.h folio_try_get
 */
export function* tryGetPage(task: Task, pfn: Pfn): Steps<boolean> {
  const { arena } = task;
  const word = arena.page.refcount + pfn;
  yield Point.getPage;
  for (;;) {
    const count = get(arena, word);
    if (count === 0) return false;
    if (cas(arena, word, count, count + 1) === count) return true;
  }
}

/** page->mapping and page->index for a page that becomes anonymous memory. The page keeps the anon_vma alive. */
export function setAnonMapping(arena: Arena, pfn: Pfn, anonVma: Handle<'anonVma'>, index: number): void {
  increase(arena, deref(arena, arena.pools.anonVma, anonVma) + AnonVma.users, 1);
  set(arena, arena.page.mapping + pfn, anonVma);
  set(arena, arena.page.index + pfn, index);
}

export function clearAnonMapping(arena: Arena, pfn: Pfn): void {
  const anonVma = pageMapping(arena, pfn);
  if (anonVma === 0) return;
  set(arena, arena.page.mapping + pfn, 0);
  putAnonVma(arena, deref(arena, arena.pools.anonVma, anonVma));
}

/** put_anon_vma: VMAs and pages count as users; the last one frees it. */
export function putAnonVma(arena: Arena, anonVma: AnonVma): void {
  if (add(arena, anonVma + AnonVma.users, -1) === 1) poolFree(arena, arena.pools.anonVma, anonVma);
}
