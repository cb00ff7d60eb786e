/** Faults that a huge leaf can answer (do_huge_pmd_anonymous_page, do_huge_pmd_wp_page); others fall back to entries. */

import { get, or, store } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { PTRS_PER_TABLE } from '../../arena/config.ts';
import { Counter } from '../../arena/counters.ts';
import { Mm, Vma } from '../../arena/structures.ts';
import type { PageTable, Pfn, Pte, VmFault, Vpn } from '../../arena/units.ts';
import { isOlder, Older } from '../../kernels/older.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../../notifier/invalidate.ts';
import { MMU_NOTIFY_CLEAR, notifierRange } from '../../notifier/range.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import { count, type Task } from '../../sync/task.ts';
import { isExclusive, isMappedOnce } from '../huge/compound.ts';
import { hugeStart, splitHugePmd } from '../huge/splitHugePmd.ts';
import { allocHugePage } from '../page/hugeZone.ts';
import { memCgroupCharge } from '../page/memcg.ts';
import { PG_ANON_EXCLUSIVE, setAnonMapping, setPageFlags } from '../page/page.ts';
import { trylockPage, unlockPage } from '../page/pageLock.ts';
import { putPage } from '../page/zone.ts';
import { addNewAnonRmap, anonVmaPrepare } from '../rmap/rmap.ts';
import { flushTlbRange } from '../table/flush.ts';
import {
  EMPTY_LEAF,
  mkPte,
  PTE_DIRTY,
  PTE_HUGE,
  PTE_PROTNONE,
  PTE_SPECIAL,
  PTE_WRITE,
  PTE_YOUNG,
  ptePfn,
  ptePresent,
  pteWrite,
} from '../table/pte.ts';
import { ensureTable, hugeLeaf, lookupTable, pteAt, ptlOf } from '../table/tables.ts';
import {
  FAULT_FLAG_UNSHARE,
  FAULT_FLAG_WRITE,
  type Fault,
  faultPtl,
  isUnstable,
  VM_FAULT_FALLBACK,
  VM_FAULT_OOM,
  VM_FAULT_SIGBUS,
} from '../table/vmFault.ts';
import { addRss } from '../vma/mmStruct.ts';
import {
  linearPageIndex,
  protectionBits,
  VM_HUGEPAGE,
  VM_HUGETLB,
  VM_NOHUGEPAGE,
  VM_SPECIAL,
  VM_UFFD_MISSING,
  VM_WRITE,
  vmaEnd,
  vmaFlags,
  vmaIsAnonymous,
  vmaStart,
} from '../vma/vma.ts';
import { doHugetlbFault } from './hugetlb.ts';
import { doSoftleafPage } from './softleaf.ts';

/** transhuge_vma_suitable: all pages of the leaf are inside the VMA. */
export function spansHuge(arena: Arena, vma: Vma, vpn: Vpn): boolean {
  const start = hugeStart(vpn);
  return start >= vmaStart(arena, vma) && start + PTRS_PER_TABLE <= vmaEnd(arena, vma);
}

/** hugepage_vma_check in "madvise" mode: private anonymous memory that was advised to be huge. */
function wantsHuge(arena: Arena, vma: Vma, vpn: Vpn): boolean {
  const flags = vmaFlags(arena, vma);
  return (
    (flags & (VM_HUGEPAGE | VM_NOHUGEPAGE | VM_SPECIAL | VM_UFFD_MISSING)) === VM_HUGEPAGE &&
    vmaIsAnonymous(arena, vma) &&
    spansHuge(arena, vma, vpn)
  );
}

/** Is nothing mapped below the table, so that a leaf may come? Under the PTL. */
export function isNone(arena: Arena, table: PageTable): boolean {
  if (hugeLeaf(arena, table) === EMPTY_LEAF) return true;
  for (let i = 0; i < PTRS_PER_TABLE; i++) if (get(arena, pteAt(arena, table, i)) !== 0) return false;
  return true;
}

/** Rmap, counters and flags of a huge page that is about to be mapped by its first leaf. */
export function addNewHuge(arena: Arena, mm: Mm, vma: Vma, vpn: Vpn, head: Pfn): void {
  const index = linearPageIndex(arena, vma, hugeStart(vpn));
  for (let i = 0; i < PTRS_PER_TABLE; i++) {
    setAnonMapping(arena, head + i, get(arena, vma + Vma.anonVma), index + i);
    addNewAnonRmap(arena, head + i);
  }
  addRss(arena, mm, PTRS_PER_TABLE);
}

