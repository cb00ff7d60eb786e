/** struct vm_area_struct: flags, look-up, and the operations that keep the VMA tree and the rmap list in step. */
import { get, load, set, store } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { VPN_LIMIT } from '../arena/config.ts';
import { firstOverlap, insertInterval, nextOverlap, nodeLast, nodeStart, removeInterval } from '../arena/intervalTree.ts';
import { handleOf, poolAlloc, poolFree } from '../arena/pool.ts';
import { Mm, Vma } from '../arena/structures.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { anonVmaLink, anonVmaLock, anonVmaOf, anonVmaUnlink, anonVmaUnlock } from './rmap.ts';

export const VM_READ = 1;
export const VM_WRITE = 2;
export const VM_EXEC = 4;
export const VM_SHARED = 8;
export const VM_PFNMAP = 0x400;
export const VM_IO = 0x4000;
export const VM_DONTEXPAND = 0x40000;
export const VM_HUGETLB = 0x400000;
export const VM_MIXEDMAP = 0x10000000;

/** Mappings without ordinary page structures or of another kind: not for migrate_vma. */
export const VM_SPECIAL = VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP;
export const VM_ACCESS = VM_READ | VM_WRITE | VM_EXEC;

/** First page. */
export const vmaStart = (arena: Arena, vma: number): number => nodeStart(arena, vma + Vma.node);
/** First page beyond. */
export const vmaEnd = (arena: Arena, vma: number): number => nodeLast(arena, vma + Vma.node) + 1;
export const vmaFlags = (arena: Arena, vma: number): number => get(arena, vma + Vma.flags);

/** linear_page_index: what page->index is for a page of this VMA at `vpn`. */
export const linearPageIndex = (arena: Arena, vma: number, vpn: number): number =>
  vpn - vmaStart(arena, vma) + get(arena, vma + Vma.pgoff);

/** vma_is_anonymous: every VMA of the model is, unless it is shared. */
export const vmaIsAnonymous = (arena: Arena, vma: number): boolean => (vmaFlags(arena, vma) & VM_SHARED) === 0;

/** find_vma: the first VMA that ends after `vpn`, or 0. mmap_lock held. */
export function findVma(arena: Arena, mm: number, vpn: number): number {
  const node = firstOverlap(arena, mm + Mm.vmaRoot, vpn, VPN_LIMIT);
  return node === 0 ? 0 : node - Vma.node;
}

/** vma_lookup: the VMA that contains `vpn`, or 0. */
export function vmaLookup(arena: Arena, mm: number, vpn: number): number {
  const vma = findVma(arena, mm, vpn);
  return vma !== 0 && vmaStart(arena, vma) <= vpn ? vma : 0;
}

/** The VMA after `vma` in the same mm, or 0. */
export function nextVma(arena: Arena, mm: number, vma: number): number {
  const node = nextOverlap(arena, mm + Mm.vmaRoot, vma + Vma.node, 0, VPN_LIMIT);
  return node === 0 ? 0 : node - Vma.node;
}

/** The VMAs that overlap [start, end), in address order. */
export function vmasIn(arena: Arena, mm: number, start: number, end: number): number[] {
  const found: number[] = [];
  const root = mm + Mm.vmaRoot;
  let node = firstOverlap(arena, root, start, end - 1);
  for (; node !== 0; node = nextOverlap(arena, root, node, start, end - 1)) found.push(node - Vma.node);
  return found;
}

/** Puts a VMA made by {@link vmaAlloc} into the tree. mmap_lock held for writing. */
export function vmaInsert(arena: Arena, mm: number, vma: number, start: number, end: number): void {
  set(arena, vma + Vma.mm, handleOf(arena, arena.pools.mm, mm));
  insertInterval(arena, mm + Mm.vmaRoot, vma + Vma.node, start, end - 1);
  set(arena, mm + Mm.vmaCount, get(arena, mm + Mm.vmaCount) + 1);
}

/** vm_area_alloc, with flags and page offset; 0 when there are too many. */
export function vmaAlloc(arena: Arena, flags: number, pgoff: number): number {
  const vma = poolAlloc(arena, arena.pools.vma);
  if (vma !== 0) {
    set(arena, vma + Vma.flags, flags);
    set(arena, vma + Vma.pgoff, pgoff);
  }
  return vma;
}

