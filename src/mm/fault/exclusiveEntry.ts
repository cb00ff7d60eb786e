/** remove_device_exclusive_entry and restore_exclusive_pte: a device-exclusive entry becomes an ordinary one again. */

import { get, load, store } from '../../arena/access.ts';
import type { Vma } from '../../arena/structures.ts';
import type { Pfn, VmFault, Word } from '../../arena/units.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../../notifier/invalidate.ts';
import { MMU_NOTIFY_CLEAR, notifierRange } from '../../notifier/range.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { PG_ANON_EXCLUSIVE, PG_DIRTY, pageFlags, tryGetPage } from '../page/page.ts';
import { lockPage, lockPageKillable, trylockPage, unlockPage, waitOnPageLocked } from '../page/pageLock.ts';
import { putPage } from '../page/zone.ts';
import { leafWritable, mkPte, PTE_DIRTY, PTE_WRITE, ptePfn } from '../table/pte.ts';
import {
  FAULT_FLAG_ALLOW_RETRY,
  FAULT_FLAG_KILLABLE,
  FAULT_FLAG_TRIED,
  type Fault,
  faultPtl,
  VM_FAULT_RETRY,
} from '../table/vmFault.ts';
import { mmapReadUnlock } from '../vma/mmapLock.ts';
import { protectionBits, VM_WRITE, vmaFlags } from '../vma/vma.ts';

/**
 * The present entry that replaces a device-exclusive one, built from the VMA's protection as it is now.
 *
 * @kernel mm/memory.c restore_exclusive_pte
 */
export function* restorePte(task: Task, pte: Word, vma: Vma): Steps<void> {
  const { arena } = task;
  const entry = get(arena, pte);
  const pfn = ptePfn(entry);
  const vm = vmaFlags(arena, vma);
  const flags = pageFlags(arena, pfn);
  const writable = (vm & VM_WRITE) !== 0 && (flags & PG_ANON_EXCLUSIVE) !== 0 && leafWritable(entry);
  const dirty = writable && (flags & PG_DIRTY) !== 0 ? PTE_DIRTY : 0;
  yield Point.setPte;
  store(arena, pte, mkPte(pfn, protectionBits(vm) | (writable ? PTE_WRITE : 0) | dirty));
}

/**
 * folio_lock_or_retry. 0 with the page locked, or VM_FAULT_RETRY with mmap_lock dropped and the page not locked. Without
 * FAULT_FLAG_ALLOW_RETRY and FAULT_FLAG_KILLABLE it never asks for a retry.
 *
 * @kernel mm/filemap.c folio_lock_or_retry
 */
export function* lockPageOrRetry(task: Task, pfn: Pfn, fault: Fault): Steps<VmFault> {
  const { flags, mm } = fault;
  if (yield* trylockPage(task, pfn)) return 0;
  const killable = (flags & FAULT_FLAG_KILLABLE) !== 0;
  if ((flags & FAULT_FLAG_ALLOW_RETRY) !== 0 && (flags & FAULT_FLAG_TRIED) === 0) {
    yield* mmapReadUnlock(task, mm);
    yield Point.faultRetry;
    yield* waitOnPageLocked(task, pfn, killable);
    return VM_FAULT_RETRY;
  }
  if (!killable) {
    yield* lockPage(task, pfn);
    return 0;
  }
  if ((yield* lockPageKillable(task, pfn)) === 0) return 0;
  yield* mmapReadUnlock(task, mm);
  return VM_FAULT_RETRY;
}

/**
 * The fault handler's part: bracket, restore, unlock. The driver has let go before the CPU can reach the page.
 *
 * @kernel mm/memory.c remove_device_exclusive_entry
 */
export function* restoreExclusivePte(task: Task, fault: Fault): Steps<VmFault> {
  const { arena } = task;
  const { mm, vma, vpn, pte, orig } = fault;
  const pfn = ptePfn(orig);
  // The entry may be gone and the page free by now: nothing to restore then.
  if (!(yield* tryGetPage(task, pfn))) return 0;
  const retry = yield* lockPageOrRetry(task, pfn, fault);
  if (retry !== 0) {
    yield* putPage(task, pfn);
    return retry;
  }
  const range = notifierRange(MMU_NOTIFY_CLEAR, mm, vpn, vpn + 1);
  yield* mmuNotifierInvalidateRangeStart(task, range);
  const ptl = faultPtl(task, fault);
  yield* spinLock(task, ptl, LockClass.ptl);
  if (load(arena, pte) === orig) yield* restorePte(task, pte, vma);
  yield* spinUnlock(task, ptl, LockClass.ptl);
  yield* unlockPage(task, pfn);
  yield* putPage(task, pfn);
  yield* mmuNotifierInvalidateRangeEnd(task, range);
  return 0;
}
