/** Migration entries for a whole leaf: a huge page that is on its way (set_pmd_migration_entry, remove_migration_pmd). */

import { get, store } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { PTRS_PER_TABLE } from '../arena/config.ts';
import { Counter } from '../arena/counters.ts';
import { Mm, type Vma } from '../arena/structures.ts';
import type { PageTable, Pfn, Pte } from '../arena/units.ts';
import { compoundMapcount } from '../mm/huge/compound.ts';
import { fillFromLeaf, invalidateLeaf, leafOf, splitHugePmd } from '../mm/huge/splitHugePmd.ts';
import { compoundHead, getPage, maybeDmaPinned, PG_ANON_EXCLUSIVE, PG_DIRTY, pageFlags, setPageFlags } from '../mm/page/page.ts';
import { trylockPage, unlockPage } from '../mm/page/pageLock.ts';
import { putPage } from '../mm/page/zone.ts';
import { addAnonRmap, removeRmap, rmapWalk, shareAnonRmap } from '../mm/rmap/rmap.ts';
import { eachCompoundMapping } from '../mm/split/compoundRmap.ts';
import { flushTlbRange, type Outdated } from '../mm/table/flush.ts';
import {
  isMigration,
  LEAF_MIGRATION_READ,
  leafKind,
  mapsPage,
  PTE_DIRTY,
  PTE_HUGE,
  ptePfn,
  ptePresent,
} from '../mm/table/pte.ts';
import { hugeLeaf, lookupTable, pteAt, ptlOf, tableEnd } from '../mm/table/tables.ts';
import { vmaFlags } from '../mm/vma/vma.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../notifier/invalidate.ts';
import { MMU_NOTIFY_CLEAR, notifierRange } from '../notifier/range.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import { LockClass } from '../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../sync/spinlock.ts';
import { count, type Task } from '../sync/task.ts';
import { migrationEntryFor, restoredEntry, toMigrationEntry } from './migrationEntries.ts';
import { isOfFault } from './slotLock.ts';

/** Locks a huge page, unless the fault has done that, and references all pieces. False, with nothing taken, if it is locked. */
function* takePieces(task: Task, head: Pfn, faultPage: Pfn): Steps<boolean> {
  yield* getPage(task, head);
  if (!isOfFault(task.arena, head, faultPage) && !(yield* trylockPage(task, head))) {
    yield* putPage(task, head);
    return false;
  }
  for (let pfn = head + 1; pfn < head + PTRS_PER_TABLE; pfn++) yield* getPage(task, pfn);
  return true;
}

function* releasePieces(task: Task, head: Pfn, faultPage: Pfn): Steps<void> {
  if (!isOfFault(task.arena, head, faultPage)) yield* unlockPage(task, head);
  for (let pfn = head; pfn < head + PTRS_PER_TABLE; pfn++) yield* putPage(task, pfn);
}

/** May a piece be pinned that is exclusive? Then the page stays. */
function isPinned(arena: Arena, head: Pfn): boolean {
  for (let pfn = head; pfn < head + PTRS_PER_TABLE; pfn++) if (maybeDmaPinned(arena, pfn)) return true;
  return false;
}

/**
 * Replaces the leaf of `table` by a migration entry for the same page. Returns the leaf as it was, or 0 when the page may be pinned,
 * and then nothing has changed. Under the PTL.
 *
 * @kernel mm/huge_memory.c set_pmd_migration_entry
 */
function* toMigrationLeaf(task: Task, table: PageTable, range: Outdated): Steps<number> {
  const { arena } = task;
  const word = pteAt(arena, table, 0);
  const head = ptePfn(get(arena, word));
  yield Point.clearPte;
  const leaf = invalidateLeaf(arena, word);
  if (ptePresent(leaf)) yield* flushTlbRange(task, range);
  const exclusive = (pageFlags(arena, head) & PG_ANON_EXCLUSIVE) !== 0;
  if (exclusive && isPinned(arena, head)) {
    store(arena, word, leaf);
    return 0;
  }
  yield Point.setPte;
  store(arena, word, migrationEntryFor(leaf, exclusive) | PTE_HUGE);
  for (let pfn = head; pfn < head + PTRS_PER_TABLE; pfn++) {
    if (ptePresent(leaf) && (leaf & PTE_DIRTY) !== 0) setPageFlags(arena, pfn, PG_DIRTY);
    if (exclusive) shareAnonRmap(arena, pfn);
    removeRmap(arena, pfn);
    yield* putPage(task, pfn);
  }
  return leaf;
}

/** The same, and the page is locked, all its pieces referenced. 0, with nothing taken, when it cannot be had. */
export function* takeLeaf(task: Task, table: PageTable, faultPage: Pfn, range: Outdated): Steps<number> {
  const head = ptePfn(get(task.arena, pteAt(task.arena, table, 0)));
  if (!(yield* takePieces(task, head, faultPage))) return 0;
  const leaf = yield* toMigrationLeaf(task, table, range);
  if (leaf === 0) yield* releasePieces(task, head, faultPage);
  return leaf;
}

