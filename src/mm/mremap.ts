/** mremap: shrinking, growing in place, and moving a mapping with its entries. */
import { get, load, set, store, xchg } from '../arena/access.ts';
import { PTRS_PER_TABLE, VPN_LIMIT } from '../arena/config.ts';
import { EFAULT, EINVAL, ENOMEM } from '../arena/errno.ts';
import { Mm, Vma } from '../arena/structures.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../notifier/invalidate.ts';
import { MMU_NOTIFY_UNMAP, notifierRange } from '../notifier/range.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import { LockClass } from '../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../sync/spinlock.ts';
import type { Task } from '../sync/task.ts';
import { addressSpaceOf } from './addressSpace.ts';
import { unmapLocked } from './mmap.ts';
import { mmapWriteLock, mmapWriteUnlock } from './mmapLock.ts';
import { EMPTY_LEAF, ptePresent } from './pte.ts';
import { anonVmaLock, anonVmaOf, anonVmaUnlock } from './rmap.ts';
import { fileMappingLock, fileMappingUnlock } from './rmapFile.ts';
import { leafOf, splitHugePmd } from './splitHugePmd.ts';
import { ensureEntries, ensureTable, hugeLeaf, lookupTable, nextPopulated, pteAt, ptlOf, tableEnd } from './tables.ts';
import { CPU, flushTlb } from './tlb.ts';
import {
  anonVmaForget,
  linearPageIndex,
  mergeAround,
  mergeVmas,
  rmapClone,
  splitAt,
  VM_LOCKED,
  VM_SPECIAL,
  vmaAlloc,
  vmaEnd,
  vmaFlags,
  vmaInsert,
  vmaIsAnonymous,
  vmaLookup,
  vmaStart,
  vmasIn,
} from './vma.ts';

/** Moves one entry verbatim, whatever its kind. Both page-table locks are held by old-then-new order. */
function* moveEntry(task: Task, mm: number, from: number, to: number): Steps<boolean> {
  const { arena } = task;
  const pgd = get(arena, mm + Mm.pgd);
  const oldTable = lookupTable(arena, pgd, from);
  const newTable = yield* ensureEntries(task, mm + Mm.pageTableLock, pgd, to);
  if (newTable === 0) return false;
  const oldPtl = ptlOf(arena, oldTable);
  const newPtl = ptlOf(arena, newTable);
  yield* spinLock(task, oldPtl, LockClass.ptl);
  if (newPtl !== oldPtl) yield* spinLock(task, newPtl, LockClass.ptl);
  yield Point.clearPte;
  const pte = xchg(arena, pteAt(arena, oldTable, from), 0);
  if (pte !== 0) {
    yield Point.setPte;
    store(arena, pteAt(arena, newTable, to), pte);
    if (ptePresent(pte)) yield* flushTlb(task, CPU);
  }
  if (newPtl !== oldPtl) yield* spinUnlock(task, newPtl, LockClass.ptl);
  yield* spinUnlock(task, oldPtl, LockClass.ptl);
  return true;
}

/**
 * move_huge_pmd: a leaf whose two places are aligned alike moves whole; an empty one stays. False when it was split instead.
 */
function* moveLeaf(task: Task, mm: number, from: number, stop: number, to: number): Steps<boolean> {
  const { arena } = task;
  const pgd = get(arena, mm + Mm.pgd);
  if (leafOf(arena, mm, from) === 0) return true;
  const newTable =
    stop - from === PTRS_PER_TABLE && to % PTRS_PER_TABLE === 0 ? yield* ensureTable(task, mm + Mm.pageTableLock, pgd, to) : 0;
  if (newTable === 0) {
    yield* splitHugePmd(task, mm, from);
    return false;
  }
  const oldTable = lookupTable(arena, pgd, from);
  yield* spinLock(task, ptlOf(arena, oldTable), LockClass.ptl);
  yield* spinLock(task, ptlOf(arena, newTable), LockClass.ptl);
  yield Point.clearPte;
  const leaf = xchg(arena, pteAt(arena, oldTable, 0), EMPTY_LEAF);
  yield Point.setPte;
  store(arena, pteAt(arena, newTable, 0), leaf);
  if (ptePresent(leaf)) yield* flushTlb(task, CPU);
  yield* spinUnlock(task, ptlOf(arena, newTable), LockClass.ptl);
  yield* spinUnlock(task, ptlOf(arena, oldTable), LockClass.ptl);
  return true;
}

