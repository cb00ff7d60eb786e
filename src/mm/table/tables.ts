/**
 * Page tables: three levels of {@link PTRS_PER_TABLE} entries, from their own pool. Used for CPU page tables and for device page tables.
 * Upper entries are `table << 12 | PRESENT`; each table has its own lock word, the split page-table lock.
 *
 * A last-level table has two forms: entries, or one leaf in its first word that maps as many pages. In the second form it
 * is the table a kernel deposits beside a PMD leaf. So one store turns one form into the other, and one lock guards both.
 */

import { fill, forgetSince, get, observed, set, store } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { PMD_ORDER, PTRS_PER_TABLE, VPN_LIMIT } from '../../arena/config.ts';
import { rawLock, rawUnlock } from '../../arena/raw.ts';
import { Header } from '../../arena/structures.ts';
import type { PageTable, Pte, Vpn, Word } from '../../arena/units.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { EMPTY_LEAF, isHuge, mkTableEntry, pieceEntry, pteTable } from './pte.ts';

const SHIFT = PMD_ORDER;
const MASK = PTRS_PER_TABLE - 1;

/** Takes an all-zero page-table page; 0 when there is none. */
export function tableAlloc(arena: Arena): PageTable {
  rawLock(arena, Header.tableLock);
  let table = get(arena, Header.tableFree);
  if (table !== 0) set(arena, Header.tableFree, get(arena, arena.table.link + table));
  else if (get(arena, Header.tableFresh) < arena.config.tables) {
    table = get(arena, Header.tableFresh);
    set(arena, Header.tableFresh, table + 1);
  }
  rawUnlock(arena, Header.tableLock);
  if (table !== 0) fill(arena, 0, tableAt(arena, table), tableAt(arena, table + 1));
  return table;
}

/** Gives a page-table page back, filled with an entry of no known kind. */
export function tableFree(arena: Arena, table: PageTable): void {
  fill(arena, 0x6b6b6b6b, tableAt(arena, table), tableAt(arena, table + 1));
  rawLock(arena, Header.tableLock);
  set(arena, arena.table.link + table, get(arena, Header.tableFree));
  set(arena, Header.tableFree, table);
  rawUnlock(arena, Header.tableLock);
}

const tableAt = (arena: Arena, table: PageTable): Word => arena.tables + table * PTRS_PER_TABLE;

/** First page beyond the last-level table that holds `vpn`, or `end` if that comes first. */
export const tableEnd = (vpn: Vpn, end: Vpn): Vpn => Math.min((vpn | MASK) + 1, end);

/** Word of the last-level entry of `vpn` in `table`. */
export const pteAt = (arena: Arena, table: PageTable, vpn: Vpn): Word => tableAt(arena, table) + (vpn & MASK);

/** The leaf that maps all pages of `table` (EMPTY_LEAF where it maps nothing), 0 when the table has entries. */
export function hugeLeaf(arena: Arena, table: PageTable): Pte {
  if (!arena.hasHuge) return 0;
  const first = get(arena, tableAt(arena, table));
  return isHuge(first) ? first : 0;
}

/** Word of the page-table lock of `table`. */
export const ptlOf = (arena: Arena, table: PageTable): Word => arena.table.lock + table;

/**
 * The last-level table of `vpn` under `root`, or 0. Reads without a lock: upper entries go from empty to full once and
 * stay until the address space is torn down.
 */
export function lookupTable(arena: Arena, root: PageTable, vpn: Vpn): PageTable {
  if (vpn >= VPN_LIMIT) return 0;
  const upper = get(arena, tableAt(arena, root) + (vpn >>> (2 * SHIFT)));
  if (upper === 0) return 0;
  const middle = get(arena, tableAt(arena, pteTable(upper)) + ((vpn >>> SHIFT) & MASK));
  return middle === 0 ? 0 : pteTable(middle);
}

/**
 * The first page at or after `vpn`, before `end`, that has a last-level table; `end` if there is none. Skips a missing
 * upper table as a whole.
 */
export function nextPopulated(arena: Arena, root: PageTable, vpn: Vpn, end: Vpn): Vpn {
  let at = vpn;
  // A driver may ask for more than there can be: all that is up to the largest number it knows.
  const last = Math.min(end, VPN_LIMIT);
  while (at < last) {
    const upper = get(arena, tableAt(arena, root) + (at >>> (2 * SHIFT)));
    if (upper === 0) {
      at = ((at >>> (2 * SHIFT)) + 1) << (2 * SHIFT);
    } else if (get(arena, tableAt(arena, pteTable(upper)) + ((at >>> SHIFT) & MASK)) === 0) {
      at = (at | MASK) + 1;
    } else {
      return at;
    }
  }
  return end;
}

/** Word of the entry of the root that `vpn` is below. @throws RangeError for a page that no table can have. */
function upperEntry(arena: Arena, root: PageTable, vpn: Vpn): Word {
  if (vpn >= VPN_LIMIT) throw new RangeError(`page ${vpn} is behind the last one that a page table can have, ${VPN_LIMIT - 1}`);
  return tableAt(arena, root) + (vpn >>> (2 * SHIFT));
}

function* ensureEntry(task: Task, lock: Word, entry: number): Steps<PageTable> {
  const { arena } = task;
  const found = get(arena, entry);
  if (found !== 0) return pteTable(found);
  const table = tableAlloc(arena);
  if (table === 0) return 0;
  yield* spinLock(task, lock, LockClass.pageTableLock);
  const now = get(arena, entry);
  yield Point.populateTable;
  if (now === 0) store(arena, entry, mkTableEntry(table));
  yield* spinUnlock(task, lock, LockClass.pageTableLock);
  if (now === 0) return table;
  tableFree(arena, table);
  return pteTable(now);
}