/** Entries of [start, end), which lies below one table, for pieces of `head`. False when one of them stays. Under the PTL. */
function* takeEntries(task: Task, table: PageTable, head: Pfn, range: Outdated): Steps<boolean> {
  const { arena } = task;
  const { mm, start, end } = range;
  for (let vpn = start; vpn < end; vpn++) {
    const word = pteAt(arena, table, vpn);
    const pte = get(arena, word);
    if (!mapsPage(pte) || compoundHead(arena, ptePfn(pte)) !== head) continue;
    if (!(yield* toMigrationEntry(task, word, ptePfn(pte), { mm, start: vpn, end: vpn + 1 }))) return false;
  }
  return true;
}

/**
 * try_to_migrate for a huge page as a whole, locked, and all pieces referenced: every leaf and every entry that maps a piece becomes a
 * migration entry, in one event for each mapping. Ends early where the page may be pinned.
 *
 * @kernel mm/rmap.c try_to_migrate_one
 */
export function* tryToMigrateHuge(task: Task, head: Pfn): Steps<void> {
  const { arena } = task;
  if (compoundMapcount(arena, head) === 0) return;
  yield* eachCompoundMapping(task, head, function* ({ mm, start, end }) {
    const range = notifierRange(MMU_NOTIFY_CLEAR, mm, start, end);
    yield* mmuNotifierInvalidateRangeStart(task, range);
    let proceed = true;
    for (let at = start; at < end && proceed; at = tableEnd(at, end)) {
      const table = lookupTable(arena, get(arena, mm + Mm.pgd), at);
      if (table === 0) continue;
      const ptl = ptlOf(arena, table);
      yield* spinLock(task, ptl, LockClass.ptl);
      const leaf = hugeLeaf(arena, table);
      const below = { mm, start: at, end: tableEnd(at, end) };
      if (leaf === 0) proceed = yield* takeEntries(task, table, head, below);
      else if (mapsPage(leaf) && ptePfn(leaf) === head) proceed = (yield* toMigrationLeaf(task, table, below)) !== 0;
      yield* spinUnlock(task, ptl, LockClass.ptl);
    }
    yield* mmuNotifierInvalidateRangeEnd(task, range);
    return proceed && compoundMapcount(arena, head) > 0;
  });
}

/** Calls `visit` for every address space whose leaf is the migration entry of `from`; `page` is what has its rmap. Under the PTL. */
function* eachMigrationLeaf(
  task: Task,
  from: Pfn,
  page: Pfn,
  visit: (table: PageTable, leaf: Pte, vma: Vma, range: Outdated) => Steps<void>,
): Steps<void> {
  const { arena } = task;
  yield* rmapWalk(task, page, function* (vma, mm, vpn) {
    const table = vpn % PTRS_PER_TABLE === 0 ? lookupTable(arena, get(arena, mm + Mm.pgd), vpn) : 0;
    if (table === 0) return true;
    const ptl = ptlOf(arena, table);
    yield* spinLock(task, ptl, LockClass.ptl);
    const leaf = hugeLeaf(arena, table);
    if (isMigration(leaf) && ptePfn(leaf) === from) yield* visit(table, leaf, vma, { mm, start: vpn, end: vpn + PTRS_PER_TABLE });
    yield* spinUnlock(task, ptl, LockClass.ptl);
    return true;
  });
}

/**
 * The migration leaves of `from` become leaves of the huge page `to` (the same page when it stays).
 *
 * @kernel mm/huge_memory.c remove_migration_pmd
 */
export function* removeMigrationLeaves(task: Task, from: Pfn, to: Pfn): Steps<void> {
  const { arena } = task;
  yield* eachMigrationLeaf(task, from, to, function* (table, leaf, vma) {
    const exclusive = leafKind(leaf) !== LEAF_MIGRATION_READ;
    for (let pfn = to; pfn < to + PTRS_PER_TABLE; pfn++) {
      yield* getPage(task, pfn);
      addAnonRmap(arena, pfn, exclusive);
    }
    yield Point.setPte;
    store(arena, pteAt(arena, table, 0), restoredEntry(task, leaf, to, vmaFlags(arena, vma)) | PTE_HUGE);
    if (to !== from) count(task, Counter.hugeMigrations);
  });
}

/** The migration leaves of `from` become migration entries, so that each piece can go its own way. */
export function* splitMigrationLeaves(task: Task, from: Pfn): Steps<void> {
  yield* eachMigrationLeaf(task, from, from, (table, leaf, _vma, { mm, start }) => fillFromLeaf(task, mm, start, table, leaf));
}

/**
 * split_huge_pmd_address of an unmapped huge page, in *every* address space that has a migration leaf for it, and an event for each: a
 * leaf that stayed would be resolved as if the first piece were all of it.
 *
 * @kernel mm/migrate_device.c migrate_vma_split_unmapped_folio
 */
export function* splitUnmappedLeaves(task: Task, head: Pfn): Steps<void> {
  const { arena } = task;
  yield* rmapWalk(task, head, function* (_vma, mm, vpn) {
    const leaf = vpn % PTRS_PER_TABLE === 0 ? leafOf(arena, mm, vpn) : 0;
    if (isMigration(leaf) && ptePfn(leaf) === head) yield* splitHugePmd(task, mm, vpn);
    return true;
  });
}
