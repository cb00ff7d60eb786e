/** migrate_vma_collect: walks a range in a MIGRATE bracket. What is mapped is taken, what is empty is noted as a hole to be filled. */

import { forgetRound, get, observed } from '../arena/access.ts';
import { PTRS_PER_TABLE } from '../arena/config.ts';
import { Mm } from '../arena/structures.ts';
import type { Vpn } from '../arena/units.ts';
import { isOlder, Older } from '../kernels/older.ts';
import { splitHugePmd } from '../mm/huge/splitHugePmd.ts';
import { EMPTY_LEAF, isZeroLeaf, mapsPage, ptePfn } from '../mm/table/pte.ts';
import { hugeLeaf, lookupTable, nextPopulated, tableEnd } from '../mm/table/tables.ts';
import { vmaIsAnonymous } from '../mm/vma/vma.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../notifier/invalidate.ts';
import { MMU_NOTIFY_MIGRATE, notifierRange } from '../notifier/range.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { collectLeaf, splitFor } from './collectHuge.ts';
import { collectTable, HOLE, kindOf, SKIP, skip } from './collectTable.ts';
import { MIGRATE_PFN_COMPOUND, MIGRATE_PFN_MIGRATE, MIGRATE_VMA_SELECT_COMPOUND } from './migratePfn.ts';
import type { MigrateVma } from './transaction.ts';

/** migrate_vma_collect_hole: no table, so nothing is mapped. */
function collectHole(migrate: MigrateVma, from: Vpn, to: Vpn, anonymous: boolean): void {
  const { start, src, dst } = migrate;
  src.fill(anonymous ? MIGRATE_PFN_MIGRATE : 0, from - start, to - start);
  dst.fill(0, from - start, to - start);
  if (anonymous) migrate.cpages += to - from;
  migrate.npages += to - from;
}

/** Is the leaf, or the place for one, all inside the range, and does the caller take huge pages whole? */
const isWhole = ({ flags }: MigrateVma, from: Vpn, to: Vpn): boolean =>
  (flags & MIGRATE_VMA_SELECT_COMPOUND) !== 0 && to - from === PTRS_PER_TABLE;

/** A compound hole: a huge page may go where nothing, or the huge zero page, is mapped. */
function collectHugeHole(migrate: MigrateVma, from: Vpn, to: Vpn): void {
  collectHole(migrate, from, to, true);
  migrate.src[from - migrate.start] = MIGRATE_PFN_MIGRATE | MIGRATE_PFN_COMPOUND;
}

/** Where there is no table at all: compound holes, as far as whole ones fit. */
function collectUntouched({ arena }: Task, migrate: MigrateVma, from: Vpn, to: Vpn, anonymous: boolean): void {
  for (let at = from; at < to; ) {
    const stop = tableEnd(at, to);
    if (arena.hasHuge && anonymous && isWhole(migrate, at, stop)) collectHugeHole(migrate, at, stop);
    else collectHole(migrate, at, stop, anonymous);
    at = stop;
  }
}

/** The stretch [from, to) below one last-level table. False, with nothing collected, when the table got a leaf meanwhile: then again. */
function* collectAt(task: Task, migrate: MigrateVma, from: Vpn, to: Vpn, anonymous: boolean): Steps<boolean> {
  const { arena } = task;
  const { mm } = migrate;
  const table = lookupTable(arena, get(arena, mm + Mm.pgd), from);
  const leaf = hugeLeaf(arena, table);
  if (leaf === EMPTY_LEAF) {
    if (anonymous && isWhole(migrate, from, to)) collectHugeHole(migrate, from, to);
    else collectHole(migrate, from, to, anonymous);
    return true;
  }
  if (leaf !== 0) {
    const found = kindOf(task, migrate, leaf, anonymous);
    if (isOlder(arena, Older.collectSplitsAll)) {
      if (isZeroLeaf(leaf)) yield* splitHugePmd(task, mm, from);
      else if (!mapsPage(leaf) || !(yield* splitFor(task, migrate, ptePfn(leaf)))) {
        skip(migrate, from, to);
        return true;
      }
    } else if (found === HOLE) {
      // The huge zero page is split when something small takes its place.
      if (isWhole(migrate, from, to)) collectHugeHole(migrate, from, to);
      else collectHole(migrate, from, to, true);
      return true;
    } else if (found === SKIP) {
      skip(migrate, from, to);
      return true;
    } else if (isWhole(migrate, from, to)) {
      if (!(yield* collectLeaf(task, migrate, table, from, to))) skip(migrate, from, to);
      return true;
    } else if (!(yield* splitFor(task, migrate, ptePfn(leaf)))) {
      skip(migrate, from, to);
      return true;
    }
  }
  return yield* collectTable(task, migrate, table, [from, to], (piece) => splitFor(task, migrate, piece));
}

/**
 * Walks [start, end) inside one MIGRATE bracket that carries the caller as owner. The bracket covers only the walk.
 *
 * @kernel mm/migrate_device.c migrate_vma_collect
 */
export function* collect(task: Task, migrate: MigrateVma): Steps<void> {
  const { arena } = task;
  const { mm, start, end } = migrate;
  const anonymous = vmaIsAnonymous(arena, migrate.vma);
  const pgd = get(arena, mm + Mm.pgd);
  const range = notifierRange(MMU_NOTIFY_MIGRATE, mm, start, end, migrate.pgmapOwner);
  yield* mmuNotifierInvalidateRangeStart(task, range);
  let vpn = start;
  while (vpn < end) {
    const populated = nextPopulated(arena, pgd, vpn, end);
    collectUntouched(task, migrate, vpn, populated, anonymous);
    vpn = populated;
    if (vpn >= end) break;
    const stop = tableEnd(vpn, end);
    const mark = observed();
    while (!(yield* collectAt(task, migrate, vpn, stop, anonymous))) forgetRound(mark);
    vpn = stop;
  }
  yield* mmuNotifierInvalidateRangeEnd(task, range);
}
