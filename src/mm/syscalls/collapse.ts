/** madvise(MADV_COLLAPSE): 512 pages that are mapped one by one are copied into a huge page (mm/khugepaged.c). */

import { get, load, store, xchg } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { PTRS_PER_TABLE } from '../../arena/config.ts';
import { EAGAIN, EINVAL, ENOMEM } from '../../arena/errno.ts';
import { Mm, Vma } from '../../arena/structures.ts';
import type { Brand, Errno, PageTable, Pfn, Pte, Vpn } from '../../arena/units.ts';
import { isOlder, Older } from '../../kernels/older.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../../notifier/invalidate.ts';
import { MMU_NOTIFY_CLEAR, notifierRange } from '../../notifier/range.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { addNewHuge, hugeFolioPrealloc, newLeaf, putHugePage, spansHuge } from '../fault/hugeFault.ts';
import { doSoftleafPage } from '../fault/softleaf.ts';
import { extraReferences } from '../huge/compound.ts';
import { copyPage } from '../page/copyPage.ts';
import { compoundHead, isDevicePage, isFilePage, pageCount, pageMapcount, pageSwap } from '../page/page.ts';
import { hasLocked, isPageLocked, trylockPage, unlockPage } from '../page/pageLock.ts';
import { putPage } from '../page/zone.ts';
import { anonVmaLock, anonVmaOf, anonVmaUnlock, removeRmap } from '../rmap/rmap.ts';
import { freeSwap } from '../swap/swap.ts';
import { flushTlbRange } from '../table/flush.ts';
import { EMPTY_LEAF, isDeviceExclusive, PTE_SPECIAL, ptePfn, ptePresent, pteWrite } from '../table/pte.ts';
import { hugeLeaf, lookupTable, pteAt, ptlOf } from '../table/tables.ts';
import { type Fault, VM_FAULT_ERROR } from '../table/vmFault.ts';
import { mmapReadLock, mmapReadUnlock, mmapWriteLock, mmapWriteUnlock } from '../vma/mmapLock.ts';
import { addRss } from '../vma/mmStruct.ts';
import {
  VM_HUGETLB,
  VM_NOHUGEPAGE,
  VM_SPECIAL,
  vmaEnd,
  vmaFlags,
  vmaIsAnonymous,
  vmaLookup,
  vmaStart,
  vmasIn,
} from '../vma/vma.ts';

/** enum scan_result, as far as the caller can tell its values apart: what became of a block. No errno before {@link errnoOf}. */
type ScanResult = Brand<'scan result'>;
const SCAN_SUCCEED = 0 as ScanResult;
/** These two let the next block be tried. */
const SCAN_REFUSED = 1 as ScanResult;
const SCAN_BUSY = 2 as ScanResult;
/** And these end it. */
const SCAN_STOP = 3 as ScanResult;
const SCAN_NO_MEMORY = 4 as ScanResult;

/** madvise_collapse_errno. */
function errnoOf(result: ScanResult): Errno {
  if (result === SCAN_SUCCEED) return 0;
  if (result === SCAN_NO_MEMORY) return -ENOMEM;
  return result === SCAN_BUSY ? -EAGAIN : -EINVAL;
}

const isNormal = (pte: Pte): boolean => ptePresent(pte) && (pte & PTE_SPECIAL) === 0;

/** hugepage_vma_check, as far as it does not depend on advice but on what the VMA is. */
function canCollapse(arena: Arena, vma: Vma): boolean {
  const flags = vmaFlags(arena, vma);
  const first = Math.ceil(vmaStart(arena, vma) / PTRS_PER_TABLE) * PTRS_PER_TABLE;
  return (
    (flags & (VM_NOHUGEPAGE | VM_SPECIAL | VM_HUGETLB)) === 0 &&
    vmaIsAnonymous(arena, vma) &&
    load(arena, vma + Vma.anonVma) !== 0 &&
    first + PTRS_PER_TABLE <= vmaEnd(arena, vma)
  );
}

/** is_refcount_suitable: nobody but mappings holds the page; an older kernel does not count those by which a device has a piece for itself. */
function isSuitable(arena: Arena, table: PageTable, pfn: Pfn): boolean {
  const head = compoundHead(arena, pfn);
  if (head === 0) return pageCount(arena, pfn) === pageMapcount(arena, pfn) + (pageSwap(arena, pfn) === 0 ? 0 : 1);
  for (let i = 0; i < PTRS_PER_TABLE && isOlder(arena, Older.collapseNeedsWritable); i++) {
    const pte = get(arena, pteAt(arena, table, i));
    if (isDeviceExclusive(pte) && compoundHead(arena, ptePfn(pte)) === head) return false;
  }
  return extraReferences(arena, head) === 0;
}

