/** copy_page_range: what a child gets of each entry of its parent, and what the parent keeps. */

import { and, get, load, store } from '../../arena/access.ts';
import { PTRS_PER_TABLE } from '../../arena/config.ts';
import { EBUSY, ENOMEM } from '../../arena/errno.ts';
import { Mm, Vma } from '../../arena/structures.ts';
import type { Errno, PageTable, Pte, Vpn, Word } from '../../arena/units.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../../notifier/invalidate.ts';
import { MMU_NOTIFY_PROTECTION_PAGE, notifierRange } from '../../notifier/range.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { restorePte } from '../fault/exclusiveEntry.ts';
import { isExclusive, isHugetlb, isMaybePinned } from '../huge/compound.ts';
import { splitHugePmd } from '../huge/splitHugePmd.ts';
import { copyPage } from '../page/copyPage.ts';
import {
  getPage,
  isFilePage,
  maybeDmaPinned,
  PG_ANON_EXCLUSIVE,
  pageFlags,
  pageIndex,
  pageMapping,
  setAnonMapping,
} from '../page/page.ts';
import { trylockPage, unlockPage } from '../page/pageLock.ts';
import { folioPrealloc, putPage } from '../page/zone.ts';
import { addAnonRmap, addNewAnonRmap, shareAnonRmap } from '../rmap/rmap.ts';
import { swapDuplicate } from '../swap/swap.ts';
import {
  EMPTY_LEAF,
  isDeviceExclusive,
  isDevicePrivate,
  isGuard,
  isMigration,
  isSwap,
  LEAF_DEVICE_PRIVATE_READ,
  LEAF_MIGRATION_READ,
  mapsPage,
  mkLeaf,
  mkPte,
  mkSwap,
  PTE_HUGE,
  PTE_SPECIAL,
  PTE_WRITE,
  pteFlags,
  ptePfn,
  ptePresent,
  swapSlot,
} from '../table/pte.ts';
import { ensureTable, hugeLeaf, lookupTable, nextPopulated, pteAt, ptlOf, tableEnd } from '../table/tables.ts';
import { addRss, addRssFile, addRssSwap } from '../vma/mmStruct.ts';
import { VM_MAYBE_GUARD, VM_MIXEDMAP, vmaEnd, vmaFlags, vmaStart } from '../vma/vma.ts';

/** The page is pinned: its user must keep it, so the child gets a copy, for which a page is needed first. */
const NEEDS_PAGE = 1;

/**
 * copy_present_pte. `spare` is a page allocated beforehand, 0 for none.
 *
 * @kernel mm/memory.c copy_present_pte
 */
function* copyPresent(task: Task, pte: Word, childPte: Word, spare: number): Steps<Errno> {
  const { arena } = task;
  const entry = load(arena, pte);
  const pfn = ptePfn(entry);
  if ((entry & PTE_SPECIAL) !== 0) {
    store(arena, childPte, entry);
    return 0;
  }
  const exclusive = (pageFlags(arena, pfn) & PG_ANON_EXCLUSIVE) !== 0;
  if (exclusive && maybeDmaPinned(arena, pfn)) {
    if (spare === 0) return NEEDS_PAGE;
    yield* copyPage(task, spare, pfn);
    setAnonMapping(arena, spare, pageMapping(arena, pfn), pageIndex(arena, pfn));
    addNewAnonRmap(arena, spare);
    store(arena, childPte, mkPte(spare, pteFlags(entry)));
    return 0;
  }
  yield* getPage(task, pfn);
  addAnonRmap(arena, pfn, false);
  if (exclusive) shareAnonRmap(arena, pfn);
  yield Point.setPte;
  // Only the write bit goes; an `and` keeps accessed and dirty bits the CPU may be setting. The child's entry stays dirty, too: the parent's
  // may be gone when somebody asks whether the page has to be written to swap again.
  and(arena, pte, ~PTE_WRITE);
  store(arena, childPte, mkPte(pfn, pteFlags(entry) & ~PTE_WRITE));
  return 0;
}

