/**
 * split_huge_page: a huge page becomes 512 pages of their own, in every address space that maps it. The kernel freezes its
 * reference count for that, by migration entries in all mappings; here each piece has a count of its own, which stays right
 * throughout, so the leaves are split and nothing is unmapped. What the kernel does when it maps the pieces again is in mapPieces.ts.
 */

import { get } from '../../arena/access.ts';
import { Mm } from '../../arena/structures.ts';
import type { Pfn } from '../../arena/units.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../../notifier/invalidate.ts';
import { MMU_NOTIFY_CLEAR, notifierRange } from '../../notifier/range.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { compoundMapcount, dissolve, extraReferences } from '../huge/compound.ts';
import { compoundHead } from '../page/page.ts';
import { ptePfn } from '../table/pte.ts';
import { hugeLeaf, lookupTable, ptlOf, tableEnd } from '../table/tables.ts';
import { type CompoundMapping, eachCompoundMapping } from './compoundRmap.ts';
import { splitEntries, splitLeaf } from './mapPieces.ts';

/** Splits one mapping, in an event over all that it can see of the page. Returns how many entries for pieces there were. */
function* splitMapping(task: Task, mapping: CompoundMapping, held: Pfn): Steps<number> {
  const { arena } = task;
  const head = compoundHead(arena, held);
  const { mm, start, end } = mapping;
  const range = notifierRange(MMU_NOTIFY_CLEAR, mm, start, end);
  let entries = 0;
  yield* mmuNotifierInvalidateRangeStart(task, range);
  for (let at = start; at < end; at = tableEnd(at, end)) {
    const table = lookupTable(arena, get(arena, mm + Mm.pgd), at);
    if (table === 0) continue;
    const ptl = ptlOf(arena, table);
    yield* spinLock(task, ptl, LockClass.ptl);
    const leaf = hugeLeaf(arena, table);
    const stretch = { held, start: at, end: tableEnd(at, end) };
    if (leaf === 0) entries += yield* splitEntries(task, mapping, table, stretch);
    else if (ptePfn(leaf) === head) entries += yield* splitLeaf(task, mapping, table, stretch);
    yield* spinUnlock(task, ptl, LockClass.ptl);
  }
  yield* mmuNotifierInvalidateRangeEnd(task, range);
  return entries;
}

/**
 * Splits the huge page that `piece` is of. The caller has it locked, and `references` references to pieces; of the lock he keeps that of
 * `piece`. False when somebody else holds a reference.
 *
 * @kernel mm/huge_memory.c split_huge_page
 */
export function* splitHugePage(task: Task, piece: Pfn, references: number): Steps<boolean> {
  const { arena } = task;
  const head = compoundHead(arena, piece);
  yield Point.splitHugePage;
  if (extraReferences(arena, head) !== references) return false;
  let left = compoundMapcount(arena, head);
  yield* eachCompoundMapping(task, piece, function* (mapping) {
    left -= yield* splitMapping(task, mapping, piece);
    return left > 0;
  });
  yield* dissolve(task, head, [piece]);
  return true;
}
