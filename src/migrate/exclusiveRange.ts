/** make_device_exclusive_range, the form that kernels before 6.15 have: a whole range is collected first, then converted. */

import { get, store, xchg } from '../arena/access.ts';
import { Mm } from '../arena/structures.ts';
import type { Pfn, Vpn } from '../arena/units.ts';
import { FOLL_SPLIT_PMD, FOLL_WRITE, getUserPage } from '../mm/fault/gup.ts';
import { isTail } from '../mm/huge/compound.ts';
import { compoundHead, PG_DIRTY, PG_FILE, PG_HUGETLB, pageFlags, setPageFlags } from '../mm/page/page.ts';
import { trylockPage, unlockPage } from '../mm/page/pageLock.ts';
import { putPage } from '../mm/page/zone.ts';
import { eachCompoundMapping } from '../mm/split/compoundRmap.ts';
import { flushTlbPage } from '../mm/table/flush.ts';
import {
  LEAF_DEVICE_EXCLUSIVE,
  LEAF_DEVICE_EXCLUSIVE_READ,
  mapsPage,
  mkLeaf,
  PTE_DIRTY,
  ptePfn,
  ptePresent,
  pteWrite,
} from '../mm/table/pte.ts';
import { lookupTable, pteAt, ptlOf } from '../mm/table/tables.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../notifier/invalidate.ts';
import { MMU_NOTIFY_EXCLUSIVE, notifierRange } from '../notifier/range.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import { LockClass } from '../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../sync/spinlock.ts';
import type { Task } from '../sync/task.ts';
import { convert } from './exclusive.ts';

/** The entries of one mapping of a huge page, up to the first that is exclusive already. */
function* convertPieces(task: Task, mm: Mm, start: Vpn, end: Vpn, head: Pfn): Steps<'all' | 'stopped' | 'some left'> {
  const { arena } = task;
  let stopped = false;
  let left = false;
  for (let vpn = start; vpn < end; vpn++) {
    const table = lookupTable(arena, get(arena, mm + Mm.pgd), vpn);
    if (table === 0) continue;
    const word = pteAt(arena, table, vpn);
    const ptl = ptlOf(arena, table);
    yield* spinLock(task, ptl, LockClass.ptl);
    const pte = get(arena, word);
    if (mapsPage(pte) && compoundHead(arena, ptePfn(pte)) === head) {
      if (!ptePresent(pte)) stopped = true;
      else if (stopped) left = true;
      else {
        yield Point.clearPte;
        const last = xchg(arena, word, 0);
        yield* flushTlbPage(task, mm, vpn);
        if ((last & PTE_DIRTY) !== 0) setPageFlags(arena, ptePfn(pte), PG_DIRTY);
        yield Point.setPte;
        store(arena, word, mkLeaf(pteWrite(last) ? LEAF_DEVICE_EXCLUSIVE : LEAF_DEVICE_EXCLUSIVE_READ, ptePfn(pte)));
      }
    }
    yield* spinUnlock(task, ptl, LockClass.ptl);
  }
  return left ? 'some left' : stopped ? 'stopped' : 'all';
}

/**
 * The first page of a huge page stands for all of it: every entry that maps a piece becomes exclusive, in every address space.
 * False when some could not.
 */
function* convertCompound(task: Task, head: Pfn, owner: number): Steps<boolean> {
  const done = { whole: true };
  yield* eachCompoundMapping(task, head, function* ({ mm, start, end }) {
    const range = notifierRange(MMU_NOTIFY_EXCLUSIVE, mm, start, end, owner);
    yield* mmuNotifierInvalidateRangeStart(task, range);
    const result = yield* convertPieces(task, mm, start, end, head);
    yield* mmuNotifierInvalidateRangeEnd(task, range);
    done.whole &&= result !== 'some left';
    return result === 'all';
  });
  return done.whole;
}

/** Makes one collected page exclusive. False when it is locked, not anonymous, or no longer mapped there writable. */
function* convertPage(task: Task, mm: Mm, vpn: Vpn, pfn: Pfn, owner: number): Steps<boolean> {
  const { arena } = task;
  if ((pageFlags(arena, pfn) & (PG_FILE | PG_HUGETLB)) !== 0 || isTail(arena, pfn) || !(yield* trylockPage(task, pfn)))
    return false;
  let converted: boolean;
  if (compoundHead(arena, pfn) !== 0) {
    converted = yield* convertCompound(task, pfn, owner);
  } else {
    const range = notifierRange(MMU_NOTIFY_EXCLUSIVE, mm, vpn, vpn + 1, owner);
    yield* mmuNotifierInvalidateRangeStart(task, range);
    yield Point.makeDeviceExclusive;
    converted = yield* convert(task, mm, vpn, pfn);
    yield* mmuNotifierInvalidateRangeEnd(task, range);
  }
  if (!converted) yield* unlockPage(task, pfn);
  return converted;
}

/**
 * make_device_exclusive_range for [start, start + pages.length). mmap_lock is held for reading. Faults in and collects pages
 * up to the first that cannot be had, then converts each; `pages` gets the page frames, locked and referenced, or 0 where the
 * conversion failed.
 *
 * @returns the number of pages collected, or the error of the first page when there are none.
 * @kernel mm/rmap.c make_device_exclusive_range
 */
export function* makeDeviceExclusiveRange(task: Task, mm: Mm, start: Vpn, pages: Int32Array, owner: number): Steps<number> {
  pages.fill(0);
  let collected = 0;
  for (; collected < pages.length; collected++) {
    const pfn = yield* getUserPage(task, mm, start + collected, FOLL_WRITE | FOLL_SPLIT_PMD);
    if (pfn < 0) {
      if (collected === 0) return pfn;
      break;
    }
    pages[collected] = pfn;
  }
  for (let i = 0; i < collected; i++) {
    const pfn = pages[i] as number;
    if (yield* convertPage(task, mm, start + i, pfn, owner)) continue;
    yield* putPage(task, pfn);
    pages[i] = 0;
  }
  return collected;
}
