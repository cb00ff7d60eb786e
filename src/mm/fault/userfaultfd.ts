/** userfaultfd, missing mode (fs/userfaultfd.c): faults on pages that are not there are resolved by another thread. */

import { cas, forgetRound, frameFill, get, increase, load, observed, set, store } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { EEXIST, EINVAL, ENOMEM } from '../../arena/errno.ts';
import { frameAt } from '../../arena/frames.ts';
import { deref, handleOf, poolAlloc, poolFree } from '../../arena/pool.ts';
import { Mm, Userfaultfd, Vma } from '../../arena/structures.ts';
import type { Pfn, VmFault, Vpn } from '../../arena/units.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { waitWhile, wake } from '../../sync/wait.ts';
import { setAnonMapping } from '../page/page.ts';
import { folioPrealloc, putPage } from '../page/zone.ts';
import { addNewAnonRmap, anonVmaPrepare } from '../rmap/rmap.ts';
import { mkPte, PTE_DIRTY, PTE_PRESENT, PTE_WRITE } from '../table/pte.ts';
import { ensureEntries, pteAt, ptlOf } from '../table/tables.ts';
import { FAULT_FLAG_ALLOW_RETRY, type Fault, isUnstable, VM_FAULT_RETRY, VM_FAULT_SIGBUS } from '../table/vmFault.ts';
import { mmapReadLock, mmapReadUnlock, mmapWriteLock, mmapWriteUnlock } from '../vma/mmapLock.ts';
import { addRss } from '../vma/mmStruct.ts';
import { linearPageIndex, VM_UFFD_MISSING, VM_WRITE, vmaFlags, vmaLookup } from '../vma/vma.ts';
import { changeVmas } from '../vma/vmaMerge.ts';

/** Message of {@link userfaultfdRead}: the descriptor was closed. */
const CLOSED = -1;

/** The userfaultfd of an address space, 0 for none. */
export const userfaultfdOf = (arena: Arena, mm: Mm): Userfaultfd => {
  const handle = get(arena, mm + Mm.userfaultfd);
  return handle === 0 ? 0 : deref(arena, arena.pools.userfaultfd, handle);
};

function* setMissing(task: Task, mm: Mm, start: Vpn, end: Vpn, on: boolean): Steps<number> {
  const change = (flags: number): number => (on ? flags | VM_UFFD_MISSING : flags & ~VM_UFFD_MISSING);
  return yield* changeVmas(task, mm, start, end, { change });
}

/**
 * userfaultfd and UFFDIO_REGISTER in missing mode: one descriptor an address space, made by the first call.
 *
 * @returns its address, or -ENOMEM, or -EINVAL (part of the range is not mapped).
 */
export function* userfaultfdRegister(task: Task, mm: Mm, start: Vpn, pages: number): Steps<number> {
  const { arena } = task;
  const old = userfaultfdOf(arena, mm);
  const context = old === 0 ? poolAlloc(arena, arena.pools.userfaultfd) : old;
  if (context === 0) return -ENOMEM;
  yield* mmapWriteLock(task, mm);
  const reached = yield* setMissing(task, mm, start, start + pages, true);
  if (reached === start + pages) set(arena, mm + Mm.userfaultfd, handleOf(arena, arena.pools.userfaultfd, context));
  yield* mmapWriteUnlock(task, mm);
  if (reached === start + pages) return context;
  if (old === 0) poolFree(arena, arena.pools.userfaultfd, context);
  return reached < 0 ? reached : -EINVAL;
}

/** No reader is told anything any more, and whoever waits faults as usual. The caller frees it when its reader is done. */
export function* userfaultfdRelease(task: Task, mm: Mm, context: Userfaultfd, start: Vpn, pages: number): Steps<void> {
  const { arena } = task;
  yield* mmapWriteLock(task, mm);
  set(arena, mm + Mm.userfaultfd, 0);
  yield* setMissing(task, mm, start, start + pages, false);
  yield* mmapWriteUnlock(task, mm);
  wakeWaiters(arena, context);
  yield Point.userfaultfdRelease;
  // Last: who is told this may free it.
  store(arena, context + Userfaultfd.message, CLOSED);
  wake(arena, context + Userfaultfd.message);
}

export function userfaultfdFree(arena: Arena, context: Userfaultfd): void {
  poolFree(arena, arena.pools.userfaultfd, context);
}

