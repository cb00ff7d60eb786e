/** get_user_pages, one page at a time: a reference or a pin on the page behind an address. */
import { forgetRound, get, observed } from '../arena/access.ts';
import { EFAULT, ENOMEM } from '../arena/errno.ts';
import { Mm } from '../arena/structures.ts';
import type { Steps } from '../steps/steps.ts';
import { LockClass } from '../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../sync/spinlock.ts';
import type { Task } from '../sync/task.ts';
import { handleMmFault } from './fault.ts';
import { FAULT_FLAG_REMOTE, FAULT_FLAG_WRITE, VM_FAULT_ERROR, VM_FAULT_OOM } from './faultTypes.ts';
import { mmapAssertLocked } from './mmapLock.ts';
import { GUP_PIN_COUNTING_BIAS, getPage } from './page.ts';
import { ptePfn, ptePresent, pteWrite } from './pte.ts';
import { lookupTable, pteAt, ptlOf } from './tables.ts';
import { VM_READ, VM_WRITE, vmaFlags, vmaLookup } from './vma.ts';
import { putPage } from './zone.ts';

export const FOLL_WRITE = 1;
/** Pin instead of reference: the page may be written by DMA. Always treated as FOLL_WRITE here. */
export const FOLL_PIN = 2;

/** follow_page_pte: the page if the entry allows it, with the reference taken under the page-table lock; else 0. */
function* followPage(task: Task, mm: number, vpn: number, write: boolean, references: number): Steps<number> {
  const { arena } = task;
  const table = lookupTable(arena, get(arena, mm + Mm.pgd), vpn);
  if (table === 0) return 0;
  const ptl = ptlOf(arena, table);
  yield* spinLock(task, ptl, LockClass.ptl);
  const pte = get(arena, pteAt(arena, table, vpn));
  const ok = ptePresent(pte) && (!write || pteWrite(pte));
  if (ok) yield* getPage(task, ptePfn(pte), references);
  yield* spinUnlock(task, ptl, LockClass.ptl);
  return ok ? ptePfn(pte) : 0;
}

/**
 * Faults `vpn` in and takes a reference (or a pin) on its page. mmap_lock is held for reading and stays held.
 *
 * @returns the page frame, -EFAULT (no such mapping, or it does not allow the access) or -ENOMEM.
 */
export function* getUserPage(task: Task, mm: number, vpn: number, foll: number): Steps<number> {
  const { arena } = task;
  mmapAssertLocked(task, mm);
  const write = foll !== 0;
  const references = (foll & FOLL_PIN) !== 0 ? GUP_PIN_COUNTING_BIAS : 1;
  const mark = observed();
  for (;;) {
    forgetRound(mark);
    const vma = vmaLookup(arena, mm, vpn);
    if (vma === 0 || (vmaFlags(arena, vma) & (write ? VM_WRITE : VM_READ)) === 0) return -EFAULT;
    const pfn = yield* followPage(task, mm, vpn, write, references);
    if (pfn !== 0) return pfn;
    const result = yield* handleMmFault(task, mm, vma, vpn, FAULT_FLAG_REMOTE | (write ? FAULT_FLAG_WRITE : 0));
    if ((result & VM_FAULT_ERROR) !== 0) return (result & VM_FAULT_OOM) !== 0 ? -ENOMEM : -EFAULT;
  }
}

/** unpin_user_page. */
export function* unpinUserPage(task: Task, pfn: number): Steps<void> {
  yield* putPage(task, pfn, GUP_PIN_COUNTING_BIAS);
}
