/** migrate_vma_finalize: migration entries become entries of the new page, or of the old one where the move failed. */

import { PTRS_PER_TABLE } from '../arena/config.ts';
import type { Pfn } from '../arena/units.ts';
import { addLru } from '../mm/page/memcg.ts';
import { isDevicePage } from '../mm/page/page.ts';
import { putPage } from '../mm/page/zone.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { MIGRATE_PFN_COMPOUND, MIGRATE_PFN_MIGRATE, migratePfnToPage } from './migratePfn.ts';
import { removeMigrationPtes } from './migrationEntries.ts';
import { removeMigrationLeaves, splitMigrationLeaves } from './migrationLeaf.ts';
import { isOfFault, unlockSlot } from './slotLock.ts';

/** The destination of slot `i` is released: the mapping's reference keeps it if it was installed, else it is freed. */
function* release(task: Task, dst: Int32Array, i: number): Steps<void> {
  const pfn = migratePfnToPage(dst[i] as number);
  yield* unlockSlot(task, pfn, dst, i + 1);
  yield* putPage(task, pfn);
}

/** Does a huge page move as one: all its pieces, to the pieces of another? */
function movesWhole(src: Int32Array, dst: Int32Array, first: number): boolean {
  if (((dst[first] as number) & MIGRATE_PFN_COMPOUND) === 0) return false;
  const pieces = src.subarray(first, first + PTRS_PER_TABLE);
  return pieces.every((slot) => (slot & MIGRATE_PFN_MIGRATE) !== 0);
}

/** The leaves of a huge page come back as leaves of the new one; if it does not move as one, its pieces get an entry each. */
function* finalizeLeaves(task: Task, src: Int32Array, dst: Int32Array, first: number): Steps<void> {
  const from = migratePfnToPage(src[first] as number);
  if (!movesWhole(src, dst, first)) {
    yield* splitMigrationLeaves(task, from);
    return;
  }
  const to = migratePfnToPage(dst[first] as number);
  if (!isDevicePage(task.arena, to)) for (let i = 0; i < PTRS_PER_TABLE; i++) addLru(task.arena, to + i);
  yield* removeMigrationLeaves(task, from, to);
}

/** @kernel mm/migrate_device.c __migrate_device_finalize */
export function* finalizePages(task: Task, src: Int32Array, dst: Int32Array, faultPage: Pfn): Steps<void> {
  const { arena } = task;
  for (let i = 0; i < src.length; i++) {
    const slot = src[i] as number;
    const from = migratePfnToPage(slot);
    let to = migratePfnToPage(dst[i] as number);
    if ((slot & MIGRATE_PFN_COMPOUND) !== 0 && from !== 0) yield* finalizeLeaves(task, src, dst, i);
    if (from === 0) {
      if (to !== 0) yield* release(task, dst, i);
      continue;
    }
    if ((slot & MIGRATE_PFN_MIGRATE) === 0 || to === 0) {
      if (to !== 0) yield* release(task, dst, i);
      to = from;
    }
    yield Point.migrateFinalize;
    if (!isDevicePage(arena, to)) addLru(arena, to);
    yield* removeMigrationPtes(task, from, to);
    if (!isOfFault(arena, from, faultPage)) yield* unlockSlot(task, from, src, i + 1);
    yield* putPage(task, from);
    if (to !== from) yield* release(task, dst, i);
  }
}
