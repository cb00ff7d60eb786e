/** Private hugetlb memory (mm/hugetlb.c): always mapped by leaves, never split, never counted in rss. */

import { get, store } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { PTRS_PER_TABLE } from '../../arena/config.ts';
import { Mm, Vma } from '../../arena/structures.ts';
import type { PageTable, Pfn, Pte, VmFault, Vpn } from '../../arena/units.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../../notifier/invalidate.ts';
import { MMU_NOTIFY_CLEAR, notifierRange } from '../../notifier/range.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { isExclusive, isMappedOnce } from '../huge/compound.ts';
import { hugeStart } from '../huge/splitHugePmd.ts';
import { copyPage } from '../page/copyPage.ts';
import { allocHugePage } from '../page/hugeZone.ts';
import { PG_HUGETLB, setAnonMapping, setPageFlags } from '../page/page.ts';
import { putPage } from '../page/zone.ts';
import { addNewAnonRmap, anonVmaPrepare, removeRmap } from '../rmap/rmap.ts';
import { flushTlbRange } from '../table/flush.ts';
import { EMPTY_LEAF, mkPte, PTE_DIRTY, PTE_HUGE, PTE_WRITE, PTE_YOUNG, ptePfn, pteWrite } from '../table/pte.ts';
import { ensureTable, hugeLeaf, pteAt, ptlOf } from '../table/tables.ts';
import { FAULT_FLAG_UNSHARE, FAULT_FLAG_WRITE, type Fault, faultPtl, VM_FAULT_OOM, VM_FAULT_SIGBUS } from '../table/vmFault.ts';
import { linearPageIndex, protectionBits, vmaFlags } from '../vma/vma.ts';

/** A hugetlb page for `vpn`, known to the rmap; 0 when the pool is empty. */
function* newPage(task: Task, vma: Vma, vpn: Vpn): Steps<number> {
  const { arena } = task;
  const head = yield* allocHugePage(task);
  if (head === 0) return 0;
  const index = linearPageIndex(arena, vma, hugeStart(vpn));
  for (let i = 0; i < PTRS_PER_TABLE; i++) {
    setAnonMapping(arena, head + i, get(arena, vma + Vma.anonVma), index + i);
    setPageFlags(arena, head + i, PG_HUGETLB);
    addNewAnonRmap(arena, head + i);
  }
  return head;
}

/** Unmaps and puts all pieces. */
export function* dropPieces(task: Task, head: Pfn): Steps<void> {
  for (let i = 0; i < PTRS_PER_TABLE; i++) removeRmap(task.arena, head + i);
  for (let i = 0; i < PTRS_PER_TABLE; i++) yield* putPage(task, head + i);
}

const leafFor = (arena: Arena, vma: Vma, head: Pfn, write: boolean): Pte =>
  mkPte(head, protectionBits(vmaFlags(arena, vma)) | PTE_HUGE | PTE_YOUNG | (write ? PTE_WRITE | PTE_DIRTY : 0));

/** hugetlb_no_page: a page of zeroes; a read maps it without write permission, though nobody shares it. */
function* noPage(task: Task, vma: Vma, vpn: Vpn, table: PageTable, write: boolean): Steps<VmFault> {
  const { arena } = task;
  const head = yield* newPage(task, vma, vpn);
  if (head === 0) return VM_FAULT_SIGBUS;
  const first = pteAt(arena, table, 0);
  const ptl = ptlOf(arena, table);
  yield* spinLock(task, ptl, LockClass.ptl);
  const none = get(arena, first) === EMPTY_LEAF || get(arena, first) === 0;
  if (none) {
    yield Point.setPte;
    store(arena, first, leafFor(arena, vma, head, write));
  }
  yield* spinUnlock(task, ptl, LockClass.ptl);
  if (!none) yield* dropPieces(task, head);
  return 0;
}

/** hugetlb_wp: the page is reused when it is ours alone, otherwise copied whole. */
function* writeProtected(task: Task, fault: Fault): Steps<VmFault> {
  const { arena } = task;
  const { mm, vma, vpn, pte: first, orig: leaf, flags } = fault;
  const ptl = faultPtl(task, fault);
  const old = ptePfn(leaf);
  const start = hugeStart(vpn);
  const reuse = isExclusive(arena, old) || isMappedOnce(arena, old);
  const head = reuse ? old : yield* newPage(task, vma, vpn);
  if (head === 0) return VM_FAULT_OOM;
  if (!reuse) for (let i = 0; i < PTRS_PER_TABLE; i++) yield* copyPage(task, head + i, old + i);
  const range = notifierRange(MMU_NOTIFY_CLEAR, mm, start, start + PTRS_PER_TABLE);
  if (!reuse) yield* mmuNotifierInvalidateRangeStart(task, range);
  yield* spinLock(task, ptl, LockClass.ptl);
  const same = get(arena, first) === leaf;
  if (same) {
    if (!reuse) {
      yield Point.clearPte;
      store(arena, first, EMPTY_LEAF);
      yield* flushTlbRange(task, range);
    }
    yield Point.setPte;
    store(arena, first, leafFor(arena, vma, head, (flags & FAULT_FLAG_WRITE) !== 0));
  }
  yield* spinUnlock(task, ptl, LockClass.ptl);
  if (!reuse) {
    yield* mmuNotifierInvalidateRangeEnd(task, range);
    yield* dropPieces(task, same ? old : head);
  }
  return 0;
}

/**
 * hugetlb_fault.
 *
 * @kernel mm/hugetlb.c hugetlb_fault
 */
export function* doHugetlbFault(task: Task, mm: Mm, vma: Vma, vpn: Vpn, flags: number): Steps<VmFault> {
  const { arena } = task;
  const write = (flags & FAULT_FLAG_WRITE) !== 0;
  if (!(yield* anonVmaPrepare(task, vma))) return VM_FAULT_OOM;
  const table = yield* ensureTable(task, mm + Mm.pageTableLock, get(arena, mm + Mm.pgd), vpn);
  if (table === 0) return VM_FAULT_OOM;
  const leaf = hugeLeaf(arena, table);
  if (leaf === 0 || leaf === EMPTY_LEAF) return yield* noPage(task, vma, vpn, table, write);
  if (pteWrite(leaf) || (!write && (flags & FAULT_FLAG_UNSHARE) === 0)) return 0;
  return yield* writeProtected(task, { mm, vma, vpn, flags, table, pte: pteAt(arena, table, 0), orig: leaf, page: 0 });
}
