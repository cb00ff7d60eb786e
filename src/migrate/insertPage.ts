/** migrate_vma_insert_page: a destination goes where nothing, or the zero page, was mapped. */
import { get, store, xchg } from '../arena/access.ts';
import { Mm, Vma } from '../arena/structures.ts';
import { protectionBits } from '../mm/anonymous.ts';
import { isDevicePrivatePage } from '../mm/devPagemap.ts';
import { isUnstable } from '../mm/faultTypes.ts';
import { addRss } from '../mm/mmStruct.ts';
import { getPage, isDevicePage, PG_LRU, PG_UPTODATE, setAnonMapping, setPageFlags } from '../mm/page.ts';
import {
  LEAF_DEVICE_PRIVATE_READ,
  LEAF_DEVICE_PRIVATE_WRITE,
  mkLeaf,
  mkPte,
  PTE_DIRTY,
  PTE_SPECIAL,
  PTE_WRITE,
  ptePresent,
} from '../mm/pte.ts';
import { addAnonRmap, anonVmaPrepare } from '../mm/rmap.ts';
import { ensureEntries, pteAt, ptlOf } from '../mm/tables.ts';
import { CPU, flushTlb } from '../mm/tlb.ts';
import { linearPageIndex, VM_WRITE, vmaFlags, vmaIsAnonymous } from '../mm/vma.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import { LockClass } from '../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../sync/spinlock.ts';
import type { Task } from '../sync/task.ts';
import type { MigrateVma } from './migrateVma.ts';

function entryFor(task: Task, vm: number, pfn: number): number {
  const write = (vm & VM_WRITE) !== 0;
  if (isDevicePrivatePage(task.arena, pfn)) return mkLeaf(write ? LEAF_DEVICE_PRIVATE_WRITE : LEAF_DEVICE_PRIVATE_READ, pfn);
  return mkPte(pfn, protectionBits(vm) | (write ? PTE_WRITE | PTE_DIRTY : 0));
}

/** Installs `pfn` at `vpn`. False when a fault was faster, the address space is being reaped, or memory ran out. */
export function* insertPage(task: Task, migrate: MigrateVma, vpn: number, pfn: number): Steps<boolean> {
  const { arena } = task;
  const { mm, vma } = migrate;
  if (!vmaIsAnonymous(arena, vma)) return false;
  const table = yield* ensureEntries(task, mm + Mm.pageTableLock, get(arena, mm + Mm.pgd), vpn);
  if (table === 0 || !(yield* anonVmaPrepare(task, vma))) return false;
  setPageFlags(arena, pfn, PG_UPTODATE);
  const word = pteAt(arena, table, vpn);
  const ptl = ptlOf(arena, table);
  let inserted = false;
  yield* spinLock(task, ptl, LockClass.ptl);
  const now = get(arena, word);
  const zero = ptePresent(now) && (now & PTE_SPECIAL) !== 0;
  // No entry marks the hole, so a fault may have filled it since it was collected; the page-table lock decides.
  if ((now === 0 || zero) && !isUnstable(task, mm)) {
    addRss(arena, mm, 1);
    setAnonMapping(arena, pfn, get(arena, vma + Vma.anonVma), linearPageIndex(arena, vma, vpn));
    addAnonRmap(arena, pfn, true);
    if (!isDevicePage(arena, pfn)) setPageFlags(arena, pfn, PG_LRU);
    yield* getPage(task, pfn);
    if (zero) {
      yield Point.clearPte;
      xchg(arena, word, 0);
      yield* flushTlb(task, CPU);
    }
    yield Point.setPte;
    store(arena, word, entryFor(task, vmaFlags(arena, vma), pfn));
    inserted = true;
  }
  yield* spinUnlock(task, ptl, LockClass.ptl);
  return inserted;
}
