/** handle_mm_fault: the dispatch on what the page table holds. */

import { get, or, store } from '../../arena/access.ts';
import { Counter } from '../../arena/counters.ts';
import { Mm, type Vma } from '../../arena/structures.ts';
import type { VmFault, Vpn } from '../../arena/units.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import { count, type Task } from '../../sync/task.ts';
import { PTE_DIRTY, PTE_PROTNONE, PTE_YOUNG, ptePresent, pteWrite } from '../table/pte.ts';
import { ensureEntries, hugeLeaf, pteAt } from '../table/tables.ts';
import {
  FAULT_FLAG_UNSHARE,
  FAULT_FLAG_WRITE,
  type Fault,
  faultPtl,
  VM_FAULT_ERROR,
  VM_FAULT_FALLBACK,
  VM_FAULT_OOM,
  VM_FAULT_RETRY,
  VM_FAULT_SIGSEGV,
} from '../table/vmFault.ts';
import { VM_WRITE, vmaFlags, vmaIsAnonymous } from '../vma/vma.ts';
import { doAnonymousPage } from './anonymous.ts';
import { doFileFault } from './fileFault.ts';
import { handleHugeFault } from './hugeFault.ts';
import { doSoftleafPage } from './softleaf.ts';
import { doWpPage } from './writeProtect.ts';

/**
 * handle_pte_fault: makes one step towards an entry that allows the access. mmap_lock is held for reading, `vpn` is inside
 * `vma`.
 *
 * @returns VM_FAULT bits. 0 means "try the access again", not "the entry is fine now". With VM_FAULT_RETRY or
 * VM_FAULT_COMPLETED mmap_lock has been dropped and `vma` may be gone; that happens only with FAULT_FLAG_ALLOW_RETRY.
 */
function* handlePteFault(task: Task, mm: Mm, vma: Vma, vpn: Vpn, flags: number): Steps<VmFault> {
  const { arena } = task;
  const write = (flags & FAULT_FLAG_WRITE) !== 0;
  if (write && (vmaFlags(arena, vma) & VM_WRITE) === 0) return VM_FAULT_SIGSEGV;
  if (arena.hasHuge) {
    const huge = yield* handleHugeFault(task, mm, vma, vpn, flags);
    if (huge !== VM_FAULT_FALLBACK) return huge;
  }
  const table = yield* ensureEntries(task, mm + Mm.pageTableLock, get(arena, mm + Mm.pgd), vpn);
  if (table === 0) return VM_FAULT_OOM;
  const pte = pteAt(arena, table, vpn);
  yield Point.faultReadPte;
  // A leaf, or nothing at all, may have come in place of the entries: the access faults again.
  if (hugeLeaf(arena, table) !== 0) return 0;
  const orig = get(arena, pte);
  const fault: Fault = { mm, vma, vpn, flags, table, pte, orig, page: 0 };
  if (orig === 0) return vmaIsAnonymous(arena, vma) ? yield* doAnonymousPage(task, fault) : yield* doFileFault(task, fault);
  if (!ptePresent(orig)) return yield* doSoftleafPage(task, fault);
  return yield* presentFault(task, fault, write, (flags & FAULT_FLAG_UNSHARE) !== 0);
}

/** The entry is present: too weak, or somebody was faster. */
function* presentFault(task: Task, fault: Fault, write: boolean, unshare: boolean): Steps<VmFault> {
  const { arena } = task;
  const { pte, orig } = fault;
  const ptl = faultPtl(task, fault);
  yield* spinLock(task, ptl, LockClass.ptl);
  if (get(arena, pte) === orig) {
    if ((orig & PTE_PROTNONE) !== 0) {
      // do_numa_page: the VMA allows access, so only the hint goes. A write that needs more faults again.
      yield Point.setPte;
      store(arena, pte, (orig & ~PTE_PROTNONE) | PTE_YOUNG);
    } else {
      if (write && !pteWrite(orig)) return yield* doWpPage(task, fault);
      if (unshare && !pteWrite(orig)) return yield* doWpPage(task, fault);
      yield Point.setPte;
      // The CPU may set the dirty bit at any time: an `or`, so that it is not lost.
      or(arena, pte, PTE_YOUNG | (write ? PTE_DIRTY : 0));
    }
  }
  yield* spinUnlock(task, ptl, LockClass.ptl);
  return 0;
}

/**
 * handle_mm_fault: {@link handlePteFault}, and the count of those that neither failed nor must be tried again (ru_minflt).
 *
 * @kernel mm/memory.c handle_mm_fault, handle_pte_fault
 */
export function* handleMmFault(task: Task, mm: Mm, vma: Vma, vpn: Vpn, flags: number): Steps<VmFault> {
  const result = yield* handlePteFault(task, mm, vma, vpn, flags);
  if ((result & (VM_FAULT_ERROR | VM_FAULT_RETRY)) === 0) count(task, Counter.mmFaults);
  return result;
}
