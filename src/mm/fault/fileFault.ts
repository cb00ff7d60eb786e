/** do_fault: nothing is mapped yet in a mapping of a file or of shared memory. */

import { forgetRound, get, observed, store } from '../../arena/access.ts';
import { PTRS_PER_TABLE } from '../../arena/config.ts';
import { Vma } from '../../arena/structures.ts';
import type { Pfn, Pte, VmFault, Word } from '../../arena/units.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { addressSpaceOf, dropPage, fileSize, findOrCreatePage, findPage, stillInFile } from '../file/addressSpace.ts';
import { copyPage } from '../page/copyPage.ts';
import { getPage, setAnonMapping } from '../page/page.ts';
import { lockPage, trylockPage, unlockPage } from '../page/pageLock.ts';
import { folioPrealloc, putPage } from '../page/zone.ts';
import { addAnonRmap, addNewAnonRmap, anonVmaPrepare } from '../rmap/rmap.ts';
import { mkPte, PTE_DIRTY, PTE_PRESENT, PTE_WRITE, PTE_YOUNG } from '../table/pte.ts';
import { pteAt } from '../table/tables.ts';
import { FAULT_FLAG_WRITE, type Fault, faultPtl, isUnstable, VM_FAULT_OOM, VM_FAULT_SIGBUS } from '../table/vmFault.ts';
import { addRss, addRssFile } from '../vma/mmStruct.ts';
import { linearPageIndex, protectionBits, VM_SHARED, VM_WRITE, vmaEnd, vmaFlags, vmaStart } from '../vma/vma.ts';

/** fault_around_bytes: neighbours that are cached already are mapped along with the page that was asked for. */
const FAULT_AROUND = 16;

/** The entry of a file page. Nobody wants to hear of writes to shared memory: its entries are writable from the start. */
function fileEntry(task: Task, fault: Fault, pfn: Pfn, write: boolean): Pte {
  const flags = vmaFlags(task.arena, fault.vma);
  const writable = (flags & VM_SHARED) !== 0 && (flags & VM_WRITE) !== 0;
  return mkPte(pfn, protectionBits(flags) | PTE_YOUNG | (writable ? PTE_WRITE : 0) | (write ? PTE_DIRTY : 0));
}

/** do_set_pte: maps a file page where nothing is. Under the page-table lock; the caller's reference becomes the mapping's. */
function* mapFilePage(task: Task, fault: Fault, word: Word, pfn: Pfn, write: boolean): Steps<void> {
  const { arena } = task;
  addAnonRmap(arena, pfn, false);
  addRssFile(arena, fault.mm, 1);
  yield Point.setPte;
  store(arena, word, fileEntry(task, fault, pfn, write));
}

/** __do_fault: puts the page of the file in `fault.page`, locked and referenced, and still in the file. 0, or the VM_FAULT bits. */
function* lockedFilePage(task: Task, fault: Fault): Steps<VmFault> {
  const { arena } = task;
  const mapping = addressSpaceOf(arena, get(arena, fault.vma + Vma.mapping));
  const index = linearPageIndex(arena, fault.vma, fault.vpn);
  const mark = observed();
  for (;;) {
    forgetRound(mark);
    if (index >= fileSize(arena, mapping)) return VM_FAULT_SIGBUS;
    const pfn = yield* findOrCreatePage(task, mapping, index, fault.mm);
    if (pfn === 0) return VM_FAULT_OOM;
    yield* lockPage(task, pfn);
    // Truncation removes a page under its lock, after the size was set: what is still in the file now, and within it, may be mapped.
    const isThere = stillInFile(arena, mapping, pfn);
    if (isThere && index < fileSize(arena, mapping)) {
      yield Point.fileMapped;
      fault.page = pfn;
      return 0;
    }
    // It came into the file behind a truncation, which may have passed by.
    if (isThere) yield* dropPage(task, mapping, index);
    yield* unlockPage(task, pfn);
    yield* putPage(task, pfn);
  }
}

