/** migrate_vma_insert_page: a destination goes where nothing, or the zero page, was mapped. */

import { get, store, xchg } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { PTRS_PER_TABLE } from '../arena/config.ts';
import { Mm, Vma } from '../arena/structures.ts';
import type { Pfn, Pte, Vpn } from '../arena/units.ts';
import { isNone, spansHuge } from '../mm/fault/hugeFault.ts';
import { splitHugePmd } from '../mm/huge/splitHugePmd.ts';
import { isDevicePrivatePage } from '../mm/page/devPagemap.ts';
import { addLru, memCgroupCharge } from '../mm/page/memcg.ts';
import { getPage, isDevicePage, PG_UPTODATE, setAnonMapping, setPageFlags } from '../mm/page/page.ts';
import { addAnonRmap, anonVmaPrepare } from '../mm/rmap/rmap.ts';
import { flushTlbPage, flushTlbRange } from '../mm/table/flush.ts';
import {
  EMPTY_LEAF,
  isZeroLeaf,
  LEAF_DEVICE_PRIVATE_READ,
  LEAF_DEVICE_PRIVATE_WRITE,
  mkLeaf,
  mkPte,
  PTE_DIRTY,
  PTE_HUGE,
  PTE_PRESENT,
  PTE_SPECIAL,
  PTE_WRITE,
  ptePresent,
} from '../mm/table/pte.ts';
import { ensureEntries, ensureTable, hugeLeaf, pteAt, ptlOf } from '../mm/table/tables.ts';
import { isUnstable } from '../mm/table/vmFault.ts';
import { addRss } from '../mm/vma/mmStruct.ts';
import { linearPageIndex, protectionBits, VM_UFFD_MISSING, VM_WRITE, vmaFlags, vmaIsAnonymous } from '../mm/vma/vma.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import { LockClass } from '../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../sync/spinlock.ts';
import type { Task } from '../sync/task.ts';
import type { MigrateVma } from './transaction.ts';

function entryFor(task: Task, vm: number, pfn: Pfn): Pte {
  const write = (vm & VM_WRITE) !== 0;
  if (isDevicePrivatePage(task.arena, pfn)) return mkLeaf(write ? LEAF_DEVICE_PRIVATE_WRITE : LEAF_DEVICE_PRIVATE_READ, pfn);
  return mkPte(pfn, protectionBits(vm) | (write ? PTE_WRITE | PTE_DIRTY : 0));
}

/** Stands for what a leaf maps that was faster. */
const TAKEN = PTE_PRESENT;

/** Rmap and flags of a page that is about to be mapped for the first time. */
function* introduce(task: Task, vma: Vma, vpn: Vpn, pfn: Pfn): Steps<void> {
  const { arena } = task;
  setPageFlags(arena, pfn, PG_UPTODATE);
  setAnonMapping(arena, pfn, get(arena, vma + Vma.anonVma), linearPageIndex(arena, vma, vpn));
  addAnonRmap(arena, pfn, true);
  if (!isDevicePage(arena, pfn)) addLru(arena, pfn);
  yield* getPage(task, pfn);
}

/**
 * migrate_vma_insert_huge_pmd_page: a leaf where nothing, or the huge zero page, is mapped. False as below.
 *
 * @kernel mm/migrate_device.c migrate_vma_insert_huge_pmd_page
 */
export function* insertHugePage(task: Task, migrate: MigrateVma, vpn: Vpn, head: Pfn): Steps<boolean> {
  const { arena } = task;
  const { mm, vma } = migrate;
  if (!spansHuge(arena, vma, vpn) || !mayInsert(arena, vma) || !(yield* anonVmaPrepare(task, vma))) return false;
  const table = yield* ensureTable(task, mm + Mm.pageTableLock, get(arena, mm + Mm.pgd), vpn);
  if (table === 0 || !(yield* memCgroupCharge(task, mm, head, PTRS_PER_TABLE))) return false;
  const ptl = ptlOf(arena, table);
  const word = pteAt(arena, table, 0);
  yield* spinLock(task, ptl, LockClass.ptl);
  const zero = isZeroLeaf(hugeLeaf(arena, table));
  const inserted = (zero || isNone(arena, table)) && !isUnstable(task, mm);
  if (inserted) {
    addRss(arena, mm, PTRS_PER_TABLE);
    for (let i = 0; i < PTRS_PER_TABLE; i++) yield* introduce(task, vma, vpn + i, head + i);
    if (zero) {
      yield Point.clearPte;
      store(arena, word, EMPTY_LEAF);
      yield* flushTlbRange(task, { mm, start: vpn, end: vpn + PTRS_PER_TABLE });
    }
    yield Point.setPte;
    store(arena, word, entryFor(task, vmaFlags(arena, vma), head) | PTE_HUGE);
  }
  yield* spinUnlock(task, ptl, LockClass.ptl);
  return inserted;
}

/** Private memory whose missing pages are nobody else's business. */
const mayInsert = (arena: Arena, vma: Vma): boolean =>
  vmaIsAnonymous(arena, vma) && (vmaFlags(arena, vma) & VM_UFFD_MISSING) === 0;

/**
 * Installs `pfn` at `vpn`. False when a fault was faster, the address space is being reaped, or memory ran out.
 *
 * @kernel mm/migrate_device.c migrate_vma_insert_page
 */
export function* insertPage(task: Task, migrate: MigrateVma, vpn: Vpn, pfn: Pfn): Steps<boolean> {
  const { arena } = task;
  const { mm, vma } = migrate;
  if (!mayInsert(arena, vma)) return false;
  const table = yield* ensureEntries(task, mm + Mm.pageTableLock, get(arena, mm + Mm.pgd), vpn);
  if (table === 0 || !(yield* anonVmaPrepare(task, vma))) return false;
  // Given back when the page is freed, should somebody else be faster.
  if (!(yield* memCgroupCharge(task, mm, pfn))) return false;
  const word = pteAt(arena, table, vpn);
  const ptl = ptlOf(arena, table);
  let inserted = false;
  if (isZeroLeaf(hugeLeaf(arena, table))) yield* splitHugePmd(task, mm, vpn);
  yield* spinLock(task, ptl, LockClass.ptl);
  const now = hugeLeaf(arena, table) === 0 ? get(arena, word) : TAKEN;
  const zero = ptePresent(now) && (now & PTE_SPECIAL) !== 0;
  // No entry marks the hole, so a fault may have filled it since it was collected; the page-table lock decides.
  if ((now === 0 || zero) && !isUnstable(task, mm)) {
    addRss(arena, mm, 1);
    yield* introduce(task, vma, vpn, pfn);
    if (zero) {
      yield Point.clearPte;
      xchg(arena, word, 0);
      yield* flushTlbPage(task, mm, vpn);
    }
    yield Point.setPte;
    store(arena, word, entryFor(task, vmaFlags(arena, vma), pfn));
    inserted = true;
  }
  yield* spinUnlock(task, ptl, LockClass.ptl);
  return inserted;
}