/** Why a page that is mapped cannot be copied, if it cannot. */
function objection(arena: Arena, table: PageTable, pfn: Pfn): ScanResult {
  if (isDevicePage(arena, pfn)) return SCAN_REFUSED;
  if (isFilePage(arena, pfn)) return SCAN_STOP;
  return isPageLocked(arena, pfn) || !isSuitable(arena, table, pfn) ? SCAN_BUSY : SCAN_SUCCEED;
}

/** hpage_collapse_scan_pmd. Entries that are not present count as pages that can be had. */
function scan(arena: Arena, table: PageTable): ScanResult {
  let possible = !isOlder(arena, Older.collapseNeedsWritable);
  for (let i = 0; i < PTRS_PER_TABLE; i++) {
    const pte = get(arena, pteAt(arena, table, i));
    if (!isNormal(pte)) continue;
    possible ||= pteWrite(pte);
    const why = objection(arena, table, ptePfn(pte));
    if (why !== SCAN_SUCCEED) return why;
  }
  return possible ? SCAN_SUCCEED : SCAN_REFUSED;
}

/** 512 pages from `start` on, and the table that has their entries. */
interface Block {
  readonly mm: Mm;
  readonly vma: Vma;
  readonly table: PageTable;
  readonly start: Vpn;
}

/** __collapse_huge_page_swapin: brings home what a device has. mmap_lock is held for reading. */
function* bringHome(task: Task, { mm, vma, table, start }: Block): Steps<boolean> {
  const { arena } = task;
  for (let vpn = start; vpn < start + PTRS_PER_TABLE; vpn++) {
    const pte = pteAt(arena, table, vpn);
    const orig = get(arena, pte);
    if (orig === 0 || ptePresent(orig)) continue;
    const fault: Fault = { mm, vma, vpn, flags: 0, table, pte, orig, page: 0 };
    if (((yield* doSoftleafPage(task, fault)) & VM_FAULT_ERROR) !== 0) return false;
  }
  return true;
}

/** __collapse_huge_page_isolate: locks the pages, all or, when it does not succeed, none. Under the PTL. */
function* isolate(task: Task, table: PageTable): Steps<ScanResult> {
  const { arena } = task;
  let why = scan(arena, table);
  let i = 0;
  for (; i < PTRS_PER_TABLE && why === SCAN_SUCCEED; i++) {
    const pte = get(arena, pteAt(arena, table, i));
    if (pte !== 0 && !ptePresent(pte)) why = SCAN_REFUSED;
    else if (isNormal(pte) && !hasLocked(task, ptePfn(pte)) && !(yield* trylockPage(task, ptePfn(pte)))) why = SCAN_BUSY;
  }
  if (why === SCAN_SUCCEED) return SCAN_SUCCEED;
  for (i -= 2; i >= 0; i--) {
    const pte = get(arena, pteAt(arena, table, i));
    if (isNormal(pte) && hasLocked(task, ptePfn(pte))) yield* unlockPage(task, ptePfn(pte));
  }
  return why;
}

/** Takes the entries away; the table maps nothing afterwards. Under the PTL. */
function* clearEntries(task: Task, { mm, table, start }: Block): Steps<Int32Array> {
  const { arena } = task;
  const old = new Int32Array(PTRS_PER_TABLE);
  for (let i = PTRS_PER_TABLE - 1; i >= 0; i--) {
    yield Point.clearPte;
    old[i] = xchg(arena, pteAt(arena, table, i), i === 0 ? EMPTY_LEAF : 0);
  }
  yield* flushTlbRange(task, { mm, start, end: start + PTRS_PER_TABLE });
  return old;
}

/** __collapse_huge_page_copy: returns how many of the pages were mapped before. Huge ones are unlocked when all is copied. */
function* copyAll(task: Task, head: Pfn, old: Int32Array): Steps<number> {
  const pieces: Pfn[] = [];
  let mapped = 0;
  for (let i = 0; i < PTRS_PER_TABLE; i++) {
    const pte = old[i] as number;
    if (!isNormal(pte)) continue;
    const pfn = ptePfn(pte);
    yield* copyPage(task, head + i, pfn);
    removeRmap(task.arena, pfn);
    mapped++;
    if (compoundHead(task.arena, pfn) !== 0) {
      pieces.push(pfn);
      continue;
    }
    yield* freeSwap(task, pfn);
    yield* unlockPage(task, pfn);
    yield* putPage(task, pfn);
  }
  for (const pfn of pieces) if (hasLocked(task, pfn)) yield* unlockPage(task, pfn);
  for (const pfn of pieces) yield* putPage(task, pfn);
  return mapped;
}

