/** unmap_vmas and zap_page_range: entries go, pages are released. The caller brackets it with start and end. */

import { forgetRound, get, observed, store, xchg } from '../../arena/access.ts';
import { PTRS_PER_TABLE } from '../../arena/config.ts';
import { Mm } from '../../arena/structures.ts';
import type { PageTable, Pfn, Pte, Vpn } from '../../arena/units.ts';
import { isOlder, Older } from '../../kernels/older.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../../notifier/invalidate.ts';
import { MMU_NOTIFY_UNMAP, notifierRange } from '../../notifier/range.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { isNone } from '../fault/hugeFault.ts';
import { isHugetlb } from '../huge/compound.ts';
import { splitAddress } from '../huge/splitHugePmd.ts';
import { isFilePage, PG_DIRTY, setPageFlags } from '../page/page.ts';
import { putPage } from '../page/zone.ts';
import { removeRmap } from '../rmap/rmap.ts';
import { freeSwapEntry, putMappedPage } from '../swap/swap.ts';
import { flushTlbRange } from '../table/flush.ts';
import { EMPTY_LEAF, isGuard, isMigration, isSwap, mapsPage, PTE_DIRTY, ptePfn, ptePresent, swapSlot } from '../table/pte.ts';
import { hugeLeaf, lookupTable, nextPopulated, pteAt, pteOffsetMapLock, ptlOf, tableEnd } from '../table/tables.ts';
import { addRss, addRssFile, addRssSwap } from '../vma/mmStruct.ts';

/** Private copies of file pages stay (no even_cows). */
export const ZAP_FILE_ONLY = 1;
/** Guards go, too: they outlive everything but their mapping. */
export const ZAP_FLAG_DROP_MARKER = 2;
/** Tables of which nothing is left are freed, and a huge page fits there again (reclaim_pt). */
const ZAP_TABLES = 4;

/** Whose entries go, and which of them: ZAP_* flags. */
interface Zap {
  readonly mm: Mm;
  readonly flags: number;
}

/** Does the entry belong to the file, and not to a private copy of one of its pages? (should_zap_page without even_cows) */
function isOfFile(task: Task, pte: Pte): boolean {
  if (!mapsPage(pte) && !isMigration(pte)) return false;
  return isFilePage(task.arena, ptePfn(pte));
}

/**
 * zap_pte_range for one last-level table. False, with nothing done, when it has a leaf by now.
 *
 * @kernel mm/memory.c zap_pte_range
 */
function* zapTable(task: Task, { mm, flags }: Zap, table: PageTable, start: Vpn, end: Vpn): Steps<boolean> {
  const { arena } = task;
  const ptl = ptlOf(arena, table);
  const gather: Pfn[] = [];
  let rss = 0;
  let rssFile = 0;
  let entries = 0;
  let flush = false;
  if (!(yield* pteOffsetMapLock(task, table))) return false;
  for (let vpn = start; vpn < end; vpn++) {
    const word = pteAt(arena, table, vpn);
    if (get(arena, word) === 0) continue;
    if ((flags & ZAP_FLAG_DROP_MARKER) === 0 && isGuard(get(arena, word))) continue;
    if ((flags & ZAP_FILE_ONLY) !== 0 && !isOfFile(task, get(arena, word))) continue;
    yield Point.clearPte;
    // Exchange, not store: the CPU may set the dirty bit until the entry is gone.
    const pte = xchg(arena, word, 0);
    flush ||= ptePresent(pte);
    if (mapsPage(pte)) {
      const pfn = ptePfn(pte);
      if (!isFilePage(arena, pfn)) rss++;
      else rssFile++;
      if ((pte & PTE_DIRTY) !== 0) setPageFlags(arena, pfn, PG_DIRTY);
      removeRmap(arena, pfn);
      // A device-private or device-exclusive page is put at once, under the page-table lock, as in the kernel.
      if (ptePresent(pte)) gather.push(pfn);
      else yield* putPage(task, pfn);
    } else if (isSwap(pte)) {
      entries++;
      yield* freeSwapEntry(task, swapSlot(pte));
    } else if (isMigration(pte)) {
      if (!isFilePage(arena, ptePfn(pte))) rss++;
      else rssFile++;
    }
  }
  if (flush) yield* flushTlbRange(task, { mm, start, end });
  if ((flags & ZAP_TABLES) !== 0 && arena.hasHuge && end - start === PTRS_PER_TABLE && isNone(arena, table)) {
    yield Point.clearPte;
    store(arena, pteAt(arena, table, 0), EMPTY_LEAF);
  }
  yield* spinUnlock(task, ptl, LockClass.ptl);
  addRss(arena, mm, -rss);
  addRssFile(arena, mm, -rssFile);
  addRssSwap(arena, mm, -entries);
  // The mmu_gather: pages are released only after the flush.
  for (const pfn of gather) yield* putMappedPage(task, pfn);
  return true;
}

