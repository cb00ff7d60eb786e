/** Huge pages in migrate_vma_collect: taken whole where the caller wants that, else split so that their pieces can move. */

import { PTRS_PER_TABLE } from '../arena/config.ts';
import type { PageTable, Pfn, Vpn } from '../arena/units.ts';
import { compoundHead, tryGetPage } from '../mm/page/page.ts';
import { trylockPage, unlockPage } from '../mm/page/pageLock.ts';
import { putPage } from '../mm/page/zone.ts';
import { splitHugePage } from '../mm/split/splitHugePage.ts';
import { leafWritable, mapsPage } from '../mm/table/pte.ts';
import { hugeLeaf, ptlOf } from '../mm/table/tables.ts';
import type { Steps } from '../steps/steps.ts';
import { LockClass } from '../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../sync/spinlock.ts';
import type { Task } from '../sync/task.ts';
import { classify, SKIP } from './collectTable.ts';
import { MIGRATE_PFN_COMPOUND, MIGRATE_PFN_MIGRATE, MIGRATE_PFN_WRITE, migratePfn } from './migratePfn.ts';
import { takeLeaf } from './migrationLeaf.ts';
import type { MigrateVma } from './transaction.ts';

/**
 * migrate_vma_collect_huge_pmd: a leaf becomes a migration entry as a whole. False when the page cannot be had.
 *
 * @kernel mm/migrate_device.c migrate_vma_collect_huge_pmd
 */
export function* collectLeaf(task: Task, migrate: MigrateVma, table: PageTable, from: Vpn, to: Vpn): Steps<boolean> {
  const { arena } = task;
  const ptl = ptlOf(arena, table);
  yield* spinLock(task, ptl, LockClass.ptl);
  const leaf = hugeLeaf(arena, table);
  const head = mapsPage(leaf) ? classify(task, migrate, leaf, true) : SKIP;
  const taken = head > 0 ? yield* takeLeaf(task, table, migrate.faultPage, { mm: migrate.mm, start: from, end: to }) : 0;
  yield* spinUnlock(task, ptl, LockClass.ptl);
  if (taken === 0) return false;
  const flags = MIGRATE_PFN_MIGRATE | (leafWritable(taken) ? MIGRATE_PFN_WRITE : 0);
  const at = from - migrate.start;
  for (let i = 0; i < PTRS_PER_TABLE; i++) migrate.src[at + i] = migratePfn(head + i) | flags;
  migrate.src[at] = (migrate.src[at] as number) | MIGRATE_PFN_COMPOUND;
  migrate.dst.fill(0, at, at + PTRS_PER_TABLE);
  migrate.cpages += to - from;
  migrate.npages += to - from;
  return true;
}

/**
 * Splits a huge page so that its pieces can move one by one. True also when somebody was faster; false when it is locked, or somebody holds
 * a reference to a piece. The fault that the migration is about has it locked, and keeps the lock of its piece.
 */
export function* splitFor(task: Task, migrate: MigrateVma, piece: Pfn): Steps<boolean> {
  const { arena } = task;
  const { faultPage } = migrate;
  const head = compoundHead(arena, piece);
  const ours = faultPage !== 0 && compoundHead(arena, faultPage) === head;
  if (!(yield* tryGetPage(task, piece))) return true;
  let split = false;
  if (ours) {
    split = yield* splitHugePage(task, faultPage, 2);
  } else if (yield* trylockPage(task, piece)) {
    split = compoundHead(arena, piece) !== head || (yield* splitHugePage(task, piece, 1));
    yield* unlockPage(task, piece);
  }
  yield* putPage(task, piece);
  return split;
}
