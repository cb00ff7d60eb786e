/** mprotect: VMA flags first, then the entries, all under mmap_lock for writing. */

import { cas, get, load } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { PTRS_PER_TABLE } from '../../arena/config.ts';
import { EINVAL, ENOMEM } from '../../arena/errno.ts';
import { Mm, Vma } from '../../arena/structures.ts';
import type { Errno, PageTable, Pte, Vpn, Word } from '../../arena/units.ts';
import { isOlder, Older } from '../../kernels/older.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../../notifier/invalidate.ts';
import { MMU_NOTIFY_PROTECTION_VMA, notifierRange } from '../../notifier/range.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { populateVmaPageRange } from '../fault/populate.ts';
import { splitHugePmd } from '../huge/splitHugePmd.ts';
import { PG_ANON_EXCLUSIVE, pageFlags } from '../page/page.ts';
import { flushTlbRange } from '../table/flush.ts';
import {
  EMPTY_LEAF,
  isHuge,
  LEAF_DEVICE_EXCLUSIVE,
  LEAF_DEVICE_EXCLUSIVE_READ,
  LEAF_DEVICE_PRIVATE_READ,
  LEAF_DEVICE_PRIVATE_WRITE,
  LEAF_MIGRATION_READ_EXCLUSIVE,
  LEAF_MIGRATION_WRITE,
  leafKind,
  mkLeaf,
  mkPte,
  PTE_DIRTY,
  PTE_HUGE,
  PTE_PRESENT,
  PTE_PROTNONE,
  PTE_SPECIAL,
  PTE_WRITE,
  pteFlags,
  ptePfn,
  ptePresent,
} from '../table/pte.ts';
import { hugeLeaf, lookupTable, nextPopulated, pteAt, ptlOf, tableEnd } from '../table/tables.ts';
import { mmapWriteLock, mmapWriteUnlock } from '../vma/mmapLock.ts';
import {
  protectionBits,
  VM_ACCESS,
  VM_ACCOUNT,
  VM_HUGETLB,
  VM_LOCKED,
  VM_SHARED,
  VM_WRITE,
  vmaFlags,
  vmaIsAnonymous,
  vmaLookup,
} from '../vma/vma.ts';
import { changeVmas, cutsHugetlb } from '../vma/vmaMerge.ts';

/** Whose entries change, and the flags of the VMA that they follow. */
interface Protection {
  readonly mm: Mm;
  readonly vm: number;
}

/** What an entry becomes under new protection. Only what is certainly allowed is granted; faults do the rest. */
function protectedEntry(task: Task, pte: Pte, vm: number): Pte {
  const write = (vm & VM_WRITE) !== 0;
  if (!ptePresent(pte)) {
    const kind = leafKind(pte);
    if (write) return pte;
    if (kind === LEAF_DEVICE_EXCLUSIVE && isOlder(task.arena, Older.exclusiveFollowsMprotect)) {
      return mkLeaf(LEAF_DEVICE_EXCLUSIVE_READ, ptePfn(pte));
    }
    if (kind === LEAF_MIGRATION_WRITE) return mkLeaf(LEAF_MIGRATION_READ_EXCLUSIVE, ptePfn(pte), pteFlags(pte) & 0x3f);
    if (kind === LEAF_DEVICE_PRIVATE_WRITE) return mkLeaf(LEAF_DEVICE_PRIVATE_READ, ptePfn(pte));
    // A device-exclusive entry stays; it is restored with the protection of that time.
    return pte;
  }
  let flags = (pteFlags(pte) & ~(PTE_PRESENT | PTE_PROTNONE | PTE_WRITE)) | protectionBits(vm);
  const exclusive = (pte & PTE_SPECIAL) === 0 && (pageFlags(task.arena, ptePfn(pte)) & PG_ANON_EXCLUSIVE) !== 0;
  if (write && exclusive) flags |= PTE_WRITE;
  if ((vm & VM_SHARED) !== 0) flags |= write ? PTE_WRITE : 0;
  else if ((pte & PTE_DIRTY) === 0 && isOlder(task.arena, Older.mprotectNeedsDirty)) flags &= ~PTE_WRITE;
  return mkPte(ptePfn(pte), flags);
}

/** The same for a leaf. */
function protectedLeaf(task: Task, leaf: Pte, vm: number): Pte {
  const entry = protectedEntry(task, leaf & ~PTE_HUGE, vm);
  const readOnly = ptePresent(entry) && isOlder(task.arena, Older.mprotectLeavesHugeReadOnly);
  return (readOnly ? entry & ~PTE_WRITE : entry) | PTE_HUGE;
}

/** An entry takes its new protection; true when translations of it are outdated. Under the PTL. */
function* protectWord(task: Task, word: Word, vm: number): Steps<boolean> {
  const { arena } = task;
  yield Point.setPte;
  for (;;) {
    const pte = load(arena, word);
    const next = isHuge(pte) ? protectedLeaf(task, pte, vm) : protectedEntry(task, pte, vm);
    // The CPU may set accessed and dirty bits at any time: compare and swap, so that none is lost.
    if (next === pte) return false;
    if (cas(arena, word, pte, next) === pte) return ptePresent(pte);
  }
}