/** filemap_map_pages: maps what is cached and not locked around the address, where nothing is mapped. */
function* faultAround(task: Task, fault: Fault): Steps<void> {
  const { arena } = task;
  const { vma, vpn, table } = fault;
  const mapping = addressSpaceOf(arena, get(arena, vma + Vma.mapping));
  const start = Math.max(vpn - (vpn % FAULT_AROUND), vmaStart(arena, vma));
  const stop = Math.min(start + FAULT_AROUND, vmaEnd(arena, vma), vpn - (vpn % PTRS_PER_TABLE) + PTRS_PER_TABLE);
  for (let at = start; at < stop; at++) {
    const index = linearPageIndex(arena, vma, at);
    if (index >= fileSize(arena, mapping)) return;
    const pfn = yield* findPage(task, mapping, index);
    if (pfn === 0) continue;
    if (yield* trylockPage(task, pfn)) {
      const word = pteAt(arena, table, at);
      const ptl = faultPtl(task, fault);
      if (stillInFile(arena, mapping, pfn)) {
        yield* spinLock(task, ptl, LockClass.ptl);
        if (get(arena, word) === 0) {
          yield* getPage(task, pfn);
          yield* mapFilePage(task, fault, word, pfn, false);
        }
        yield* spinUnlock(task, ptl, LockClass.ptl);
      }
      yield* unlockPage(task, pfn);
    }
    yield* putPage(task, pfn);
  }
}

/** check_stable_address_space, which a private mapping is asked for also when it is read: it may have lost a copy of its own. */
const isLost = (task: Task, { mm, vma }: Fault): boolean => (vmaFlags(task.arena, vma) & VM_SHARED) === 0 && isUnstable(task, mm);

/** finish_fault for a page of the file itself. */
function* mapFault(task: Task, fault: Fault, write: boolean): Steps<VmFault> {
  const { arena } = task;
  const error = yield* lockedFilePage(task, fault);
  if (error !== 0) return error;
  const pfn = fault.page;
  const ptl = faultPtl(task, fault);
  yield* spinLock(task, ptl, LockClass.ptl);
  const lost = isLost(task, fault);
  const mapped = !lost && get(arena, fault.pte) === 0;
  if (mapped) yield* mapFilePage(task, fault, fault.pte, pfn, write);
  yield* spinUnlock(task, ptl, LockClass.ptl);
  yield* unlockPage(task, pfn);
  if (!mapped) yield* putPage(task, pfn);
  return lost ? VM_FAULT_SIGBUS : 0;
}

/** do_read_fault. */
function* readFault(task: Task, fault: Fault): Steps<VmFault> {
  yield* faultAround(task, fault);
  return get(task.arena, fault.pte) !== 0 ? 0 : yield* mapFault(task, fault, false);
}

/** do_cow_fault: a write in a private mapping gets a copy of its own at once. */
function* cowFault(task: Task, fault: Fault): Steps<VmFault> {
  const { arena } = task;
  const { mm, vma, vpn, pte } = fault;
  if (!(yield* anonVmaPrepare(task, vma))) return VM_FAULT_OOM;
  const copy = yield* folioPrealloc(task, mm, false);
  if (copy === 0) return VM_FAULT_OOM;
  const error = yield* lockedFilePage(task, fault);
  if (error !== 0) {
    yield* putPage(task, copy);
    return error;
  }
  const pfn = fault.page;
  yield* copyPage(task, copy, pfn);
  const ptl = faultPtl(task, fault);
  yield* spinLock(task, ptl, LockClass.ptl);
  const lost = isLost(task, fault);
  const mapped = !lost && get(arena, pte) === 0;
  if (mapped) {
    setAnonMapping(arena, copy, get(arena, vma + Vma.anonVma), linearPageIndex(arena, vma, vpn));
    addNewAnonRmap(arena, copy);
    addRss(arena, mm, 1);
    yield Point.setPte;
    store(arena, pte, mkPte(copy, PTE_PRESENT | PTE_WRITE | PTE_DIRTY | PTE_YOUNG));
  }
  yield* spinUnlock(task, ptl, LockClass.ptl);
  yield* unlockPage(task, pfn);
  yield* putPage(task, pfn);
  if (!mapped) yield* putPage(task, copy);
  return lost ? VM_FAULT_SIGBUS : 0;
}

/** @kernel mm/memory.c do_fault, filemap_map_pages */
export function* doFileFault(task: Task, fault: Fault): Steps<VmFault> {
  const shared = (vmaFlags(task.arena, fault.vma) & VM_SHARED) !== 0;
  if ((fault.flags & FAULT_FLAG_WRITE) === 0) return yield* readFault(task, fault);
  return shared ? yield* mapFault(task, fault, true) : yield* cowFault(task, fault);
}
