/** Guard regions: markers in place of pages, where every access is refused, without a VMA of their own. */

import { get, or, store } from '../../arena/access.ts';
import { ENOMEM } from '../../arena/errno.ts';
import { Mm, Vma } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import { MMU_NOTIFY_CLEAR } from '../../notifier/range.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { anonVmaPrepare } from '../rmap/rmap.ts';
import { isGuard, PTE_MARKER_GUARD } from '../table/pte.ts';
import { ensureEntries, lookupTable, nextPopulated, pteAt, pteOffsetMapLock, ptlOf, tableEnd } from '../table/tables.ts';
import { VM_MAYBE_GUARD, vmaIsAnonymous } from '../vma/vma.ts';
import { zapRangeNotified } from './zap.ts';

/** The entries of [start, end) below one table become guards. False at the first that maps something; those before it are guards. */
function* installBelow(task: Task, mm: Mm, start: Vpn, end: Vpn): Steps<boolean | null> {
  const { arena } = task;
  const table = yield* ensureEntries(task, mm + Mm.pageTableLock, get(arena, mm + Mm.pgd), start);
  if (table === 0) return null;
  if (!(yield* pteOffsetMapLock(task, table))) return false;
  let free = true;
  for (let vpn = start; vpn < end && free; vpn++) {
    const word = pteAt(arena, table, vpn);
    const pte = get(arena, word);
    free = pte === 0 || isGuard(pte);
    if (pte !== 0) continue;
    yield Point.setPte;
    store(arena, word, PTE_MARKER_GUARD);
  }
  yield* spinUnlock(task, ptlOf(arena, table), LockClass.ptl);
  return free;
}

/**
 * madvise_guard_install for a part of one VMA. What is mapped there is discarded. mmap_lock is held for reading, so a fault may map
 * something again: then the same once more.
 *
 * @returns 0 or -ENOMEM.
 * @kernel mm/madvise.c madvise_guard_install
 */
export function* guardInstall(task: Task, mm: Mm, vma: Vma, start: Vpn, end: Vpn): Steps<Errno> {
  const { arena } = task;
  or(arena, vma + Vma.flags, VM_MAYBE_GUARD);
  if (vmaIsAnonymous(arena, vma) && !(yield* anonVmaPrepare(task, vma))) return -ENOMEM;
  for (let vpn = start; vpn < end; ) {
    const stop = tableEnd(vpn, end);
    const installed = yield* installBelow(task, mm, vpn, stop);
    if (installed === null) return -ENOMEM;
    if (installed) {
      vpn = stop;
      continue;
    }
    yield* zapRangeNotified(task, mm, start, end, MMU_NOTIFY_CLEAR);
    vpn = start;
  }
  return 0;
}

/**
 * madvise_guard_remove for a part of one VMA: guards become holes, all else stays. Nobody is told, as nothing was mapped.
 *
 * @kernel mm/madvise.c madvise_guard_remove
 */
export function* guardRemove(task: Task, mm: Mm, start: Vpn, end: Vpn): Steps<void> {
  const { arena } = task;
  const pgd = get(arena, mm + Mm.pgd);
  for (let vpn = nextPopulated(arena, pgd, start, end); vpn < end; vpn = nextPopulated(arena, pgd, vpn, end)) {
    const stop = tableEnd(vpn, end);
    const table = lookupTable(arena, pgd, vpn);
    if (yield* pteOffsetMapLock(task, table)) {
      for (; vpn < stop; vpn++) {
        const word = pteAt(arena, table, vpn);
        if (!isGuard(get(arena, word))) continue;
        yield Point.setPte;
        store(arena, word, 0);
      }
      yield* spinUnlock(task, ptlOf(arena, table), LockClass.ptl);
    }
    vpn = stop;
  }
}