/** change_huge_pmd. False, with nothing done, when the table has entries by now: an eviction needs no mmap_lock to split a leaf. */
function* protectLeaf(task: Task, { mm, vm }: Protection, table: PageTable, start: Vpn): Steps<boolean> {
  const { arena } = task;
  const ptl = ptlOf(arena, table);
  yield* spinLock(task, ptl, LockClass.ptl);
  const leaf = hugeLeaf(arena, table);
  const changes = leaf !== 0 && leaf !== EMPTY_LEAF;
  const flush = changes && (yield* protectWord(task, pteAt(arena, table, 0), vm));
  if (flush) yield* flushTlbRange(task, { mm, start, end: start + PTRS_PER_TABLE });
  yield* spinUnlock(task, ptl, LockClass.ptl);
  return leaf !== 0;
}

/**
 * change_pte_range for one last-level table.
 *
 * @kernel mm/mprotect.c change_pte_range
 */
function* protectTable(task: Task, { mm, vm }: Protection, table: PageTable, start: Vpn, end: Vpn): Steps<void> {
  const { arena } = task;
  const ptl = ptlOf(arena, table);
  let flush = false;
  yield* spinLock(task, ptl, LockClass.ptl);
  for (let vpn = start; vpn < end; vpn++) {
    const word = pteAt(arena, table, vpn);
    if (get(arena, word) === 0) continue;
    if (yield* protectWord(task, word, vm)) flush = true;
  }
  if (flush) yield* flushTlbRange(task, { mm, start, end });
  yield* spinUnlock(task, ptl, LockClass.ptl);
}

function* changeProtection(task: Task, mm: Mm, start: Vpn, end: Vpn, vm: number): Steps<void> {
  const { arena } = task;
  const pgd = get(arena, mm + Mm.pgd);
  let vpn = nextPopulated(arena, pgd, start, end);
  if (vpn >= end) return;
  const range = notifierRange(MMU_NOTIFY_PROTECTION_VMA, mm, start, end);
  yield* mmuNotifierInvalidateRangeStart(task, range);
  for (; vpn < end; vpn = nextPopulated(arena, pgd, vpn, end)) {
    const stop = tableEnd(vpn, end);
    const table = lookupTable(arena, pgd, vpn);
    if (stop - vpn < PTRS_PER_TABLE) yield* splitHugePmd(task, mm, vpn);
    const leaf = hugeLeaf(arena, table);
    const done = leaf === EMPTY_LEAF || (leaf !== 0 && (yield* protectLeaf(task, { mm, vm }, table, vpn)));
    if (!done) yield* protectTable(task, { mm, vm }, table, vpn, stop);
    vpn = stop;
  }
  yield* mmuNotifierInvalidateRangeEnd(task, range);
}

/**
 * The flags under new access bits: private memory that becomes writable counts as such from then on; what becomes read-only before
 * anybody has touched it does no more.
 */
function withAccess(arena: Arena, vma: Vma, access: number): number {
  const old = vmaFlags(arena, vma);
  const vm = (old & ~VM_ACCESS) | (access & VM_ACCESS);
  const untouched = (access & VM_WRITE) === 0 && vmaIsAnonymous(arena, vma) && load(arena, vma + Vma.anonVma) === 0;
  if (untouched && !isOlder(arena, Older.mprotectKeepsAccount)) return vm & ~VM_ACCOUNT;
  const counts = (access & VM_WRITE) !== 0 && (old & (VM_WRITE | VM_SHARED | VM_HUGETLB)) === 0;
  return counts ? vm | VM_ACCOUNT : vm;
}

/**
 * mprotect: gives [start, start + pages) the access bits `access` (VM_READ, VM_WRITE, VM_EXEC).
 *
 * @returns 0, -EINVAL (empty range, or through a hugetlb page) or -ENOMEM (a hole in the range: what comes before it is changed; or too many VMAs).
 * @kernel mm/mprotect.c mprotect
 */
export function* mprotect(task: Task, mm: Mm, start: Vpn, pages: number, access: number): Steps<Errno> {
  if (pages <= 0) return -EINVAL;
  const end = start + pages;
  yield* mmapWriteLock(task, mm);
  if (cutsHugetlb(task.arena, mm, start, end)) {
    yield* mmapWriteUnlock(task, mm);
    return -EINVAL;
  }
  const reached = yield* changeVmas(task, mm, start, end, {
    change: (_flags, vma) => withAccess(task.arena, vma, access),
    *changed(from, to, vm, old) {
      yield Point.mprotectVma;
      yield* changeProtection(task, mm, from, to, vm);
      // What is locked costs its owner no fault, not even the one of the first write. Pages that cannot be had now are left to the faults.
      const becomesWritable = (vm & VM_WRITE) !== 0 && (old & (VM_LOCKED | VM_SHARED | VM_WRITE)) === VM_LOCKED;
      if (becomesWritable) yield* populateVmaPageRange(task, mm, vmaLookup(task.arena, mm, from), from, to);
    },
  });
  yield* mmapWriteUnlock(task, mm);
  return reached === end ? 0 : -ENOMEM;
}
