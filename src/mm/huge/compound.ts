/** Questions about a huge page as a whole. Its pieces are counted one by one (page.ts), so these go over all of them. */

import { set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { PTRS_PER_TABLE } from '../../arena/config.ts';
import type { Pfn } from '../../arena/units.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { compoundHead, maybeDmaPinned, PG_ANON_EXCLUSIVE, PG_HUGETLB, pageCount, pageFlags, pageMapcount } from '../page/page.ts';
import { splitLock } from '../page/pageLock.ts';

/** PageTail: a piece of a huge page, but not its first. */
export const isTail = (arena: Arena, pfn: Pfn): boolean => {
  const head = compoundHead(arena, pfn);
  return head !== 0 && head !== pfn;
};

/** Does every piece that is still in use pass the test? */
function everyPiece(arena: Arena, head: Pfn, test: (pfn: Pfn) => boolean): boolean {
  for (let pfn = head; pfn < head + PTRS_PER_TABLE; pfn++) {
    if (compoundHead(arena, pfn) === head && !test(pfn)) return false;
  }
  return true;
}

/** Is each piece mapped once and referenced by nobody else? Then who maps it whole is its only user. */
export const isMappedOnce = (arena: Arena, head: Pfn): boolean => everyPiece(arena, head, (pfn) => pageCount(arena, pfn) === 1);

/** Is `pfn` the only piece in use, and referenced once? (page_count of the whole being 1) */
export const isLastPiece = (arena: Arena, pfn: Pfn): boolean =>
  everyPiece(arena, compoundHead(arena, pfn), (piece) => piece === pfn && pageCount(arena, pfn) === 1);

/** May somebody hold a pin on any piece? */
export const isMaybePinned = (arena: Arena, head: Pfn): boolean => !everyPiece(arena, head, (pfn) => !maybeDmaPinned(arena, pfn));

/** References to all pieces together that no mapping accounts for. */
export function extraReferences(arena: Arena, head: Pfn): number {
  let extra = 0;
  everyPiece(arena, head, (pfn) => {
    extra += pageCount(arena, pfn) - pageMapcount(arena, pfn);
    return true;
  });
  return extra;
}

/** How often the pieces are mapped, together. */
export function compoundMapcount(arena: Arena, head: Pfn): number {
  let mappings = 0;
  everyPiece(arena, head, (pfn) => {
    mappings += pageMapcount(arena, pfn);
    return true;
  });
  return mappings;
}

/** Every piece becomes a page of its own. The caller, who has the whole locked, keeps the locks of `kept`. */
export function* dissolve(task: Task, head: Pfn, kept: readonly Pfn[]): Steps<void> {
  const { arena } = task;
  yield* splitLock(task, head, kept, () => {
    for (let pfn = head; pfn < head + PTRS_PER_TABLE; pfn++) {
      if (compoundHead(arena, pfn) === head) set(arena, arena.page.compound + pfn, 0);
    }
  });
}

export const isHugetlb = (arena: Arena, pfn: Pfn): boolean => (pageFlags(arena, pfn) & PG_HUGETLB) !== 0;
export const isExclusive = (arena: Arena, pfn: Pfn): boolean => (pageFlags(arena, pfn) & PG_ANON_EXCLUSIVE) !== 0;
