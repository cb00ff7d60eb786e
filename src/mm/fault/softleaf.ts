/** do_swap_page: the entry is neither empty nor present. Also the waits on migration entries. */

import { get } from '../../arena/access.ts';
import type { PageTable, VmFault, Vpn, Word } from '../../arena/units.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { pagemapOps, pgmapOf } from '../page/devPagemap.ts';
import { getPage } from '../page/page.ts';
import { trylockPage, unlockPage, waitOnLockedDropPtl } from '../page/pageLock.ts';
import { putPage } from '../page/zone.ts';
import {
  isDeviceExclusive,
  isDevicePrivate,
  isGuard,
  isMigration,
  isSwap,
  LEAF_HWPOISON,
  leafKind,
  ptePfn,
} from '../table/pte.ts';
import { hugeLeaf, lookupTable, pteAt, ptlOf } from '../table/tables.ts';
import { type Fault, faultPtl, VM_FAULT_HWPOISON, VM_FAULT_SIGBUS, VM_FAULT_SIGSEGV } from '../table/vmFault.ts';
import { restoreExclusivePte } from './exclusiveEntry.ts';
import { doSwapEntry } from './swapFault.ts';

/** @kernel mm/memory.c do_swap_page */
export function* doSoftleafPage(task: Task, fault: Fault): Steps<VmFault> {
  const { orig } = fault;
  if (isMigration(orig)) {
    yield* waitForMigration(task, fault.table, fault.pte);
    return 0;
  }
  if (isDeviceExclusive(orig)) return yield* restoreExclusivePte(task, fault);
  if (isDevicePrivate(orig)) return yield* doDevicePrivate(task, fault);
  if (task.arena.hasSwap && isSwap(orig)) return yield* doSwapEntry(task, fault);
  if (isGuard(orig)) return VM_FAULT_SIGSEGV;
  return leafKind(orig) === LEAF_HWPOISON ? VM_FAULT_HWPOISON : VM_FAULT_SIGBUS;
}

/** A CPU touches device memory: the driver brings the page home, in this thread. */
function* doDevicePrivate(task: Task, fault: Fault): Steps<VmFault> {
  const { arena } = task;
  const { pte, orig } = fault;
  const ptl = faultPtl(task, fault);
  const pfn = ptePfn(orig);
  yield* spinLock(task, ptl, LockClass.ptl);
  if (get(arena, pte) !== orig) {
    yield* spinUnlock(task, ptl, LockClass.ptl);
    return 0;
  }
  if (!(yield* trylockPage(task, pfn))) {
    // Somebody else works on the page. Wait without a reference: one more would make his migration fail.
    yield* waitOnLockedDropPtl(task, pfn, ptl);
    return 0;
  }
  // Legal only here: the unchanged entry keeps the page alive while we hold the page-table lock.
  yield* getPage(task, pfn);
  yield* spinUnlock(task, ptl, LockClass.ptl);
  fault.page = pfn;
  const result = yield* pagemapOps(arena, pgmapOf(arena, pfn)).migrateToRam(task, fault);
  yield* unlockPage(task, pfn);
  yield* putPage(task, pfn);
  return result;
}

function* waitForMigration(task: Task, table: PageTable, pte: Word): Steps<void> {
  const { arena } = task;
  const ptl = ptlOf(arena, table);
  yield* spinLock(task, ptl, LockClass.ptl);
  const now = get(arena, pte);
  if (isMigration(now)) yield* waitOnLockedDropPtl(task, ptePfn(now), ptl);
  else yield* spinUnlock(task, ptl, LockClass.ptl);
}

/**
 * migration_entry_wait: sleeps while `vpn` has a migration entry; returns at once when it has none any more.
 *
 * @kernel mm/migrate.c migration_entry_wait
 */
export function* migrationEntryWait(task: Task, pgd: number, vpn: Vpn): Steps<void> {
  const table = lookupTable(task.arena, pgd, vpn);
  if (table !== 0) yield* waitForMigration(task, table, pteAt(task.arena, table, hugeLeaf(task.arena, table) === 0 ? vpn : 0));
}