/** zap_huge_pmd: the leaf of a table goes, and all that it maps. False, with nothing done, when it has entries by now. */
function* zapLeaf(task: Task, mm: Mm, table: PageTable, start: Vpn): Steps<boolean> {
  const { arena } = task;
  const ptl = ptlOf(arena, table);
  const word = pteAt(arena, table, 0);
  yield* spinLock(task, ptl, LockClass.ptl);
  if (hugeLeaf(arena, table) === 0) {
    yield* spinUnlock(task, ptl, LockClass.ptl);
    return false;
  }
  yield Point.clearPte;
  const leaf = xchg(arena, word, EMPTY_LEAF);
  const maps = mapsPage(leaf);
  const head = ptePfn(leaf);
  if (ptePresent(leaf)) yield* flushTlbRange(task, { mm, start, end: start + PTRS_PER_TABLE });
  if (maps) for (let i = 0; i < PTRS_PER_TABLE; i++) removeRmap(arena, head + i);
  yield* spinUnlock(task, ptl, LockClass.ptl);
  if (isMigration(leaf)) addRss(arena, mm, -PTRS_PER_TABLE);
  if (!maps) return true;
  if ((leaf & PTE_DIRTY) !== 0) for (let i = 0; i < PTRS_PER_TABLE; i++) setPageFlags(arena, head + i, PG_DIRTY);
  if (!isHugetlb(arena, head)) addRss(arena, mm, -PTRS_PER_TABLE);
  for (let i = 0; i < PTRS_PER_TABLE; i++) yield* putPage(task, head + i);
  return true;
}

/** zap_pmd_range for one table. False when it has turned from one form into the other meanwhile: then again. */
function* zapAt(task: Task, zap: Zap, start: Vpn, end: Vpn): Steps<boolean> {
  const { arena } = task;
  const { mm } = zap;
  const table = lookupTable(arena, get(arena, mm + Mm.pgd), start);
  // One look: what is done goes by it, and looks again under the lock.
  const leaf = hugeLeaf(arena, table);
  if (leaf === 0) return yield* zapTable(task, zap, table, start, end);
  if (leaf === EMPTY_LEAF) return true;
  if (end - start === PTRS_PER_TABLE) return yield* zapLeaf(task, mm, table, start);
  yield* splitAddress(task, mm, start);
  return false;
}

/**
 * Clears every entry of [start, end) but guards. `flags`: ZAP_* bits.
 *
 * @kernel mm/memory.c unmap_vmas
 */
export function* zapRange(task: Task, mm: Mm, start: Vpn, end: Vpn, flags = 0): Steps<void> {
  const { arena } = task;
  const zap: Zap = { mm, flags };
  const pgd = get(arena, mm + Mm.pgd);
  for (let vpn = nextPopulated(arena, pgd, start, end); vpn < end; vpn = nextPopulated(arena, pgd, vpn, end)) {
    const stop = tableEnd(vpn, end);
    const mark = observed();
    while (!(yield* zapAt(task, zap, vpn, stop))) forgetRound(mark);
    vpn = stop;
  }
}

/**
 * A zap with its bracket.
 *
 * @kernel mm/memory.c zap_page_range
 */
export function* zapRangeNotified(task: Task, mm: Mm, start: Vpn, end: Vpn, event: number): Steps<void> {
  const flags =
    event === MMU_NOTIFY_UNMAP ? ZAP_FLAG_DROP_MARKER : isOlder(task.arena, Older.dontneedKeepsTable) ? 0 : ZAP_TABLES;
  const range = notifierRange(event, mm, start, end);
  yield* mmuNotifierInvalidateRangeStart(task, range);
  yield* zapRange(task, mm, start, end, flags);
  yield* mmuNotifierInvalidateRangeEnd(task, range);
}
