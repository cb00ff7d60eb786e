/** migrate_vma_pages: the state of each source moves to its destination; holes are filled. */

import { PTRS_PER_TABLE } from '../arena/config.ts';
import type { Pfn } from '../arena/units.ts';
import { Violation } from '../arena/violation.ts';
import { dissolve, extraReferences } from '../mm/huge/compound.ts';
import { memCgroupMigrate } from '../mm/page/memcg.ts';
import {
  isDevicePage,
  isFilePage,
  PG_DIRTY,
  PG_MIGRATED,
  PG_UPTODATE,
  pageCount,
  pageFlags,
  pageIndex,
  pageMapcount,
  pageMapping,
  pageSwap,
  setAnonMapping,
  setPageFlags,
} from '../mm/page/page.ts';
import { hasLocked } from '../mm/page/pageLock.ts';
import { freeSwap, moveInSwapCache, NO_SLOT } from '../mm/swap/swap.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../notifier/invalidate.ts';
import { MMU_NOTIFY_MIGRATE, type NotifierRange, notifierRange } from '../notifier/range.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { insertHugePage, insertPage } from './insertPage.ts';
import { MIGRATE_PFN_COMPOUND, MIGRATE_PFN_MIGRATE, migratePfnToPage } from './migratePfn.ts';
import { splitUnmappedLeaves } from './migrationLeaf.ts';
import type { MigrateVma } from './transaction.ts';

/**
 * A destination is the driver's alone until it is installed: locked by this thread and mapped by nobody. A second reference
 * is no objection: an eviction by page frame takes one to look, fails to lock, and drops it.
 */
function checkDestination(task: Task, pfn: Pfn): void {
  const { arena } = task;
  if (!hasLocked(task, pfn) || pageCount(arena, pfn) < 1 || pageMapcount(arena, pfn) !== 0) {
    throw new Violation(
      'I-MIG',
      `destination page ${pfn} is not locked and exclusively owned (refcount ${pageCount(arena, pfn)})`,
    );
  }
}

/** folio_migrate_mapping and folio_migrate_flags for an anonymous page; false when somebody holds a reference. */
function* commitPage(task: Task, from: Pfn, to: Pfn, faultPage: Pfn): Steps<boolean> {
  const { arena } = task;
  yield Point.migrateCommit;
  // A page of a file goes to no device, and nothing of a file comes from one.
  if (isFilePage(arena, from)) return false;
  let slot = pageSwap(arena, from) - 1;
  if (slot !== NO_SLOT && isDevicePage(arena, to)) {
    // No page of a device is in the swap cache: the slot is given back, or the page stays.
    if (!(yield* freeSwap(task, from))) return false;
    slot = NO_SLOT;
  }
  const cached = pageSwap(arena, from) !== 0 ? 1 : 0;
  const expected = pageMapcount(arena, from) + 1 + cached + (from === faultPage ? 1 : 0);
  if (pageCount(arena, from) !== expected) return false;
  memCgroupMigrate(arena, from, to);
  if ((setPageFlags(arena, from, PG_MIGRATED) & PG_MIGRATED) !== 0) {
    throw new Violation(
      'I-MIG',
      `page ${from} is committed to page ${to}, though it was committed before and only waits to be freed`,
    );
  }
  if (slot !== NO_SLOT) yield* moveInSwapCache(task, slot, from, to);
  // A device page that nobody has mapped yet, as its own migration came to nothing, has no mapping; nor has its copy then.
  const mapping = pageMapping(arena, from);
  if (mapping !== 0) setAnonMapping(arena, to, mapping, pageIndex(arena, from));
  setPageFlags(arena, to, (pageFlags(arena, from) & PG_DIRTY) | PG_UPTODATE);
  return true;
}

/**
 * The destinations of a huge page are small ones: it becomes single pages, wherever it is mapped, before they take its place. False when
 * somebody has another reference than these, and then it stays. The leaves are split nevertheless.
 */
function* splitUnmapped(task: Task, head: Pfn, references: number): Steps<boolean> {
  const { arena } = task;
  yield* splitUnmappedLeaves(task, head);
  yield Point.migrateCommit;
  if (extraReferences(arena, head) !== references) return false;
  // Its pieces stay locked: each has a destination.
  const pieces = Array.from({ length: PTRS_PER_TABLE }, (_, i) => head + i);
  yield* dissolve(task, head, pieces);
  return true;
}

/** Does the huge page of a slot get small destinations? */
const isForSmall = (slot: number, from: Pfn, dst: number): boolean =>
  from !== 0 && (slot & MIGRATE_PFN_COMPOUND) !== 0 && (dst & MIGRATE_PFN_COMPOUND) === 0;

/**
 * `migrate` is null for the variants without a VMA, which have no holes.
 *
 * @kernel mm/migrate_device.c __migrate_device_pages, folio_migrate_mapping, folio_migrate_flags
 */
export function* commitPages(
  task: Task,
  src: Int32Array,
  dst: Int32Array,
  faultPage: Pfn,
  migrate: MigrateVma | null,
): Steps<void> {
  let bracket: NotifierRange | null = null;
  for (let i = 0; i < src.length; i++) {
    let slot = src[i] as number;
    const to = migratePfnToPage(dst[i] as number);
    const from = migratePfnToPage(slot);
    if (isForSmall(slot, from, dst[i] as number)) {
      slot &= ~MIGRATE_PFN_COMPOUND;
      src[i] = slot;
      // As in the kernel, that of a CPU fault is not counted: the page stays, and the fault finds its way piece by piece.
      const isSplit = yield* splitUnmapped(task, from, PTRS_PER_TABLE);
      for (let piece = i; piece < i + PTRS_PER_TABLE && !isSplit; piece++)
        src[piece] = (src[piece] as number) & ~MIGRATE_PFN_MIGRATE;
      slot = src[i] as number;
    }
    if (to === 0) {
      src[i] = slot & ~MIGRATE_PFN_MIGRATE;
      continue;
    }
    checkDestination(task, to);
    if ((slot & MIGRATE_PFN_MIGRATE) === 0) continue;
    if (from !== 0) {
      if (!(yield* commitPage(task, from, to, faultPage))) src[i] = slot & ~MIGRATE_PFN_MIGRATE;
      continue;
    }
    if (migrate === null) throw new Violation('I-MIG', 'a hole in a migration without a VMA');
    const vpn = migrate.start + i;
    if (bracket === null) {
      // Once, at the first hole: the zero page may still be mapped by a device.
      bracket = notifierRange(MMU_NOTIFY_MIGRATE, migrate.mm, vpn, migrate.end, migrate.pgmapOwner);
      yield* mmuNotifierInvalidateRangeStart(task, bracket);
    }
    if ((slot & (dst[i] as number) & MIGRATE_PFN_COMPOUND) !== 0) {
      const inserted = yield* insertHugePage(task, migrate, vpn, to);
      for (let piece = i; piece < i + PTRS_PER_TABLE; piece++) src[piece] = inserted ? MIGRATE_PFN_MIGRATE : 0;
      i += PTRS_PER_TABLE - 1;
      continue;
    }
    src[i] = (yield* insertPage(task, migrate, vpn, to)) ? MIGRATE_PFN_MIGRATE : 0;
  }
  if (bracket !== null) yield* mmuNotifierInvalidateRangeEnd(task, bracket);
}