/**
 * As {@link lookupTable}, making what is missing; `lock` is mm.page_table_lock. 0 when out of page-table pages.
 *
 * @kernel mm/memory.c __pte_alloc
 */
export function* ensureTable(task: Task, lock: Word, root: PageTable, vpn: Vpn): Steps<PageTable> {
  const { arena } = task;
  const mark = observed();
  const found = lookupTable(arena, root, vpn);
  if (found !== 0) return found;
  // What was missing is looked for again, level by level.
  forgetSince(mark);
  const middle = yield* ensureEntry(task, lock, upperEntry(arena, root, vpn));
  if (middle === 0) return 0;
  return yield* ensureEntry(task, lock, tableAt(arena, middle) + ((vpn >>> SHIFT) & MASK));
}

function fillUpper(arena: Arena, entry: Word): PageTable {
  const found = get(arena, entry);
  if (found !== 0) return pteTable(found);
  const table = tableAlloc(arena);
  if (table !== 0) store(arena, entry, mkTableEntry(table));
  return table;
}

/**
 * The word of the entry of `vpn`, with the tables above it made if need be, where nobody else makes any: a table that is all of one
 * owner, who does one thing at a time. 0 when out of page-table pages.
 */
export function fillTable(arena: Arena, root: PageTable, vpn: Vpn): Word {
  const middle = fillUpper(arena, upperEntry(arena, root, vpn));
  const table = middle === 0 ? 0 : fillUpper(arena, tableAt(arena, middle) + ((vpn >>> SHIFT) & MASK));
  return table === 0 ? 0 : pteAt(arena, table, vpn);
}

/** pte_alloc: as {@link ensureTable}, and the table has entries: where it had none (pmd_none) it gets 512 empty ones. */
export function* ensureEntries(task: Task, lock: Word, root: PageTable, vpn: Vpn): Steps<PageTable> {
  const { arena } = task;
  const table = yield* ensureTable(task, lock, root, vpn);
  if (table === 0 || hugeLeaf(arena, table) !== EMPTY_LEAF) return table;
  yield* spinLock(task, ptlOf(arena, table), LockClass.ptl);
  if (hugeLeaf(arena, table) === EMPTY_LEAF) store(arena, tableAt(arena, table), 0);
  yield* spinUnlock(task, ptlOf(arena, table), LockClass.ptl);
  return table;
}

/** pte_offset_map_lock: takes the lock of a table for its entries. False, and not locked, when it has a leaf by now. */
export function* pteOffsetMapLock(task: Task, table: PageTable): Steps<boolean> {
  const { arena } = task;
  yield* spinLock(task, ptlOf(arena, table), LockClass.ptl);
  if (hugeLeaf(arena, table) === 0) return true;
  yield* spinUnlock(task, ptlOf(arena, table), LockClass.ptl);
  return false;
}

/** Frees every table under `root` and `root` itself. Nobody else may walk them any more. */
export function freeTables(arena: Arena, root: PageTable): void {
  for (let i = 0; i < PTRS_PER_TABLE; i++) {
    const upper = get(arena, tableAt(arena, root) + i);
    if (upper === 0) continue;
    const middle = pteTable(upper);
    for (let j = 0; j < PTRS_PER_TABLE; j++) {
      const entry = get(arena, tableAt(arena, middle) + j);
      if (entry !== 0) tableFree(arena, pteTable(entry));
    }
    tableFree(arena, middle);
  }
  tableFree(arena, root);
}

/** Zero in place of every entry of [start, end) under `root`, one by one: for tables that stand for nothing that is counted. */
export function zeroEntries(arena: Arena, root: PageTable, start: Vpn, end: Vpn): void {
  for (let vpn = nextPopulated(arena, root, start, end); vpn < end; vpn = nextPopulated(arena, root, vpn, end)) {
    const table = lookupTable(arena, root, vpn);
    for (const stop = tableEnd(vpn, end); vpn < stop; vpn++) {
      const word = pteAt(arena, table, vpn);
      if (get(arena, word) !== 0) store(arena, word, 0);
    }
  }
}

/** Calls `visit` for every entry that is not 0 under `root`. For checks at quiescent points. */
export function forEachEntry(arena: Arena, root: PageTable, visit: (vpn: Vpn, entry: number) => void): void {
  for (let i = 0; i < PTRS_PER_TABLE; i++) {
    const upper = get(arena, tableAt(arena, root) + i);
    if (upper === 0) continue;
    for (let j = 0; j < PTRS_PER_TABLE; j++) {
      const middle = get(arena, tableAt(arena, pteTable(upper)) + j);
      if (middle === 0) continue;
      const base = ((i << SHIFT) | j) << SHIFT;
      const leaf = hugeLeaf(arena, pteTable(middle));
      for (let k = 0; k < PTRS_PER_TABLE; k++) {
        const entry = leaf === 0 ? get(arena, tableAt(arena, pteTable(middle)) + k) : pieceEntry(leaf, k);
        if (entry !== 0) visit(base | k, entry);
      }
    }
  }
}

/** The last-level entry of `vpn`, 0 if there is no table: a look without a lock, to be checked again. */
export function readPte(arena: Arena, root: PageTable, vpn: Vpn): Pte {
  const table = lookupTable(arena, root, vpn);
  if (table === 0) return 0;
  const leaf = hugeLeaf(arena, table);
  return leaf === 0 ? get(arena, pteAt(arena, table, vpn)) : pieceEntry(leaf, vpn);
}