/** move_normal_pmd: where a whole table has moved to a place aligned alike, none is left behind, and there is one over there. */
function* leaveTable(task: Task, mm: number, start: number, from: number, end: number, to: number): Steps<void> {
  const { arena } = task;
  if (start < from || start + PTRS_PER_TABLE > end || (to - from) % PTRS_PER_TABLE !== 0) return;
  const pgd = get(arena, mm + Mm.pgd);
  yield* ensureEntries(task, mm + Mm.pageTableLock, pgd, to + (start - from));
  const table = lookupTable(arena, pgd, start);
  yield* spinLock(task, ptlOf(arena, table), LockClass.ptl);
  store(arena, pteAt(arena, table, 0), EMPTY_LEAF);
  yield* spinUnlock(task, ptlOf(arena, table), LockClass.ptl);
}

/**
 * move_page_tables. The rmap lock is held throughout: a walk could otherwise look at the new address before and at the old
 * one after the move, and miss the page.
 */
function* moveEntries(task: Task, mm: number, vma: number, from: number, to: number, pages: number): Steps<boolean> {
  const { arena } = task;
  const anonVma = load(arena, vma + Vma.anonVma) === 0 ? 0 : anonVmaOf(arena, vma);
  const range = notifierRange(MMU_NOTIFY_UNMAP, mm, from, from + pages);
  yield* mmuNotifierInvalidateRangeStart(task, range);
  const file = get(arena, vma + Vma.mapping) === 0 ? 0 : addressSpaceOf(arena, get(arena, vma + Vma.mapping));
  if (file !== 0) yield* fileMappingLock(task, file);
  if (anonVma !== 0) yield* anonVmaLock(task, anonVma);
  const pgd = get(arena, mm + Mm.pgd);
  let done = true;
  let vpn = nextPopulated(arena, pgd, from, from + pages);
  while (vpn < from + pages && done) {
    const stop = tableEnd(vpn, from + pages);
    if (hugeLeaf(arena, lookupTable(arena, pgd, vpn)) !== 0 && (yield* moveLeaf(task, mm, vpn, stop, to + (vpn - from)))) {
      vpn = nextPopulated(arena, pgd, stop, from + pages);
      continue;
    }
    if (load(arena, pteAt(arena, lookupTable(arena, pgd, vpn), vpn)) !== 0) {
      done = yield* moveEntry(task, mm, vpn, to + (vpn - from));
    }
    const next = nextPopulated(arena, pgd, vpn + 1, from + pages);
    if (arena.hasHuge && next >= stop) yield* leaveTable(task, mm, stop - PTRS_PER_TABLE, from, from + pages, to);
    vpn = next;
  }
  if (anonVma !== 0) yield* anonVmaUnlock(task, anonVma);
  if (file !== 0) yield* fileMappingUnlock(task, file);
  yield* mmuNotifierInvalidateRangeEnd(task, range);
  return done;
}

function* moveVma(
  task: Task,
  mm: number,
  from: number,
  pages: number,
  to: number,
  newPages: number,
  keep: boolean,
): Steps<number> {
  const { arena } = task;
  // The source is cut out first: once the entries have moved, nothing may fail any more.
  const whole =
    vmaStart(arena, vmaLookup(arena, mm, from)) === from && vmaEnd(arena, vmaLookup(arena, mm, from)) === from + pages;
  const cut = yield* splitAt(task, mm, from, from + pages);
  const vma = vmaLookup(arena, mm, from);
  // Memory nobody has touched yet is as good as new at its new place: it merges with what is there.
  const untouched = cut && vmaIsAnonymous(arena, vma) && load(arena, vma + Vma.anonVma) === 0;
  const pgoff = untouched ? to : linearPageIndex(arena, vma, from);
  const copy = cut ? vmaAlloc(arena, vmaFlags(arena, vma), pgoff) : 0;
  if (copy === 0) {
    yield* mergeVmas(task, mm, from, from + pages);
    return -ENOMEM;
  }
  vmaInsert(arena, mm, copy, to, to + newPages);
  yield* rmapClone(task, copy, vma);
  const moved = yield* moveEntries(task, mm, vma, from, to, Math.min(pages, newPages));
  if (!moved) {
    // Out of page-table pages half-way: bring back what was moved, then drop the copy.
    yield* moveEntries(task, mm, copy, to, from, Math.min(pages, newPages));
    yield* unmapLocked(task, mm, to, to + newPages);
    yield* mergeVmas(task, mm, from, from + pages);
    return -ENOMEM;
  }
  if (keep) {
    set(arena, vma + Vma.flags, vmaFlags(arena, vma) & ~VM_LOCKED);
    // Nothing is left here that a reverse mapping could lead to.
    if (whole) yield* anonVmaForget(task, vma);
    yield* mergeAround(task, mm, copy);
    yield* mergeVmas(task, mm, from, from + pages);
  } else {
    yield* mergeAround(task, mm, copy);
    yield* unmapLocked(task, mm, from, from + pages);
  }
  return to;
}