/**
 * copy_nonpresent_pte. 0, or -EBUSY when a device-exclusive page is locked by somebody.
 *
 * @kernel mm/memory.c copy_nonpresent_pte
 */
function* copyNonpresent(task: Task, vma: Vma, pte: Word, childPte: Word): Steps<Errno> {
  const { arena } = task;
  const entry = get(arena, pte);
  const pfn = ptePfn(entry);
  yield Point.setPte;
  if (isMigration(entry)) {
    const read = mkLeaf(LEAF_MIGRATION_READ, pfn, pteFlags(entry) & 0x3f);
    store(arena, pte, read);
    store(arena, childPte, read);
    return 0;
  }
  if (isDevicePrivate(entry)) {
    yield* getPage(task, pfn);
    addAnonRmap(arena, pfn, false);
    shareAnonRmap(arena, pfn);
    const read = mkLeaf(LEAF_DEVICE_PRIVATE_READ, pfn);
    store(arena, pte, read);
    store(arena, childPte, read);
    return 0;
  }
  if (isDeviceExclusive(entry)) {
    // Never wait here: two page-table locks are held.
    if (!(yield* trylockPage(task, pfn))) return -EBUSY;
    yield* restorePte(task, pte, vma);
    yield* unlockPage(task, pfn);
    return yield* copyPresent(task, pte, childPte, 0);
  }
  if (isGuard(entry)) store(arena, childPte, entry);
  if (isSwap(entry)) {
    // Two entries name the slot now: neither has it alone.
    yield* swapDuplicate(task, swapSlot(entry));
    const shared = mkSwap(swapSlot(entry), false);
    store(arena, pte, shared);
    store(arena, childPte, shared);
  }
  return 0;
}

/** Who gets the entries, and the VMA of the parent that has them. */
interface Heir {
  readonly child: Mm;
  readonly vma: Vma;
}

/** copy_pte_range for one last-level table. 0, -EBUSY or -ENOMEM. */
function* copyTable(task: Task, { child, vma }: Heir, table: PageTable, start: Vpn, end: Vpn): Steps<Errno> {
  const { arena } = task;
  const childTable = yield* ensureTable(task, child + Mm.pageTableLock, get(arena, child + Mm.pgd), start);
  if (childTable === 0) return -ENOMEM;
  let spare = 0;
  let vpn = start;
  let result = 0;
  while (vpn < end && result === 0) {
    yield* spinLock(task, ptlOf(arena, childTable), LockClass.ptl);
    yield* spinLock(task, ptlOf(arena, table), LockClass.ptl);
    let rss = 0;
    let rssFile = 0;
    let entries = 0;
    while (vpn < end && result === 0) {
      const pte = pteAt(arena, table, vpn);
      const childPte = pteAt(arena, childTable, vpn);
      const entry = get(arena, pte);
      if (entry !== 0) {
        result = ptePresent(entry)
          ? yield* copyPresent(task, pte, childPte, spare)
          : yield* copyNonpresent(task, vma, pte, childPte);
        if (result !== 0) break;
        const copied = get(arena, childPte);
        if (mapsPage(copied) || isMigration(copied)) {
          if (!isFilePage(arena, ptePfn(copied))) rss++;
          else rssFile++;
        }
        if (isSwap(copied)) entries++;
        if (spare !== 0 && ptePfn(copied) === spare) spare = 0;
      }
      vpn++;
    }
    addRss(arena, child, rss);
    addRssFile(arena, child, rssFile);
    addRssSwap(arena, child, entries);
    yield* spinUnlock(task, ptlOf(arena, table), LockClass.ptl);
    yield* spinUnlock(task, ptlOf(arena, childTable), LockClass.ptl);
    if (result === NEEDS_PAGE) {
      spare = yield* folioPrealloc(task, child, false);
      if (spare === 0) return -ENOMEM;
      result = 0;
    }
  }
  if (spare > 0) yield* putPage(task, spare);
  return result;
}