/** Joins the anon_vma of `from`, at the end of its list, so that rmap walks meet the older VMA first. */
export function* anonVmaClone(task: Task, vma: number, from: number): Steps<void> {
  const { arena } = task;
  const handle = load(arena, from + Vma.anonVma);
  if (handle === 0) return;
  const anonVma = anonVmaOf(arena, from);
  yield* anonVmaLock(task, anonVma);
  store(arena, vma + Vma.anonVma, handle);
  anonVmaLink(arena, anonVma, vma);
  yield* anonVmaUnlock(task, anonVma);
}

/** Takes a VMA out of the tree: from now on nobody can find it. */
export function vmaDetach(arena: Arena, mm: number, vma: number): void {
  removeInterval(arena, mm + Mm.vmaRoot, vma + Vma.node);
  set(arena, mm + Mm.vmaCount, get(arena, mm + Mm.vmaCount) - 1);
}

/** Unlinks a detached VMA from its anon_vma and frees it. */
export function* vmaFree(task: Task, vma: number): Steps<void> {
  const { arena } = task;
  if (load(arena, vma + Vma.anonVma) !== 0) yield* anonVmaUnlink(task, vma);
  poolFree(arena, arena.pools.vma, vma);
}

/** Moves the bounds of a VMA under the rmap lock, so that no rmap walk computes an address from half a change. */
function* resize(task: Task, mm: number, vma: number, start: number, end: number): Steps<void> {
  const { arena } = task;
  const anonVma = load(arena, vma + Vma.anonVma) === 0 ? 0 : anonVmaOf(arena, vma);
  if (anonVma !== 0) yield* anonVmaLock(task, anonVma);
  const pgoff = linearPageIndex(arena, vma, start);
  removeInterval(arena, mm + Mm.vmaRoot, vma + Vma.node);
  set(arena, vma + Vma.pgoff, pgoff);
  insertInterval(arena, mm + Mm.vmaRoot, vma + Vma.node, start, end - 1);
  if (anonVma !== 0) yield* anonVmaUnlock(task, anonVma);
}

/**
 * __split_vma: afterwards `vma` ends at `vpn` and a new VMA, which is returned, starts there. 0 when there are too many
 * VMAs; then nothing changed.
 */
export function* splitVma(task: Task, mm: number, vma: number, vpn: number): Steps<number> {
  const { arena } = task;
  const end = vmaEnd(arena, vma);
  const tail = vmaAlloc(arena, vmaFlags(arena, vma), linearPageIndex(arena, vma, vpn));
  if (tail === 0) return 0;
  // The tail joins the rmap list first: a page of it is then found at least once at any time.
  set(arena, tail + Vma.node, vpn);
  set(arena, tail + Vma.node + 1, end - 1);
  set(arena, tail + Vma.mm, get(arena, vma + Vma.mm));
  yield* anonVmaClone(task, tail, vma);
  yield* resize(task, mm, vma, vmaStart(arena, vma), vpn);
  vmaInsert(arena, mm, tail, vpn, end);
  return tail;
}

/** Cuts the VMAs of [start, end) at its bounds. False when there are too many VMAs. mmap_lock held for writing. */
export function* splitAt(task: Task, mm: number, start: number, end: number): Steps<boolean> {
  const { arena } = task;
  for (const vpn of [start, end]) {
    const vma = vmaLookup(arena, mm, vpn);
    if (vma !== 0 && vmaStart(arena, vma) < vpn && (yield* splitVma(task, mm, vma, vpn)) === 0) return false;
  }
  return true;
}

function canMerge(arena: Arena, left: number, right: number): boolean {
  return (
    vmaEnd(arena, left) === vmaStart(arena, right) &&
    vmaFlags(arena, left) === vmaFlags(arena, right) &&
    linearPageIndex(arena, left, vmaStart(arena, right)) === get(arena, right + Vma.pgoff) &&
    load(arena, left + Vma.anonVma) === load(arena, right + Vma.anonVma)
  );
}

/** vma_merge: joins neighbours in and around [start, end) that have become alike, as mprotect and friends leave them. */
export function* mergeVmas(task: Task, mm: number, start: number, end: number): Steps<void> {
  const { arena } = task;
  let vma = findVma(arena, mm, Math.max(0, start - 1));
  while (vma !== 0 && vmaStart(arena, vma) <= end) {
    const next = nextVma(arena, mm, vma);
    if (next === 0) return;
    if (!canMerge(arena, vma, next)) {
      vma = next;
      continue;
    }
    const last = vmaEnd(arena, next);
    vmaDetach(arena, mm, next);
    yield* resize(task, mm, vma, vmaStart(arena, vma), last);
    yield* vmaFree(task, next);
  }
}
