/** The swap part of do_swap_page: a fault on a swap entry brings the page back. */

import { get, store } from '../../arena/access.ts';
import { type Mm, Vma } from '../../arena/structures.ts';
import type { Pfn, SwapSlot, VmFault } from '../../arena/units.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { copyPage } from '../page/copyPage.ts';
import { addLru } from '../page/memcg.ts';
import { PG_UPTODATE, pageCount, pageMapping, pageSwap, setAnonMapping, setPageFlags } from '../page/page.ts';
import { lockPage, unlockPage } from '../page/pageLock.ts';
import { folioPrealloc, putPage } from '../page/zone.ts';
import { addAnonRmap } from '../rmap/rmap.ts';
import { freeSwap, isSwapFull, slotFrame, swapCacheAdd, swapCacheGet, swapFree } from '../swap/swap.ts';
import { mkPte, PTE_DIRTY, PTE_SWP_EXCLUSIVE, PTE_WRITE, PTE_YOUNG, pteWrite, swapSlot } from '../table/pte.ts';
import { FAULT_FLAG_WRITE, type Fault, faultPtl, VM_FAULT_OOM } from '../table/vmFault.ts';
import { addRss, addRssSwap } from '../vma/mmStruct.ts';
import { linearPageIndex, protectionBits, VM_LOCKED, VM_WRITE, vmaFlags } from '../vma/vma.ts';
import { lockPageOrRetry } from './exclusiveEntry.ts';
import { doWpPage } from './writeProtect.ts';

/**
 * read_swap_cache_async: reads a slot into a page of the swap cache, with a reference for the caller. 0 when no entry names the slot
 * any more, null when there is no memory.
 */
function* readSwap(task: Task, mm: Mm, slot: SwapSlot): Steps<Pfn | null> {
  const { arena } = task;
  const fresh = yield* folioPrealloc(task, mm, false);
  if (fresh === 0) return null;
  yield* lockPage(task, fresh);
  const pfn = yield* swapCacheAdd(task, slot, fresh);
  if (pfn === fresh) {
    // Whoever finds the page meanwhile waits for its lock.
    yield* copyPage(task, fresh, slotFrame(arena, slot));
    setPageFlags(arena, fresh, PG_UPTODATE);
    addLru(arena, fresh);
  }
  yield* unlockPage(task, fresh);
  if (pfn !== fresh) yield* putPage(task, fresh);
  return pfn;
}

/** should_try_to_free_swap, for a page that is not mapped yet: a writer wants it alone, or slots run short. */
function wantsSlotFree(task: Task, fault: Fault, pfn: Pfn): boolean {
  const { arena } = task;
  if (isSwapFull(arena) || (vmaFlags(arena, fault.vma) & VM_LOCKED) !== 0) return true;
  return (fault.flags & FAULT_FLAG_WRITE) !== 0 && pageCount(arena, pfn) === 2;
}

/** The entry is still the same and the page locked: it is mapped, and the reference of the fault becomes the mapping's. */
function* mapSwapPage(task: Task, fault: Fault, pfn: Pfn): Steps<VmFault> {
  const { arena } = task;
  const { mm, vma, vpn, pte, orig, flags } = fault;
  yield* swapFree(task, swapSlot(orig));
  if (wantsSlotFree(task, fault, pfn)) yield* freeSwap(task, pfn);
  yield Point.swapCache;
  addRss(arena, mm, 1);
  addRssSwap(arena, mm, -1);
  if (pageMapping(arena, pfn) === 0) setAnonMapping(arena, pfn, get(arena, vma + Vma.anonVma), linearPageIndex(arena, vma, vpn));
  // A marked entry was the only one. Without the mark nobody else may have a reference, nor the swap cache.
  const exclusive = (orig & PTE_SWP_EXCLUSIVE) !== 0 || pageCount(arena, pfn) === 1;
  const vm = vmaFlags(arena, vma);
  const write = (flags & FAULT_FLAG_WRITE) !== 0;
  const writable = exclusive && (vm & VM_WRITE) !== 0;
  // Writable and clean after a read: the slot still has the same contents.
  const bits = writable ? PTE_WRITE | (write ? PTE_DIRTY : 0) : 0;
  addAnonRmap(arena, pfn, exclusive);
  const entry = mkPte(pfn, protectionBits(vm) | PTE_YOUNG | bits);
  yield Point.setPte;
  store(arena, pte, entry);
  yield* unlockPage(task, pfn);
  if (write && !pteWrite(entry)) return yield* doWpPage(task, { ...fault, orig: entry });
  yield* spinUnlock(task, faultPtl(task, fault), LockClass.ptl);
  return 0;
}

/**
 * VM_FAULT bits, as handleMmFault. No notifier: nothing was reachable.
 *
 * @kernel mm/memory.c do_swap_page, read_swap_cache_async
 */
export function* doSwapEntry(task: Task, fault: Fault): Steps<VmFault> {
  const { arena } = task;
  const slot = swapSlot(fault.orig);
  const cached = yield* swapCacheGet(task, slot);
  const pfn = cached !== 0 ? cached : yield* readSwap(task, fault.mm, slot);
  if (pfn === null) return VM_FAULT_OOM;
  if (pfn === 0) return 0;
  const retry = yield* lockPageOrRetry(task, pfn, fault);
  if (retry !== 0) {
    yield* putPage(task, pfn);
    return retry;
  }
  const ptl = faultPtl(task, fault);
  yield* spinLock(task, ptl, LockClass.ptl);
  // Until the page was locked it may have left the swap cache, and its slot may have been used again.
  if (pageSwap(arena, pfn) === slot + 1 && get(arena, fault.pte) === fault.orig) return yield* mapSwapPage(task, fault, pfn);
  yield* spinUnlock(task, ptl, LockClass.ptl);
  yield* unlockPage(task, pfn);
  yield* putPage(task, pfn);
  return 0;
}