function wakeWaiters(arena: Arena, context: Userfaultfd): void {
  increase(arena, context + Userfaultfd.resolved, 1);
  wake(arena, context + Userfaultfd.resolved);
}

/**
 * handle_userfault: reports the page and waits, with mmap_lock dropped. Who may not drop it gets SIGBUS.
 *
 * @returns VM_FAULT_RETRY or VM_FAULT_SIGBUS.
 * @kernel fs/userfaultfd.c handle_userfault
 */
export function* handleUserfault(task: Task, { mm, vpn, pte, flags }: Fault): Steps<VmFault> {
  const { arena } = task;
  const context = userfaultfdOf(arena, mm);
  if (context === 0 || (flags & FAULT_FLAG_ALLOW_RETRY) === 0) return VM_FAULT_SIGBUS;
  const seen = load(arena, context + Userfaultfd.resolved);
  // Asked after the number was taken: a resolution in between has raised it, and we do not sleep.
  const missing = load(arena, pte) === 0;
  if (missing) {
    store(arena, context + Userfaultfd.message, vpn);
    wake(arena, context + Userfaultfd.message);
  }
  yield* mmapReadUnlock(task, mm);
  yield Point.faultRetry;
  if (missing) yield* waitWhile(task, context + Userfaultfd.resolved, seen);
  return VM_FAULT_RETRY;
}

/** read of the descriptor: waits for a missing page. Its address page, or a negative number when the descriptor was closed. */
export function* userfaultfdRead(task: Task, context: Userfaultfd): Steps<number> {
  const { arena } = task;
  const mark = observed();
  for (;;) {
    forgetRound(mark);
    const vpn = load(arena, context + Userfaultfd.message);
    if (vpn < 0) return vpn;
    // Compared: a descriptor that is closed between the look and the taking stays closed.
    if (vpn !== 0 && cas(arena, context + Userfaultfd.message, vpn, 0) === vpn) return vpn;
    if (vpn === 0) yield* waitWhile(task, context + Userfaultfd.message, 0);
  }
}

/**
 * UFFDIO_COPY of one page whose words are all `word`. 0, -EEXIST (a page is there), -EINVAL, -ENOMEM.
 *
 * @kernel mm/userfaultfd.c mfill_atomic_copy
 */
export function* userfaultfdCopy(task: Task, context: Userfaultfd, mm: Mm, vpn: Vpn, word: number): Steps<number> {
  const { arena } = task;
  const pfn = yield* folioPrealloc(task, mm, false);
  if (pfn === 0) return -ENOMEM;
  frameFill(arena, frameAt(arena, pfn), word);
  yield* mmapReadLock(task, mm);
  const error = yield* mapCopy(task, mm, vpn, pfn);
  yield* mmapReadUnlock(task, mm);
  if (error !== 0) yield* putPage(task, pfn);
  wakeWaiters(arena, context);
  return error;
}

function* mapCopy(task: Task, mm: Mm, vpn: Vpn, pfn: Pfn): Steps<number> {
  const { arena } = task;
  const vma = vmaLookup(arena, mm, vpn);
  if (vma === 0 || (vmaFlags(arena, vma) & VM_UFFD_MISSING) === 0) return -EINVAL;
  if (!(yield* anonVmaPrepare(task, vma))) return -ENOMEM;
  const table = yield* ensureEntries(task, mm + Mm.pageTableLock, get(arena, mm + Mm.pgd), vpn);
  if (table === 0) return -ENOMEM;
  const pte = pteAt(arena, table, vpn);
  const ptl = ptlOf(arena, table);
  yield* spinLock(task, ptl, LockClass.ptl);
  const free = get(arena, pte) === 0 && !isUnstable(task, mm);
  if (free) {
    setAnonMapping(arena, pfn, get(arena, vma + Vma.anonVma), linearPageIndex(arena, vma, vpn));
    addNewAnonRmap(arena, pfn);
    addRss(arena, mm, 1);
    yield Point.setPte;
    store(arena, pte, mkPte(pfn, PTE_PRESENT | PTE_DIRTY | ((vmaFlags(arena, vma) & VM_WRITE) !== 0 ? PTE_WRITE : 0)));
  }
  yield* spinUnlock(task, ptl, LockClass.ptl);
  return free ? 0 : -EEXIST;
}
