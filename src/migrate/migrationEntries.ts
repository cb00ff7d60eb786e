/** try_to_migrate and remove_migration_ptes: migration entries in every mapping of a page, and back. */

import { get, store } from '../arena/access.ts';
import { Mm } from '../arena/structures.ts';
import type { Pfn, Pte, Word } from '../arena/units.ts';
import { isDevicePrivatePage } from '../mm/page/devPagemap.ts';
import { getPage, isFilePage, maybeDmaPinned, PG_ANON_EXCLUSIVE, PG_DIRTY, pageFlags } from '../mm/page/page.ts';
import { putPage } from '../mm/page/zone.ts';
import { addAnonRmap, removeRmap, rmapWalk, shareAnonRmap } from '../mm/rmap/rmap.ts';
import { clearMapping, unmapEverywhere } from '../mm/rmap/unmap.ts';
import type { Outdated } from '../mm/table/flush.ts';
import {
  isHuge,
  isMigration,
  LEAF_DEVICE_PRIVATE_READ,
  LEAF_DEVICE_PRIVATE_WRITE,
  LEAF_MIGRATION_READ,
  LEAF_MIGRATION_READ_EXCLUSIVE,
  LEAF_MIGRATION_WRITE,
  leafKind,
  mkLeaf,
  mkPte,
  PTE_DIRTY,
  PTE_WRITE,
  PTE_YOUNG,
  ptePfn,
  ptePresent,
} from '../mm/table/pte.ts';
import { lookupTable, pteAt, ptlOf } from '../mm/table/tables.ts';
import { protectionBits, vmaFlags } from '../mm/vma/vma.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import { LockClass } from '../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../sync/spinlock.ts';
import type { Task } from '../sync/task.ts';

/** The migration entry that stands for `pte`; `exclusive` is the page's mark before it was dropped. */
export function migrationEntryFor(pte: Pte, exclusive: boolean): Pte {
  const writable = (ptePresent(pte) && (pte & PTE_WRITE) !== 0) || leafKind(pte) === LEAF_DEVICE_PRIVATE_WRITE;
  const kind = writable ? LEAF_MIGRATION_WRITE : exclusive ? LEAF_MIGRATION_READ_EXCLUSIVE : LEAF_MIGRATION_READ;
  return mkLeaf(kind, ptePfn(pte), ptePresent(pte) ? pte & (PTE_YOUNG | PTE_DIRTY) : 0);
}

/**
 * try_to_migrate: replaces every remaining mapping of a locked page by a migration entry. Ends early where the page may be pinned.
 *
 * @kernel mm/rmap.c try_to_migrate
 */
export function* tryToMigrate(task: Task, pfn: Pfn): Steps<void> {
  yield* unmapEverywhere(task, pfn, (word, _vma, range) => toMigrationEntry(task, word, pfn, range));
}

/** An entry for the page becomes a migration entry. False when it stays, as the page may be pinned. Under the PTL. */
export function* toMigrationEntry(task: Task, word: Word, pfn: Pfn, range: Outdated): Steps<boolean> {
  const { arena } = task;
  const pte = yield* clearMapping(task, word, pfn, range);
  const exclusive = (pageFlags(arena, pfn) & PG_ANON_EXCLUSIVE) !== 0;
  if (exclusive) {
    if (maybeDmaPinned(arena, pfn)) {
      store(arena, word, pte);
      return false;
    }
    shareAnonRmap(arena, pfn);
  }
  yield Point.setPte;
  store(arena, word, migrationEntryFor(pte, exclusive));
  removeRmap(arena, pfn);
  yield* putPage(task, pfn);
  return true;
}

/** The entry that takes the place of a migration entry for the page `to`. */
export function restoredEntry(task: Task, entry: Pte, to: Pfn, vm: number): Pte {
  const { arena } = task;
  const write = leafKind(entry) === LEAF_MIGRATION_WRITE;
  if (isDevicePrivatePage(arena, to)) return mkLeaf(write ? LEAF_DEVICE_PRIVATE_WRITE : LEAF_DEVICE_PRIVATE_READ, to);
  const dirty = (entry & PTE_DIRTY) !== 0 && (pageFlags(arena, to) & PG_DIRTY) !== 0 ? PTE_DIRTY : 0;
  return mkPte(to, protectionBits(vm) | (entry & PTE_YOUNG) | dirty | (write ? PTE_WRITE : 0));
}

/**
 * remove_migration_ptes: every migration entry of `from` becomes an entry of `to` (the same page when the migration
 * failed). No notifier and no flush: nothing was reachable. Entries that were zapped meanwhile are simply not found.
 *
 * @kernel mm/migrate.c remove_migration_ptes
 */
export function* removeMigrationPtes(task: Task, from: Pfn, to: Pfn): Steps<void> {
  const { arena } = task;
  yield* rmapWalk(task, to, function* (vma, mm, vpn) {
    const table = lookupTable(arena, get(arena, mm + Mm.pgd), vpn);
    if (table === 0) return true;
    const ptl = ptlOf(arena, table);
    yield* spinLock(task, ptl, LockClass.ptl);
    const word = pteAt(arena, table, vpn);
    const entry = get(arena, word);
    if (!isHuge(entry) && isMigration(entry) && ptePfn(entry) === from) {
      yield* getPage(task, to);
      const anonymous = !isFilePage(arena, to);
      addAnonRmap(arena, to, anonymous && leafKind(entry) !== LEAF_MIGRATION_READ);
      yield Point.setPte;
      store(arena, word, restoredEntry(task, entry, to, vmaFlags(arena, vma)));
    }
    yield* spinUnlock(task, ptl, LockClass.ptl);
    return true;
  });
}
