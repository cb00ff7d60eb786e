/** Short views of page tables and page counts, for assertions. */
import { get, load } from '../../src/arena/access.ts';
import type { Arena } from '../../src/arena/arena.ts';
import { Mm } from '../../src/arena/structures.ts';
import { PG_ANON_EXCLUSIVE, pageCount, pageFlags, pageMapcount } from '../../src/mm/page/page.ts';
import { describePte, ptePfn } from '../../src/mm/table/pte.ts';
import { lookupTable, pteAt, readPte } from '../../src/mm/table/tables.ts';

/** The last-level entry of `vpn`, 0 if there is none. */
export const pteOf = (arena: Arena, mm: number, vpn: number): number => readPte(arena, get(arena, mm + Mm.pgd), vpn);

/** Word of the entry of `vpn`; its table exists. */
export const pteWord = (arena: Arena, mm: number, vpn: number): number =>
  pteAt(arena, lookupTable(arena, get(arena, mm + Mm.pgd), vpn), vpn);

/** The page frame of `vpn`. */
export const pfnOf = (arena: Arena, mm: number, vpn: number): number => ptePfn(pteOf(arena, mm, vpn));

/** The entry without its page frame: `none`, `PRES(W,D,A)`, `PRES(A,zero)`, `DP_W`. */
export const entryOf = (arena: Arena, mm: number, vpn: number): string =>
  describePte(pteOf(arena, mm, vpn))
    .replace(/\(\d+(; )?/, '(')
    .replace('()', '');

/** `[references, mappings, exclusive]` of a page. */
export const countsOf = (arena: Arena, pfn: number): [number, number, boolean] => [
  pageCount(arena, pfn),
  pageMapcount(arena, pfn),
  (pageFlags(arena, pfn) & PG_ANON_EXCLUSIVE) !== 0,
];

export const rssOf = (arena: Arena, mm: number): number => load(arena, mm + Mm.rssAnon);
