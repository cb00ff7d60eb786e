/** get_user_pages, one page at a time: a reference or a pin on the page behind an address. */

import { forgetRound, get, observed } from '../../arena/access.ts';
import { EFAULT, ENOMEM, EOPNOTSUPP } from '../../arena/errno.ts';
import { Mm, type Vma } from '../../arena/structures.ts';
import type { Pfn, Pte, Vpn } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import { isOlder, Older } from '../../kernels/older.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { leafOf, splitHugePmd } from '../huge/splitHugePmd.ts';
import { GUP_PIN_COUNTING_BIAS, getPage, PG_ANON_EXCLUSIVE, PG_DIRTY, PG_FILE, pageFlags, setPageFlags } from '../page/page.ts';
import { putPage } from '../page/zone.ts';
import { PTE_DIRTY, PTE_SPECIAL, pieceEntry, ptePfn, ptePresent, pteWrite } from '../table/pte.ts';
import { hugeLeaf, lookupTable, pteAt, ptlOf } from '../table/tables.ts';
import { FAULT_FLAG_REMOTE, FAULT_FLAG_UNSHARE, FAULT_FLAG_WRITE, VM_FAULT_ERROR, VM_FAULT_OOM } from '../table/vmFault.ts';
import { mmapAssertLocked } from '../vma/mmapLock.ts';
import { VM_HUGETLB, VM_READ, VM_SHARED, VM_WRITE, vmaFlags, vmaLookup } from '../vma/vma.ts';
import { handleMmFault } from './fault.ts';

export const FOLL_WRITE = 1;
/** Pin instead of reference: the page may be accessed by DMA. Without FOLL_WRITE a shared page is unshared first. */
export const FOLL_PIN = 2;

/** A huge leaf on the way is split: the caller wants entries. */
export const FOLL_SPLIT_PMD = 4;
/** The pin may last for ever: of a private mapping only a page that is its own. */
export const FOLL_LONGTERM = 0x100;

/** Result of {@link followPage}: no page frame. */
const UNSHARE = -1;

/** gup_must_unshare: may a pin for reading not rely on the page to stay the one that is mapped? */
function mustUnshare({ arena }: Task, vma: Vma, pte: Pte, foll: number): boolean {
  if ((foll & FOLL_PIN) === 0 || (foll & FOLL_WRITE) !== 0) return false;
  const flags = (pte & PTE_SPECIAL) !== 0 ? PG_FILE : pageFlags(arena, ptePfn(pte));
  if ((flags & PG_FILE) === 0) return (flags & PG_ANON_EXCLUSIVE) === 0;
  // The zero page, or one of a file: a write of the pinner's own process would leave the pin behind.
  return (foll & FOLL_LONGTERM) !== 0 && (vmaFlags(arena, vma) & VM_SHARED) === 0 && !isOlder(arena, Older.longtermPinsShared);
}

/** sanity_check_pinned_pages: what is pinned of anonymous memory is exclusive, or a write would leave the pin behind with a copy. */
function checkPinned({ arena }: Task, pte: Pte): void {
  if ((pte & PTE_SPECIAL) === 0 && (pageFlags(arena, ptePfn(pte)) & (PG_FILE | PG_ANON_EXCLUSIVE)) === 0)
    throw new Violation('I-ENTRY', `page ${ptePfn(pte)} is pinned, and is not exclusive`);
}

/**
 * follow_page_pte: the page if the entry allows it, with the reference taken under the page-table lock; 0 when a fault is
 * needed, UNSHARE when one is that makes the page exclusive.
 */
function* followPage(task: Task, mm: Mm, vma: Vma, vpn: Vpn, foll: number): Steps<number> {
  const { arena } = task;
  const write = (foll & FOLL_WRITE) !== 0;
  const references = (foll & FOLL_PIN) !== 0 ? GUP_PIN_COUNTING_BIAS : 1;
  const table = lookupTable(arena, get(arena, mm + Mm.pgd), vpn);
  if (table === 0) return 0;
  const ptl = ptlOf(arena, table);
  yield* spinLock(task, ptl, LockClass.ptl);
  const leaf = hugeLeaf(arena, table);
  const pte = leaf === 0 ? get(arena, pteAt(arena, table, vpn)) : pieceEntry(leaf, vpn);
  const ok = ptePresent(pte) && (!write || pteWrite(pte));
  const unshare = ok && mustUnshare(task, vma, pte, foll);
  if (ok && !unshare) {
    if ((foll & FOLL_PIN) !== 0) checkPinned(task, pte);
    yield* getPage(task, ptePfn(pte), references);
    // FOLL_TOUCH: whoever gets the page may write to it without the entry ever knowing.
    if (write && (pte & PTE_DIRTY) === 0) setPageFlags(arena, ptePfn(pte), PG_DIRTY);
  }
  yield* spinUnlock(task, ptl, LockClass.ptl);
  return unshare ? UNSHARE : ok ? ptePfn(pte) : 0;
}

/**
 * Faults `vpn` in and takes a reference (or a pin) on its page. mmap_lock is held for reading and stays held.
 *
 * @returns the page frame, -EFAULT (no such mapping, or it does not allow the access), -ENOMEM, or -EOPNOTSUPP (a hugetlb page that must be
 * split).
 * @kernel mm/gup.c get_user_pages
 */
export function* getUserPage(task: Task, mm: Mm, vpn: Vpn, foll: number): Steps<number> {
  const { arena } = task;
  mmapAssertLocked(task, mm);
  const write = (foll & FOLL_WRITE) !== 0;
  const mark = observed();
  for (;;) {
    forgetRound(mark);
    const vma = vmaLookup(arena, mm, vpn);
    if (vma === 0 || (vmaFlags(arena, vma) & (write ? VM_WRITE : VM_READ)) === 0) return -EFAULT;
    if (arena.hasHuge && (foll & FOLL_SPLIT_PMD) !== 0) {
      const hugetlb = (vmaFlags(arena, vma) & VM_HUGETLB) !== 0;
      if (hugetlb && !isOlder(arena, Older.splitPmdTakesHugetlb)) return -EOPNOTSUPP;
      // A leaf of a device comes home whole first.
      if (!hugetlb && ptePresent(leafOf(arena, mm, vpn))) yield* splitHugePmd(task, mm, vpn);
    }
    const pfn = yield* followPage(task, mm, vma, vpn, foll);
    if (pfn > 0) return pfn;
    const kind = write ? FAULT_FLAG_WRITE : pfn === UNSHARE ? FAULT_FLAG_UNSHARE : 0;
    const result = yield* handleMmFault(task, mm, vma, vpn, FAULT_FLAG_REMOTE | kind);
    if ((result & VM_FAULT_ERROR) !== 0) return (result & VM_FAULT_OOM) !== 0 ? -ENOMEM : -EFAULT;
  }
}

/**
 * unpin_user_page.
 *
 * @kernel mm/gup.c unpin_user_page
 */
export function* unpinUserPage(task: Task, pfn: Pfn): Steps<void> {
  yield* putPage(task, pfn, GUP_PIN_COUNTING_BIAS);
}
