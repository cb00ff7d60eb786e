/** struct mm_struct: creation. Its end is in exit.ts. */
import { increase, set, store } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { deref, poolAlloc, poolFree } from '../../arena/pool.ts';
import { Mm } from '../../arena/structures.ts';
import { tableAlloc } from '../table/tables.ts';

/**
 * mm_alloc: an empty address space with one user. Its address, or 0 when out of memory.
 *
 * @kernel kernel/fork.c mm_alloc
 */
export function mmAlloc(arena: Arena): Mm {
  const mm = poolAlloc(arena, arena.pools.mm);
  if (mm === 0) return 0;
  const pgd = tableAlloc(arena);
  if (pgd === 0) {
    poolFree(arena, arena.pools.mm, mm);
    return 0;
  }
  set(arena, mm + Mm.pgd, pgd);
  store(arena, mm + Mm.users, 1);
  store(arena, mm + Mm.count, 1);
  return mm;
}

/** Address of the mm a handle names. */
export const mmOf = (arena: Arena, handle: number): Mm => deref(arena, arena.pools.mm, handle);

/** add_mm_counter(mm, MM_ANONPAGES, pages). */
export function addRss(arena: Arena, mm: Mm, pages: number): void {
  if (pages !== 0) increase(arena, mm + Mm.rssAnon, pages);
}

/** add_mm_counter(mm, MM_SWAPENTS, entries). */
export function addRssSwap(arena: Arena, mm: Mm, entries: number): void {
  if (entries !== 0) increase(arena, mm + Mm.rssSwap, entries);
}

/** add_mm_counter for pages of files and shared memory. */
export function addRssFile(arena: Arena, mm: Mm, pages: number): void {
  if (pages !== 0) increase(arena, mm + Mm.rssFile, pages);
}