/** The exchange: mmap_lock and the rmap lock are held for writing, so that nobody comes across the half-made table. */
function* exchange(task: Task, block: Block, head: Pfn): Steps<ScanResult> {
  const { arena } = task;
  const { mm, vma, table, start } = block;
  const ptl = ptlOf(arena, table);
  const range = notifierRange(MMU_NOTIFY_CLEAR, mm, start, start + PTRS_PER_TABLE);
  yield* mmuNotifierInvalidateRangeStart(task, range);
  yield* spinLock(task, ptl, LockClass.ptl);
  const why = yield* isolate(task, table);
  const old = why === SCAN_SUCCEED ? yield* clearEntries(task, block) : new Int32Array(0);
  yield* spinUnlock(task, ptl, LockClass.ptl);
  yield* mmuNotifierInvalidateRangeEnd(task, range);
  if (why !== SCAN_SUCCEED) return why;
  addRss(arena, mm, -(yield* copyAll(task, head, old)));
  yield* spinLock(task, ptl, LockClass.ptl);
  addNewHuge(arena, mm, vma, start, head);
  yield Point.setPte;
  store(arena, pteAt(arena, table, 0), newLeaf(vmaFlags(arena, vma), head));
  yield* spinUnlock(task, ptl, LockClass.ptl);
  return SCAN_SUCCEED;
}

/** The block at `start`. SCAN_SUCCEED when a leaf maps it now. */
function* collapseBlock(task: Task, mm: Mm, start: Vpn): Steps<ScanResult> {
  const { arena } = task;
  yield* mmapReadLock(task, mm);
  let vma = vmaLookup(arena, mm, start);
  const table = lookupTable(arena, get(arena, mm + Mm.pgd), start);
  const fits = vma !== 0 && spansHuge(arena, vma, start) && canCollapse(arena, vma);
  const leaf = table === 0 ? EMPTY_LEAF : hugeLeaf(arena, table);
  let why = !fits ? SCAN_STOP : leaf === 0 ? scan(arena, table) : SCAN_REFUSED;
  const done = fits && ptePresent(leaf);
  if (why === SCAN_SUCCEED && !(yield* bringHome(task, { mm, vma, table, start }))) why = SCAN_STOP;
  yield* mmapReadUnlock(task, mm);
  if (done) return SCAN_SUCCEED;
  if (why !== SCAN_SUCCEED) return why;
  const head = yield* hugeFolioPrealloc(task, mm);
  if (head === 0) return SCAN_NO_MEMORY;
  yield* mmapWriteLock(task, mm);
  vma = vmaLookup(arena, mm, start);
  if (vma === 0 || !spansHuge(arena, vma, start) || !canCollapse(arena, vma) || hugeLeaf(arena, table) !== 0) why = SCAN_STOP;
  else {
    const anonVma = anonVmaOf(arena, vma);
    yield* anonVmaLock(task, anonVma);
    why = yield* exchange(task, { mm, vma, table, start }, head);
    yield* anonVmaUnlock(task, anonVma);
  }
  yield* mmapWriteUnlock(task, mm);
  if (why !== SCAN_SUCCEED) yield* putHugePage(task, head);
  return why;
}

/** madvise_collapse for the part of a range that is in one VMA. */
function* collapseRange(task: Task, mm: Mm, start: Vpn, end: Vpn): Steps<Errno> {
  const first = Math.ceil(start / PTRS_PER_TABLE) * PTRS_PER_TABLE;
  const last = Math.floor(end / PTRS_PER_TABLE) * PTRS_PER_TABLE;
  if (last < first && isOlder(task.arena, Older.collapseNeedsWritable)) return -EINVAL;
  let result = SCAN_SUCCEED;
  for (let at = first; at < last; at += PTRS_PER_TABLE) {
    const why = yield* collapseBlock(task, mm, at);
    if (why === SCAN_STOP || why === SCAN_NO_MEMORY) return errnoOf(why);
    if (why !== SCAN_SUCCEED) result = why;
  }
  return errnoOf(result);
}

/**
 * madvise(MADV_COLLAPSE).
 *
 * @returns 0, -EINVAL (a block that has nothing writable, or a VMA that cannot have huge pages), -EAGAIN (a page is locked or
 * referenced), -ENOMEM (no huge page left; or part of the range is not mapped, the rest was collapsed).
 *
 * @kernel mm/khugepaged.c madvise_collapse, collapse_huge_page
 */
export function* madviseCollapse(task: Task, mm: Mm, start: Vpn, pages: number): Steps<Errno> {
  const { arena } = task;
  if (pages <= 0) return -EINVAL;
  const end = start + pages;
  let at = start;
  let hole = false;
  yield* mmapReadLock(task, mm);
  const parts: { readonly from: Vpn; readonly to: Vpn; readonly possible: boolean }[] = [];
  for (const vma of vmasIn(arena, mm, start, end)) {
    const from = Math.max(start, vmaStart(arena, vma));
    hole ||= from > at;
    at = Math.min(end, vmaEnd(arena, vma));
    parts.push({ from, to: at, possible: canCollapse(arena, vma) });
  }
  yield* mmapReadUnlock(task, mm);
  for (const { from, to, possible } of parts) {
    const result = possible ? yield* collapseRange(task, mm, from, to) : -EINVAL;
    if (result !== 0) return result;
  }
  return hole || at < end ? -ENOMEM : 0;
}
