/** struct vm_area_struct: flags, bounds, look-up, and the tree of an address space. */

import { get, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { VPN_LIMIT } from '../../arena/config.ts';
import { firstOverlap, linkInterval, nextOverlap, nodeLast, nodeStart, removeInterval } from '../../arena/intervalTree.ts';
import { handleOf, poolAlloc } from '../../arena/pool.ts';
import { Mm, Vma } from '../../arena/structures.ts';
import type { Vpn } from '../../arena/units.ts';
import { PTE_PRESENT, PTE_PROTNONE } from '../table/pte.ts';

export const VM_READ = 1;
export const VM_WRITE = 2;
export const VM_EXEC = 4;
export const VM_SHARED = 8;
/** Missing pages are reported to a userfaultfd. */
export const VM_UFFD_MISSING = 0x200;
export const VM_PFNMAP = 0x400;
/** Some pages may be guards: fork must look, where it would else leave the entries of a file to faults. */
export const VM_MAYBE_GUARD = 0x800;
/** mlock. */
export const VM_LOCKED = 0x2000;
export const VM_IO = 0x4000;
/** MADV_DONTFORK. */
export const VM_DONTCOPY = 0x20000;
export const VM_DONTEXPAND = 0x40000;
/** Counted as memory that may be written; kept when mprotect takes the write permission. Only decides what merges. */
export const VM_ACCOUNT = 0x100000;
export const VM_HUGETLB = 0x400000;
/** MADV_WIPEONFORK. */
export const VM_WIPEONFORK = 0x2000000;
export const VM_MIXEDMAP = 0x10000000;
/** MADV_HUGEPAGE and MADV_NOHUGEPAGE. */
export const VM_HUGEPAGE = 0x20000000;
export const VM_NOHUGEPAGE = 0x40000000;

/** Mappings without ordinary page structures or of another kind: not for migrate_vma. */
export const VM_SPECIAL = VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP;
export const VM_ACCESS = VM_READ | VM_WRITE | VM_EXEC;

/** Entry bits that follow from the VMA's protection alone. */
export const protectionBits = (flags: number): number => ((flags & VM_ACCESS) === 0 ? PTE_PRESENT | PTE_PROTNONE : PTE_PRESENT);

/** First page. */
export const vmaStart = (arena: Arena, vma: Vma): Vpn => nodeStart(arena, vma + Vma.node);
/** First page beyond. */
export const vmaEnd = (arena: Arena, vma: Vma): Vpn => nodeLast(arena, vma + Vma.node) + 1;
export const vmaFlags = (arena: Arena, vma: Vma): number => get(arena, vma + Vma.flags);

/** linear_page_index: what page->index is for a page of this VMA at `vpn`. */
export const linearPageIndex = (arena: Arena, vma: Vma, vpn: Vpn): number =>
  vpn - vmaStart(arena, vma) + get(arena, vma + Vma.pgoff);

/** vma_is_anonymous: without a file, or with that of a driver which fills the mapping itself and handles no faults. */
export const vmaIsAnonymous = (arena: Arena, vma: Vma): boolean =>
  get(arena, vma + Vma.mapping) === 0 || (vmaFlags(arena, vma) & VM_MIXEDMAP) !== 0;

/** find_vma: the first VMA that ends after `vpn`, or 0. mmap_lock held. */
export function findVma(arena: Arena, mm: Mm, vpn: Vpn): Vma {
  const node = firstOverlap(arena, mm + Mm.vmaRoot, vpn, VPN_LIMIT);
  return node === 0 ? 0 : node - Vma.node;
}

/** vma_lookup: the VMA that contains `vpn`, or 0. */
export function vmaLookup(arena: Arena, mm: Mm, vpn: Vpn): Vma {
  const vma = findVma(arena, mm, vpn);
  return vma !== 0 && vmaStart(arena, vma) <= vpn ? vma : 0;
}

/** The VMA after `vma` in the same mm, or 0. */
export function nextVma(arena: Arena, mm: Mm, vma: Vma): Vma {
  const node = nextOverlap(arena, mm + Mm.vmaRoot, vma + Vma.node, 0, VPN_LIMIT);
  return node === 0 ? 0 : node - Vma.node;
}

/** The VMAs that overlap [start, end), in address order. */
export function vmasIn(arena: Arena, mm: Mm, start: Vpn, end: Vpn): Vma[] {
  const found: Vma[] = [];
  const root = mm + Mm.vmaRoot;
  let node = firstOverlap(arena, root, start, end - 1);
  for (; node !== 0; node = nextOverlap(arena, root, node, start, end - 1)) found.push(node - Vma.node);
  return found;
}

/** Puts a VMA made by {@link vmaAlloc} into the tree. mmap_lock held for writing. */
export function vmaInsert(arena: Arena, mm: Mm, vma: Vma, start: Vpn, end: Vpn): void {
  set(arena, vma + Vma.mm, handleOf(arena, arena.pools.mm, mm));
  set(arena, vma + Vma.node, start);
  set(arena, vma + Vma.node + 1, end - 1);
  vmaLink(arena, mm, vma);
}

/** The same for one that has its bounds and its address space, because the rmap knows it already. */
export function vmaLink(arena: Arena, mm: Mm, vma: Vma): void {
  linkInterval(arena, mm + Mm.vmaRoot, vma + Vma.node);
  set(arena, mm + Mm.vmaCount, get(arena, mm + Mm.vmaCount) + 1);
}

/** vm_area_alloc, with flags and page offset; 0 when there are too many. */
export function vmaAlloc(arena: Arena, flags: number, pgoff: number): Vma {
  const vma = poolAlloc(arena, arena.pools.vma);
  if (vma !== 0) {
    set(arena, vma + Vma.flags, flags);
    set(arena, vma + Vma.pgoff, pgoff);
  }
  return vma;
}

/** Takes a VMA out of the tree: from now on nobody can find it. */
export function vmaDetach(arena: Arena, mm: Mm, vma: Vma): void {
  removeInterval(arena, mm + Mm.vmaRoot, vma + Vma.node);
  set(arena, mm + Mm.vmaCount, get(arena, mm + Mm.vmaCount) - 1);
}