/**
 * mremap of `pages` pages at `from` to `newPages` pages. With `to` given (MREMAP_FIXED) it is moved there and what was
 * there goes; without, it shrinks, grows in place if there is room, or fails.
 *
 * With `keep` (MREMAP_DONTUNMAP) the old mapping stays, empty. An error may come after what was at `to` has gone, and after the
 * source has shrunk.
 *
 * @returns the first page of the mapping, -EINVAL (bad ranges, or they overlap), -EFAULT (not inside one VMA) or -ENOMEM.
 */
export function* mremap(
  task: Task,
  mm: number,
  from: number,
  pages: number,
  newPages: number,
  to = -1,
  keep = false,
): Steps<number> {
  if (pages <= 0 || newPages <= 0 || to + newPages > VPN_LIMIT || from + newPages > VPN_LIMIT) return -EINVAL;
  if (to < -1 || (keep && (to === -1 || pages !== newPages))) return -EINVAL;
  yield* mmapWriteLock(task, mm);
  const result = yield* mremapLocked(task, mm, from, pages, newPages, to, keep);
  yield* mmapWriteUnlock(task, mm);
  return result;
}

/** mremap_to: what is at the destination goes and the source shrinks, before anybody asks whether it is one VMA. */
function* mremapTo(
  task: Task,
  mm: number,
  from: number,
  pages: number,
  newPages: number,
  to: number,
  keep: boolean,
): Steps<number> {
  const { arena } = task;
  if (to < from + pages && from < to + newPages) return -EINVAL;
  let error = yield* unmapLocked(task, mm, to, to + newPages);
  if (error === 0 && newPages < pages) error = yield* unmapLocked(task, mm, from + newPages, from + pages);
  if (error !== 0) return error;
  const left = Math.min(pages, newPages);
  const vma = vmaLookup(arena, mm, from);
  if (vma === 0 || vmaEnd(arena, vma) < from + left) return -EFAULT;
  if (keep && (vmaFlags(arena, vma) & VM_SPECIAL) !== 0) return -EINVAL;
  return yield* moveVma(task, mm, from, left, to, newPages, keep);
}

function* mremapLocked(
  task: Task,
  mm: number,
  from: number,
  pages: number,
  newPages: number,
  to: number,
  keep: boolean,
): Steps<number> {
  const { arena } = task;
  const vma = vmaLookup(arena, mm, from);
  if (vma === 0) return -EFAULT;
  if (to !== -1) return yield* mremapTo(task, mm, from, pages, newPages, to, keep);
  if (vmaEnd(arena, vma) < from + pages) return -EFAULT;
  if (newPages <= pages) {
    const error = newPages === pages ? 0 : yield* unmapLocked(task, mm, from + newPages, from + pages);
    return error !== 0 ? error : from;
  }
  const end = from + pages;
  if (vmaEnd(arena, vma) !== end || vmasIn(arena, mm, end, from + newPages).length > 0) return -ENOMEM;
  const grown = vmaAlloc(arena, vmaFlags(arena, vma), linearPageIndex(arena, vma, end));
  if (grown === 0) return -ENOMEM;
  vmaInsert(arena, mm, grown, end, from + newPages);
  yield* rmapClone(task, grown, vma);
  yield* mergeAround(task, mm, grown);
  return from;
}