export function* putHugePage(task: Task, head: Pfn): Steps<void> {
  for (let i = 0; i < PTRS_PER_TABLE; i++) yield* putPage(task, head + i);
}

/** vma_alloc_anon_folio_pmd, alloc_charge_folio: a huge page for an address space, charged; 0 when there is none, or the limit is in the way. */
export function* hugeFolioPrealloc(task: Task, mm: Mm): Steps<Pfn> {
  const head = yield* allocHugePage(task);
  if (head === 0 || (yield* memCgroupCharge(task, mm, head, PTRS_PER_TABLE))) return head;
  yield* putHugePage(task, head);
  return 0;
}

/** The leaf of a huge page in a VMA, written to or about to be. */
export const newLeaf = (flags: number, head: Pfn): Pte =>
  mkPte(head, protectionBits(flags) | PTE_HUGE | PTE_YOUNG | PTE_DIRTY | ((flags & VM_WRITE) !== 0 ? PTE_WRITE : 0));

/** do_huge_pmd_anonymous_page. A read gets the huge zero page, a write a page of its own if there is one. */
function* doHugeAnonymousPage(task: Task, mm: Mm, vma: Vma, vpn: Vpn, write: boolean): Steps<VmFault> {
  const { arena } = task;
  if (!(yield* anonVmaPrepare(task, vma))) return VM_FAULT_OOM;
  const table = yield* ensureTable(task, mm + Mm.pageTableLock, get(arena, mm + Mm.pgd), vpn);
  if (table === 0) return VM_FAULT_OOM;
  const head = write ? yield* hugeFolioPrealloc(task, mm) : arena.hugeZero;
  if (head === 0) return VM_FAULT_FALLBACK;
  const flags = vmaFlags(arena, vma);
  const leaf = write ? newLeaf(flags, head) : mkPte(head, protectionBits(flags) | PTE_HUGE | PTE_SPECIAL | PTE_YOUNG);
  const ptl = ptlOf(arena, table);
  let result: VmFault = 0;
  let mapped = false;
  yield* spinLock(task, ptl, LockClass.ptl);
  if (isNone(arena, table)) {
    if (isUnstable(task, mm)) result = VM_FAULT_SIGBUS;
    else {
      if (write) addNewHuge(arena, mm, vma, vpn, head);
      yield Point.setPte;
      store(arena, pteAt(arena, table, 0), leaf);
      mapped = true;
    }
  }
  yield* spinUnlock(task, ptl, LockClass.ptl);
  if (mapped) count(task, Counter.hugeFaults);
  else if (write) yield* putHugePage(task, head);
  return result;
}

/** Nobody else uses the page: it becomes ours as a whole. Under the PTL. */
function* canReuse(task: Task, head: Pfn): Steps<boolean> {
  const { arena } = task;
  if (isExclusive(arena, head)) return true;
  if (!(yield* trylockPage(task, head))) return false;
  const sole = isMappedOnce(arena, head);
  if (sole) for (let i = 0; i < PTRS_PER_TABLE; i++) setPageFlags(arena, head + i, PG_ANON_EXCLUSIVE);
  yield* unlockPage(task, head);
  return sole;
}

/** do_huge_zero_wp_pmd: a write to the huge zero page gets a huge page, as if nothing had been there. */
function* replaceZero(task: Task, mm: Mm, vma: Vma, vpn: Vpn, orig: Pte): Steps<VmFault> {
  const { arena } = task;
  const head = yield* hugeFolioPrealloc(task, mm);
  if (head === 0) return VM_FAULT_FALLBACK;
  const start = hugeStart(vpn);
  const range = notifierRange(MMU_NOTIFY_CLEAR, mm, start, start + PTRS_PER_TABLE);
  yield* mmuNotifierInvalidateRangeStart(task, range);
  const table = lookupTable(arena, get(arena, mm + Mm.pgd), vpn);
  const first = pteAt(arena, table, 0);
  yield* spinLock(task, ptlOf(arena, table), LockClass.ptl);
  const same = get(arena, first) === orig && !isUnstable(task, mm);
  if (same) {
    yield Point.clearPte;
    store(arena, first, EMPTY_LEAF);
    yield* flushTlbRange(task, range);
    addNewHuge(arena, mm, vma, vpn, head);
    yield Point.setPte;
    store(arena, first, newLeaf(vmaFlags(arena, vma), head));
  }
  yield* spinUnlock(task, ptlOf(arena, table), LockClass.ptl);
  yield* mmuNotifierInvalidateRangeEnd(task, range);
  if (!same) yield* putHugePage(task, head);
  return 0;
}

