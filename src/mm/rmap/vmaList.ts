/** Lists of VMAs that the reverse mapping walks: those of an anon_vma, and those of a file. Write-locked by the caller. */

import { get, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { Vma } from '../../arena/structures.ts';
import type { Word } from '../../arena/units.ts';

/** Where such a list begins and ends in its owner, and which words of a VMA link it. */
export interface VmaList {
  readonly head: Word;
  readonly tail: Word;
  readonly prev: number;
  readonly next: number;
}

/**
 * Inserts a VMA: in order of the page it begins with, those that begin alike in order of age (the interval tree of the kernel),
 * so that a parent comes before its children.
 */
export function insertSorted(arena: Arena, list: VmaList, owner: Word, vma: Vma): void {
  const pgoff = get(arena, vma + Vma.pgoff);
  let prev = get(arena, owner + list.tail);
  while (prev !== 0 && get(arena, prev + Vma.pgoff) > pgoff) prev = get(arena, prev + list.prev);
  const head = prev === 0 ? owner + list.head : prev + list.next;
  const next = get(arena, head);
  set(arena, vma + list.prev, prev);
  set(arena, vma + list.next, next);
  set(arena, head, vma);
  set(arena, next === 0 ? owner + list.tail : next + list.prev, vma);
}

export function takeOut(arena: Arena, list: VmaList, owner: Word, vma: Vma): void {
  const prev = get(arena, vma + list.prev);
  const next = get(arena, vma + list.next);
  set(arena, prev === 0 ? owner + list.head : prev + list.next, next);
  set(arena, next === 0 ? owner + list.tail : next + list.prev, prev);
}
