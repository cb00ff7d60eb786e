/** move_page_tables: the entries of a mapping go to another place, whatever they are. */

import { get, load, store, xchg } from '../../arena/access.ts';
import { PTRS_PER_TABLE } from '../../arena/config.ts';
import { Mm, Vma } from '../../arena/structures.ts';
import type { Vpn } from '../../arena/units.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../../notifier/invalidate.ts';
import { MMU_NOTIFY_UNMAP, notifierRange } from '../../notifier/range.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { addressSpaceOf } from '../file/addressSpace.ts';
import { hugeStart, leafOf, splitHugePmd } from '../huge/splitHugePmd.ts';
import { anonVmaLock, anonVmaOf, anonVmaUnlock } from '../rmap/rmap.ts';
import { fileMappingLock, fileMappingUnlock } from '../rmap/rmapFile.ts';
import { flushTlbPage, flushTlbRange } from '../table/flush.ts';
import { EMPTY_LEAF, ptePresent } from '../table/pte.ts';
import { ensureEntries, ensureTable, hugeLeaf, lookupTable, nextPopulated, pteAt, ptlOf, tableEnd } from '../table/tables.ts';

/** Moves one entry verbatim, whatever its kind. Both page-table locks are held by old-then-new order. */
function* moveEntry(task: Task, mm: Mm, from: Vpn, to: Vpn): Steps<boolean> {
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
    if (ptePresent(pte)) yield* flushTlbPage(task, mm, from);
  }
  if (newPtl !== oldPtl) yield* spinUnlock(task, newPtl, LockClass.ptl);
  yield* spinUnlock(task, oldPtl, LockClass.ptl);
  return true;
}

/**
 * move_huge_pmd: a leaf whose two places are aligned alike moves whole; an empty one stays. False when it was split instead.
 */
function* moveLeaf(task: Task, mm: Mm, from: Vpn, stop: Vpn, to: Vpn): Steps<boolean> {
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
  if (ptePresent(leaf)) yield* flushTlbRange(task, { mm, start: from, end: stop });
  yield* spinUnlock(task, ptlOf(arena, newTable), LockClass.ptl);
  yield* spinUnlock(task, ptlOf(arena, oldTable), LockClass.ptl);
  return true;
}

/** [from, from + pages) moves to `to`. */
export interface Move {
  readonly mm: Mm;
  readonly from: Vpn;
  readonly to: Vpn;
  readonly pages: number;
}

/** move_normal_pmd: where the whole table of `start` has moved to a place aligned alike, none is left behind, and there is one over there. */
function* leaveTable(task: Task, { mm, from, to, pages }: Move, start: Vpn): Steps<void> {
  const { arena } = task;
  if (start < from || start + PTRS_PER_TABLE > from + pages || (to - from) % PTRS_PER_TABLE !== 0) return;
  const pgd = get(arena, mm + Mm.pgd);
  yield* ensureEntries(task, mm + Mm.pageTableLock, pgd, to + (start - from));
  const table = lookupTable(arena, pgd, start);
  yield* spinLock(task, ptlOf(arena, table), LockClass.ptl);
  store(arena, pteAt(arena, table, 0), EMPTY_LEAF);
  yield* spinUnlock(task, ptlOf(arena, table), LockClass.ptl);
}

/**
 * Moves the entries of [from, from + pages) in one UNMAP bracket. The rmap lock is held throughout: a walk could otherwise look
 * at the new address before and at the old one after the move, and miss the page. False when page-table pages run out half-way.
 *
 * @kernel mm/mremap.c move_page_tables
 */
export function* movePageTables(task: Task, vma: Vma, move: Move): Steps<boolean> {
  const { arena } = task;
  const { mm, from, to, pages } = move;
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
    if (arena.hasHuge && next >= stop) yield* leaveTable(task, move, hugeStart(vpn));
    vpn = next;
  }
  if (anonVma !== 0) yield* anonVmaUnlock(task, anonVma);
  if (file !== 0) yield* fileMappingUnlock(task, file);
  yield* mmuNotifierInvalidateRangeEnd(task, range);
  return done;
}
