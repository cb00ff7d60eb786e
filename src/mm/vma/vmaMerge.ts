/** Cutting VMAs in two and joining neighbours that are alike. mmap_lock held for writing. */

import { get, load, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { PTRS_PER_TABLE } from '../../arena/config.ts';
import { ENOMEM } from '../../arena/errno.ts';
import { insertInterval, removeInterval } from '../../arena/intervalTree.ts';
import { Mm, Vma } from '../../arena/structures.ts';
import type { Vpn } from '../../arena/units.ts';
import { isOlder, Older } from '../../kernels/older.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { addressSpaceOf } from '../file/addressSpace.ts';
import { hugeStart, splitAddress } from '../huge/splitHugePmd.ts';
import { anonVmaLock, anonVmaOf, anonVmaUnlock, sortIntoAnonVma } from '../rmap/rmap.ts';
import { fileMappingLock, fileMappingUnlock, sortIntoFile } from '../rmap/rmapFile.ts';
import { lookupTable } from '../table/tables.ts';
import {
  findVma,
  linearPageIndex,
  nextVma,
  VM_HUGETLB,
  VM_MAYBE_GUARD,
  VM_SPECIAL,
  vmaAlloc,
  vmaDetach,
  vmaEnd,
  vmaFlags,
  vmaLink,
  vmaLookup,
  vmaStart,
} from './vma.ts';
import { anonVmaClone, rmapClone, vmaFree } from './vmaRmap.ts';

/** Moves the bounds of a VMA under the rmap lock, so that no rmap walk computes an address from half a change. */
function* resize(task: Task, mm: Mm, vma: Vma, start: Vpn, end: Vpn): Steps<void> {
  const { arena } = task;
  const anonVma = load(arena, vma + Vma.anonVma) === 0 ? 0 : anonVmaOf(arena, vma);
  const file = get(arena, vma + Vma.mapping) === 0 ? 0 : addressSpaceOf(arena, get(arena, vma + Vma.mapping));
  if (file !== 0) yield* fileMappingLock(task, file);
  if (anonVma !== 0) yield* anonVmaLock(task, anonVma);
  const pgoff = linearPageIndex(arena, vma, start);
  removeInterval(arena, mm + Mm.vmaRoot, vma + Vma.node);
  set(arena, vma + Vma.pgoff, pgoff);
  insertInterval(arena, mm + Mm.vmaRoot, vma + Vma.node, start, end - 1);
  if (anonVma !== 0) {
    sortIntoAnonVma(arena, anonVma, vma);
    yield* anonVmaUnlock(task, anonVma);
  }
  if (file !== 0) {
    sortIntoFile(arena, file, vma);
    yield* fileMappingUnlock(task, file);
  }
}

/** Would cutting at the bounds of [start, end) go through a hugetlb page? */
export function cutsHugetlb(arena: Arena, mm: Mm, start: Vpn, end: Vpn): boolean {
  if (!arena.hasHuge) return false;
  return [start, end].some((vpn) => {
    const vma = vpn % PTRS_PER_TABLE === 0 ? 0 : vmaLookup(arena, mm, vpn);
    return vma !== 0 && (vmaFlags(arena, vma) & VM_HUGETLB) !== 0;
  });
}

/** split_huge_pmd_if_needed: no leaf lies across a place where a VMA is cut that could have one there. */
function* splitHugePmdIfNeeded(task: Task, mm: Mm, vma: Vma, vpn: Vpn): Steps<void> {
  const { arena } = task;
  const start = hugeStart(vpn);
  if (vpn === start || start < vmaStart(arena, vma) || start + PTRS_PER_TABLE > vmaEnd(arena, vma)) return;
  if (lookupTable(arena, get(arena, mm + Mm.pgd), vpn) !== 0) yield* splitAddress(task, mm, vpn);
}

/**
 * __split_vma: afterwards `vma` ends at `vpn` and a new VMA, which is returned, starts there. 0 when there are too many
 * VMAs; then nothing changed.
 *
 * @kernel mm/vma.c split_vma
 */
export function* splitVma(task: Task, mm: Mm, vma: Vma, vpn: Vpn): Steps<number> {
  const { arena } = task;
  if (arena.hasHuge) yield* splitHugePmdIfNeeded(task, mm, vma, vpn);
  const end = vmaEnd(arena, vma);
  const tail = vmaAlloc(arena, vmaFlags(arena, vma), linearPageIndex(arena, vma, vpn));
  if (tail === 0) return 0;
  // The tail joins the rmap list first: a page of it is then found at least once at any time.
  set(arena, tail + Vma.node, vpn);
  set(arena, tail + Vma.node + 1, end - 1);
  set(arena, tail + Vma.mm, get(arena, vma + Vma.mm));
  yield* rmapClone(task, tail, vma);
  yield* resize(task, mm, vma, vmaStart(arena, vma), vpn);
  vmaLink(arena, mm, tail);
  return tail;
}

/** Cuts the VMAs of [start, end) at its bounds. False when there are too many VMAs. mmap_lock held for writing. */
export function* splitAt(task: Task, mm: Mm, start: Vpn, end: Vpn): Steps<boolean> {
  const { arena } = task;
  for (const vpn of [start, end]) {
    const vma = vmaLookup(arena, mm, vpn);
    if (vma !== 0 && vmaStart(arena, vma) < vpn && (yield* splitVma(task, mm, vma, vpn)) === 0) return false;
  }
  return true;
}

/**
 * is_mergeable_anon_vma: the same anon_vma; or one side has none, and the other, which gives its own, knows no other (after
 * a fork it knows its parents' too, and walks over those would become longer). Older kernels ask that of the VMA that was there before.
 */
function canShareAnon(arena: Arena, changed: Vma, old: Vma): boolean {
  const [a, b] = [load(arena, changed + Vma.anonVma), load(arena, old + Vma.anonVma)];
  if (a === 0 || b === 0) {
    const giving = a === 0 || isOlder(arena, Older.changedVmaGivesNoAnon) ? old : changed;
    if (get(arena, giving + Vma.anonChain) === 1) return true;
  }
  return a === b && get(arena, changed + Vma.anonGroup) === get(arena, old + Vma.anonGroup);
}

/** Flags that keep nobody from merging, and that the whole has if a part had them. */
const VM_STICKY = VM_MAYBE_GUARD;

function canMerge(arena: Arena, left: number, right: number, rightChanged: boolean): boolean {
  return (
    vmaEnd(arena, left) === vmaStart(arena, right) &&
    ((vmaFlags(arena, left) ^ vmaFlags(arena, right)) & ~VM_STICKY) === 0 &&
    (vmaFlags(arena, left) & VM_SPECIAL) === 0 &&
    linearPageIndex(arena, left, vmaStart(arena, right)) === get(arena, right + Vma.pgoff) &&
    get(arena, left + Vma.mapping) === get(arena, right + Vma.mapping) &&
    (rightChanged ? canShareAnon(arena, right, left) : canShareAnon(arena, left, right))
  );
}

/** Joins two neighbours into the first of them. */
function* join(task: Task, mm: Mm, left: number, right: number): Steps<void> {
  const { arena } = task;
  const last = vmaEnd(arena, right);
  set(arena, left + Vma.flags, vmaFlags(arena, left) | (vmaFlags(arena, right) & VM_STICKY));
  if (load(arena, left + Vma.anonVma) === 0) yield* anonVmaClone(task, left, right);
  vmaDetach(arena, mm, right);
  yield* resize(task, mm, left, vmaStart(arena, left), last);
  yield* vmaFree(task, right);
}

/** The VMA that ends where `vma` starts, or 0. */
function previousVma(arena: Arena, mm: Mm, vma: Vma): Vma {
  return vmaStart(arena, vma) === 0 ? 0 : vmaLookup(arena, mm, vmaStart(arena, vma) - 1);
}

/**
 * vma_merge for a VMA whose flags or place have just changed: with the VMA before it, the one after it, or both. Returns the VMA
 * that now covers its range.
 */
export function* mergeAround(task: Task, mm: Mm, vma: Vma): Steps<number> {
  const { arena } = task;
  const before = previousVma(arena, mm, vma);
  const after = nextVma(arena, mm, vma);
  const withBefore = before !== 0 && canMerge(arena, before, vma, true);
  const withAfter = after !== 0 && canMerge(arena, vma, after, false);
  const [a, b] = [load(arena, before + Vma.anonVma), load(arena, after + Vma.anonVma)];
  const alike = a === 0 || b === 0 || get(arena, before + Vma.anonGroup) === get(arena, after + Vma.anonGroup);
  if (withAfter && (!withBefore || alike)) yield* join(task, mm, vma, after);
  if (!withBefore) return vma;
  yield* join(task, mm, before, vma);
  return before;
}

/** The merge of a new mapping (mmap_region): with the VMA before it and with the one after it where all three can be one. */
export function* mergeNew(task: Task, mm: Mm, vma: Vma): Steps<void> {
  const { arena } = task;
  if (!isOlder(arena, Older.newMappingJoinsNext)) {
    yield* mergeAround(task, mm, vma);
    return;
  }
  const after = nextVma(arena, mm, vma);
  if (after !== 0 && canMerge(arena, vma, after, false)) yield* join(task, mm, vma, after);
  const before = previousVma(arena, mm, vma);
  if (before !== 0 && canMerge(arena, before, vma, true)) yield* join(task, mm, before, vma);
}

/**
 * Undoes splits: joins neighbours in and around [start, end) that are alike.
 *
 * @kernel mm/vma.c vma_merge
 */
export function* mergeVmas(task: Task, mm: Mm, start: Vpn, end: Vpn): Steps<void> {
  const { arena } = task;
  let vma = findVma(arena, mm, Math.max(0, start - 1));
  while (vma !== 0 && vmaStart(arena, vma) <= end) {
    const next = nextVma(arena, mm, vma);
    if (next === 0) return;
    if (canMerge(arena, vma, next, vmaStart(arena, next) < end)) yield* join(task, mm, vma, next);
    else vma = next;
  }
}

/** New flags for a VMA, and what is to be done where they are different. */
export interface FlagChange {
  readonly change: (flags: number, vma: Vma) => number;
  readonly changed?: (start: Vpn, end: Vpn, flags: number, old: number) => Steps<void>;
}

/**
 * Gives the VMAs of [start, end) new flags, one after another (mprotect_fixup, mlock_fixup, madvise_update_vma): cuts what
 * changes out of its VMA and merges it with neighbours that have become alike. `changed` is called for each stretch
 * that did.
 *
 * @returns the first page that was not reached, `end` or that of a hole; or -ENOMEM when there are too many VMAs.
 */
export function* changeVmas(task: Task, mm: Mm, start: Vpn, end: Vpn, { change, changed }: FlagChange): Steps<number> {
  const { arena } = task;
  let at = start;
  for (let vma = vmaLookup(arena, mm, at); vma !== 0 && at < end; vma = vmaLookup(arena, mm, at)) {
    const old = vmaFlags(arena, vma);
    const stop = Math.min(end, vmaEnd(arena, vma));
    const flags = change(old, vma);
    if (flags !== old) {
      if (!(yield* splitAt(task, mm, at, stop))) {
        yield* mergeVmas(task, mm, at, stop);
        return -ENOMEM;
      }
      const part = vmaLookup(arena, mm, at);
      set(arena, part + Vma.flags, flags);
      yield* mergeAround(task, mm, part);
      if (changed !== undefined) yield* changed(at, stop, flags, old);
    }
    at = stop;
  }
  return at;
}
