/** make_device_exclusive: the CPU mapping of a page is replaced so that a device can use atomics on it (mm/rmap.c). */

import { forgetRound, get, observed, store, xchg } from '../arena/access.ts';
import { EOPNOTSUPP } from '../arena/errno.ts';
import { Mm } from '../arena/structures.ts';
import type { Pfn, Vpn } from '../arena/units.ts';
import { FOLL_SPLIT_PMD, FOLL_WRITE, getUserPage } from '../mm/fault/gup.ts';
import { PG_DIRTY, PG_FILE, PG_HUGETLB, pageFlags, setPageFlags } from '../mm/page/page.ts';
import { lockPageKillable, unlockPage } from '../mm/page/pageLock.ts';
import { putPage } from '../mm/page/zone.ts';
import { flushTlbPage } from '../mm/table/flush.ts';
import { LEAF_DEVICE_EXCLUSIVE, mkLeaf, PTE_DIRTY, ptePfn, ptePresent, pteWrite } from '../mm/table/pte.ts';
import { lookupTable, pteAt, ptlOf } from '../mm/table/tables.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../notifier/invalidate.ts';
import { MMU_NOTIFY_EXCLUSIVE, notifierRange } from '../notifier/range.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import { LockClass } from '../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../sync/spinlock.ts';
import type { Task } from '../sync/task.ts';

/** Second look, under the page-table lock: is it still this page, writable? Then the exclusive entry goes in. */
export function* convert(task: Task, mm: Mm, vpn: Vpn, pfn: Pfn): Steps<boolean> {
  const { arena } = task;
  const table = lookupTable(arena, get(arena, mm + Mm.pgd), vpn);
  if (table === 0) return false;
  const ptl = ptlOf(arena, table);
  const word = pteAt(arena, table, vpn);
  yield* spinLock(task, ptl, LockClass.ptl);
  const pte = get(arena, word);
  const same = ptePresent(pte) && pteWrite(pte) && ptePfn(pte) === pfn;
  if (same) {
    yield Point.clearPte;
    const last = xchg(arena, word, 0);
    yield* flushTlbPage(task, mm, vpn);
    if ((last & PTE_DIRTY) !== 0) setPageFlags(arena, pfn, PG_DIRTY);
    yield Point.setPte;
    store(arena, word, mkLeaf(LEAF_DEVICE_EXCLUSIVE, pfn));
  }
  yield* spinUnlock(task, ptl, LockClass.ptl);
  return same;
}

/**
 * make_device_exclusive for page `vpn`. mmap_lock is held for reading. While the page lock is held no CPU fault can convert
 * the entry back; zap and mprotect can, so the caller also needs a read section of its interval notifier, and its
 * invalidate callback must ignore the EXCLUSIVE event with its own `owner` without setting the sequence.
 *
 * @returns the page frame, locked and with a reference for the caller; or -EFAULT, -ENOMEM, -EINTR, -EOPNOTSUPP (no anonymous
 * memory).
 *
 * @kernel mm/rmap.c make_device_exclusive
 */
export function* makeDeviceExclusive(task: Task, mm: Mm, vpn: Vpn, owner: number): Steps<number> {
  const mark = observed();
  for (;;) {
    forgetRound(mark);
    const pfn = yield* getUserPage(task, mm, vpn, FOLL_WRITE | FOLL_SPLIT_PMD);
    if (pfn < 0) return pfn;
    if ((pageFlags(task.arena, pfn) & (PG_FILE | PG_HUGETLB)) !== 0) {
      yield* putPage(task, pfn);
      return -EOPNOTSUPP;
    }
    const error = yield* lockPageKillable(task, pfn);
    if (error !== 0) {
      yield* putPage(task, pfn);
      return error;
    }
    const range = notifierRange(MMU_NOTIFY_EXCLUSIVE, mm, vpn, vpn + 1, owner);
    yield* mmuNotifierInvalidateRangeStart(task, range);
    yield Point.makeDeviceExclusive;
    const converted = yield* convert(task, mm, vpn, pfn);
    yield* mmuNotifierInvalidateRangeEnd(task, range);
    if (converted) return pfn;
    yield* unlockPage(task, pfn);
    yield* putPage(task, pfn);
  }
}