/** What both sides have of a leaf after the fork. */
function sharedLeaf(leaf: Pte): Pte {
  if (isDevicePrivate(leaf)) return mkLeaf(LEAF_DEVICE_PRIVATE_READ, ptePfn(leaf), PTE_HUGE);
  if (isMigration(leaf)) return mkLeaf(LEAF_MIGRATION_READ, ptePfn(leaf), pteFlags(leaf) & (PTE_HUGE | 0x3f));
  return leaf & ~PTE_WRITE;
}

/** copy_huge_pmd: the child maps the same huge page. False when there are entries now: it was pinned, or an eviction split it. */
function* copyLeaf(task: Task, parent: Mm, child: Mm, table: PageTable, vpn: Vpn): Steps<boolean> {
  const { arena } = task;
  const childTable = yield* ensureTable(task, child + Mm.pageTableLock, get(arena, child + Mm.pgd), vpn);
  if (childTable === 0) return false;
  const word = pteAt(arena, table, 0);
  const ptl = ptlOf(arena, table);
  const childPtl = ptlOf(arena, childTable);
  // The child is on the rmap lists already: a walk may look at its table.
  yield* spinLock(task, childPtl, LockClass.ptl);
  yield* spinLock(task, ptl, LockClass.ptl);
  const leaf = hugeLeaf(arena, table);
  if (leaf === 0) {
    yield* spinUnlock(task, ptl, LockClass.ptl);
    yield* spinUnlock(task, childPtl, LockClass.ptl);
    return false;
  }
  const head = ptePfn(leaf);
  const maps = mapsPage(leaf);
  const pinned = maps && isExclusive(arena, head) && isMaybePinned(arena, head);
  if (!pinned) {
    for (let pfn = head; maps && pfn < head + PTRS_PER_TABLE; pfn++) {
      yield* getPage(task, pfn);
      addAnonRmap(arena, pfn, false);
      shareAnonRmap(arena, pfn);
    }
    yield Point.setPte;
    const shared = sharedLeaf(leaf);
    // Only the write bit goes of a present leaf: the CPU may be setting accessed and dirty bits.
    if (ptePresent(leaf)) and(arena, word, ~PTE_WRITE);
    else store(arena, word, shared);
    store(arena, pteAt(arena, childTable, 0), shared);
  }
  yield* spinUnlock(task, ptl, LockClass.ptl);
  yield* spinUnlock(task, childPtl, LockClass.ptl);
  if (pinned) yield* splitHugePmd(task, parent, vpn);
  else if ((maps || isMigration(leaf)) && !isHugetlb(arena, head)) addRss(arena, child, PTRS_PER_TABLE);
  return !pinned;
}

/**
 * copy_page_range for one VMA of the parent, inside one PROTECTION_PAGE bracket.
 *
 * @kernel mm/memory.c copy_page_range
 */
export function* copyPageRange(task: Task, parent: Mm, child: Mm, vma: Vma): Steps<Errno> {
  const { arena } = task;
  const heir: Heir = { child, vma };
  // Without private pages there is nothing to copy: a fault finds the file's again. A driver's pages it would not find, nor guards.
  if (load(arena, vma + Vma.anonVma) === 0 && (vmaFlags(arena, vma) & (VM_MIXEDMAP | VM_MAYBE_GUARD)) === 0) return 0;
  const start = vmaStart(arena, vma);
  const end = vmaEnd(arena, vma);
  const pgd = get(arena, parent + Mm.pgd);
  const range = notifierRange(MMU_NOTIFY_PROTECTION_PAGE, parent, start, end);
  yield* mmuNotifierInvalidateRangeStart(task, range);
  let result = 0;
  for (let vpn = nextPopulated(arena, pgd, start, end); vpn < end && result === 0; vpn = nextPopulated(arena, pgd, vpn, end)) {
    const stop = tableEnd(vpn, end);
    const table = lookupTable(arena, pgd, vpn);
    const leaf = hugeLeaf(arena, table);
    if (leaf !== EMPTY_LEAF) {
      const whole = leaf !== 0 && (yield* copyLeaf(task, parent, child, table, vpn));
      if (!whole) result = yield* copyTable(task, heir, table, vpn, stop);
    }
    vpn = stop;
  }
  yield* mmuNotifierInvalidateRangeEnd(task, range);
  return result;
}
