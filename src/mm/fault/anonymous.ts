/** do_anonymous_page: nothing is mapped yet. */

import { get, store } from '../../arena/access.ts';
import { ZERO_PFN } from '../../arena/config.ts';
import { Vma } from '../../arena/structures.ts';
import type { VmFault } from '../../arena/units.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { setAnonMapping } from '../page/page.ts';
import { folioPrealloc, putPage } from '../page/zone.ts';
import { addNewAnonRmap, anonVmaPrepare } from '../rmap/rmap.ts';
import { mkPte, PTE_DIRTY, PTE_PRESENT, PTE_SPECIAL, PTE_WRITE, PTE_YOUNG } from '../table/pte.ts';
import { hugeLeaf } from '../table/tables.ts';
import { FAULT_FLAG_WRITE, type Fault, faultPtl, isUnstable, VM_FAULT_OOM, VM_FAULT_SIGBUS } from '../table/vmFault.ts';
import { addRss } from '../vma/mmStruct.ts';
import { linearPageIndex, protectionBits, VM_UFFD_MISSING, VM_WRITE, vmaFlags } from '../vma/vma.ts';
import { hasAnonOrders, mapAnonFolio } from './anonFolio.ts';
import { handleUserfault } from './userfaultfd.ts';

/** @kernel mm/memory.c do_anonymous_page */
export function* doAnonymousPage(task: Task, fault: Fault): Steps<VmFault> {
  const flags = vmaFlags(task.arena, fault.vma);
  if ((flags & VM_UFFD_MISSING) !== 0) return yield* handleUserfault(task, fault);
  return (fault.flags & FAULT_FLAG_WRITE) !== 0 ? yield* mapNewPage(task, fault) : yield* mapZeroPage(task, fault, flags);
}

/** Is there still nothing? A huge leaf may have come in place of the entries. Under the page-table lock. */
const isStillNone = ({ arena }: Task, { table, pte }: Fault): boolean => get(arena, pte) === 0 && hugeLeaf(arena, table) === 0;

/** A read gets the shared zero page. No notifier: nothing was there. */
function* mapZeroPage(task: Task, fault: Fault, flags: number): Steps<VmFault> {
  const { arena } = task;
  const ptl = faultPtl(task, fault);
  let result: VmFault = 0;
  yield* spinLock(task, ptl, LockClass.ptl);
  if (isStillNone(task, fault)) {
    if (isUnstable(task, fault.mm)) {
      result = VM_FAULT_SIGBUS;
    } else {
      yield Point.setPte;
      store(arena, fault.pte, mkPte(ZERO_PFN, protectionBits(flags) | PTE_SPECIAL | PTE_YOUNG));
    }
  }
  yield* spinUnlock(task, ptl, LockClass.ptl);
  return result;
}

/** A write gets a page of its own. */
function* mapNewPage(task: Task, fault: Fault): Steps<VmFault> {
  const { arena } = task;
  const { mm, vma, vpn, pte } = fault;
  if (!(yield* anonVmaPrepare(task, vma))) return VM_FAULT_OOM;
  if (arena.hasHuge && hasAnonOrders(task) && (yield* mapAnonFolio(task, fault))) return 0;
  const pfn = yield* folioPrealloc(task, mm, true);
  if (pfn === 0) return VM_FAULT_OOM;
  const ptl = faultPtl(task, fault);
  let result: VmFault = 0;
  let mapped = false;
  yield* spinLock(task, ptl, LockClass.ptl);
  // Only the page-table lock decides who fills the entry: another fault, or a migration that inserts into the hole.
  if (isStillNone(task, fault)) {
    if (isUnstable(task, mm)) {
      result = VM_FAULT_SIGBUS;
    } else {
      setAnonMapping(arena, pfn, get(arena, vma + Vma.anonVma), linearPageIndex(arena, vma, vpn));
      addNewAnonRmap(arena, pfn);
      addRss(arena, mm, 1);
      const write = (vmaFlags(arena, vma) & VM_WRITE) !== 0 ? PTE_WRITE | PTE_DIRTY : 0;
      yield Point.setPte;
      store(arena, pte, mkPte(pfn, PTE_PRESENT | PTE_YOUNG | write));
      mapped = true;
    }
  }
  yield* spinUnlock(task, ptl, LockClass.ptl);
  if (!mapped) yield* putPage(task, pfn);
  return result;
}
