/** swapoff: the swap device goes away; all that is on it comes back into memory first (try_to_unuse). */

import { forgetRound, get, observed, set } from '../../arena/access.ts';
import { VPN_LIMIT } from '../../arena/config.ts';
import { ENOMEM } from '../../arena/errno.ts';
import { liveObjects } from '../../arena/pool.ts';
import { rawLock, rawUnlock } from '../../arena/raw.ts';
import { Header, Mm } from '../../arena/structures.ts';
import type { Errno } from '../../arena/units.ts';
import { mmgetNotZero } from '../../notifier/mmCount.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { handleMmFault } from '../fault/fault.ts';
import { lockPage, unlockPage } from '../page/pageLock.ts';
import { putPage } from '../page/zone.ts';
import { freeSwap, swapCacheGet } from '../swap/swap.ts';
import { isSwap } from '../table/pte.ts';
import { nextPopulated, readPte } from '../table/tables.ts';
import { FAULT_FLAG_REMOTE, VM_FAULT_ERROR } from '../table/vmFault.ts';
import { mmapReadLock, mmapReadUnlock } from '../vma/mmapLock.ts';
import { vmaLookup } from '../vma/vma.ts';
import { mmput } from './exit.ts';

/** unuse_mm: faults in what the address space has on the device. False when memory runs out. */
function* unuseMm(task: Task, mm: Mm): Steps<boolean> {
  const { arena } = task;
  let done = true;
  yield* mmapReadLock(task, mm);
  const pgd = get(arena, mm + Mm.pgd);
  for (
    let vpn = nextPopulated(arena, pgd, 0, VPN_LIMIT);
    vpn < VPN_LIMIT && done;
    vpn = nextPopulated(arena, pgd, vpn + 1, VPN_LIMIT)
  ) {
    const vma = isSwap(readPte(arena, pgd, vpn)) ? vmaLookup(arena, mm, vpn) : 0;
    if (vma !== 0) done = ((yield* handleMmFault(task, mm, vma, vpn, FAULT_FLAG_REMOTE)) & VM_FAULT_ERROR) === 0;
  }
  yield* mmapReadUnlock(task, mm);
  return done;
}

/** Pages that are in the swap cache still, mapped or not, give their slots back. */
function* emptySwapCache(task: Task): Steps<void> {
  const { arena } = task;
  for (let slot = 0; slot < arena.config.swapSlots; slot++) {
    const pfn = yield* swapCacheGet(task, slot);
    if (pfn === 0) continue;
    yield* lockPage(task, pfn);
    yield* freeSwap(task, pfn);
    yield* unlockPage(task, pfn);
    yield* putPage(task, pfn);
  }
}

function setSwapOff(task: Task, off: number): void {
  rawLock(task.arena, Header.swapLock);
  set(task.arena, Header.swapOff, off);
  rawUnlock(task.arena, Header.swapLock);
}

/**
 * No slot is handed out from now on, and none is in use on return. No address space may be made or die meanwhile. 0, or -ENOMEM: then the device stays.
 *
 * @kernel mm/swapfile.c swapoff, try_to_unuse
 */
export function* swapoff(task: Task): Steps<Errno> {
  const { arena } = task;
  setSwapOff(task, 1);
  const mark = observed();
  while (get(arena, Header.swapFree) !== arena.config.swapSlots) {
    forgetRound(mark);
    for (const mm of liveObjects(arena, arena.pools.mm)) {
      if (!mmgetNotZero(arena, mm)) continue;
      const done = yield* unuseMm(task, mm);
      yield* mmput(task, mm);
      if (done) continue;
      setSwapOff(task, 0);
      return -ENOMEM;
    }
    yield* emptySwapCache(task);
  }
  return 0;
}