/** do_huge_pmd_wp_page: the whole page is reused, or its leaf is split and one piece is copied. */
function* doHugeWpPage(task: Task, fault: Fault): Steps<VmFault> {
  const { arena } = task;
  const { mm, vma, vpn, pte: first, orig, flags } = fault;
  const ptl = faultPtl(task, fault);
  if ((orig & PTE_SPECIAL) !== 0) {
    const replaced = isOlder(arena, Older.hugeZeroSplits) ? VM_FAULT_FALLBACK : yield* replaceZero(task, mm, vma, vpn, orig);
    if (replaced !== VM_FAULT_FALLBACK) return replaced;
    yield* splitHugePmd(task, mm, vpn);
    return VM_FAULT_FALLBACK;
  }
  yield* spinLock(task, ptl, LockClass.ptl);
  const same = get(arena, first) === orig;
  const reuse = same && (yield* canReuse(task, ptePfn(orig)));
  if (reuse) {
    yield Point.setPte;
    const bits = (flags & FAULT_FLAG_UNSHARE) === 0 ? PTE_WRITE | PTE_DIRTY | PTE_YOUNG : PTE_YOUNG;
    store(arena, first, orig | bits);
  }
  yield* spinUnlock(task, ptl, LockClass.ptl);
  if (reuse || !same) return 0;
  yield* splitHugePmd(task, mm, vpn);
  return VM_FAULT_FALLBACK;
}

/** The leaf is there: too weak, or somebody was faster. */
function* presentHuge(task: Task, fault: Fault): Steps<VmFault> {
  const { arena } = task;
  const { pte: first, orig, flags } = fault;
  const write = (flags & FAULT_FLAG_WRITE) !== 0;
  if ((write || (flags & FAULT_FLAG_UNSHARE) !== 0) && !pteWrite(orig) && (orig & PTE_PROTNONE) === 0) {
    return yield* doHugeWpPage(task, fault);
  }
  const ptl = faultPtl(task, fault);
  yield* spinLock(task, ptl, LockClass.ptl);
  if (get(arena, first) === orig) {
    yield Point.setPte;
    if ((orig & PTE_PROTNONE) !== 0) store(arena, first, (orig & ~PTE_PROTNONE) | PTE_YOUNG);
    else or(arena, first, PTE_YOUNG | (write ? PTE_DIRTY : 0));
  }
  yield* spinUnlock(task, ptl, LockClass.ptl);
  return 0;
}

/**
 * The part of __handle_mm_fault that is about leaves. VM_FAULT bits, or VM_FAULT_FALLBACK: then the table has entries, or will get them.
 *
 * @kernel mm/huge_memory.c do_huge_pmd_anonymous_page, do_huge_pmd_wp_page
 */
export function* handleHugeFault(task: Task, mm: Mm, vma: Vma, vpn: Vpn, flags: number): Steps<VmFault> {
  const { arena } = task;
  if ((vmaFlags(arena, vma) & VM_HUGETLB) !== 0) return yield* doHugetlbFault(task, mm, vma, vpn, flags);
  const table = lookupTable(arena, get(arena, mm + Mm.pgd), vpn);
  const leaf = table === 0 ? EMPTY_LEAF : hugeLeaf(arena, table);
  if (leaf === 0) return VM_FAULT_FALLBACK;
  if (leaf === EMPTY_LEAF) {
    if (!wantsHuge(arena, vma, vpn)) return VM_FAULT_FALLBACK;
    return yield* doHugeAnonymousPage(task, mm, vma, vpn, (flags & FAULT_FLAG_WRITE) !== 0);
  }
  const fault: Fault = { mm, vma, vpn, flags, table, pte: pteAt(arena, table, 0), orig: leaf, page: 0 };
  return ptePresent(leaf) ? yield* presentHuge(task, fault) : yield* doSoftleafPage(task, fault);
}
