/**
 * split_huge_page: a huge page becomes 512 pages of their own, in every address space that maps it. The kernel freezes its
 * reference count for that, by migration entries in all mappings; here each piece has a count of its own, which stays right
 * throughout, so the leaves are split and nothing is unmapped.
 */
import { get } from '../arena/access.ts';
import { Mm } from '../arena/structures.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../notifier/invalidate.ts';
import { MMU_NOTIFY_CLEAR, notifierRange } from '../notifier/range.ts';
import type { Steps } from '../steps/steps.ts';
import { LockClass } from '../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../sync/spinlock.ts';
import type { Task } from '../sync/task.ts';
import { dissolve, extraReferences } from './compound.ts';
import { eachCompoundMapping } from './compoundRmap.ts';
import { ptePfn } from './pte.ts';
import { fillFromLeaf, leafOf } from './splitHugePmd.ts';
import { hugeLeaf, lookupTable, ptlOf } from './tables.ts';

/** Splits the leaf of one mapping. The event goes over all that the mapping can see of the page. */
function* splitMapping(task: Task, mm: number, start: number, end: number, head: number): Steps<void> {
  const { arena } = task;
  const range = notifierRange(MMU_NOTIFY_CLEAR, mm, start, end);
  yield* mmuNotifierInvalidateRangeStart(task, range);
  if (ptePfn(leafOf(arena, mm, start)) === head) {
    const table = lookupTable(arena, get(arena, mm + Mm.pgd), start);
    const ptl = ptlOf(arena, table);
    yield* spinLock(task, ptl, LockClass.ptl);
    const leaf = hugeLeaf(arena, table);
    if (ptePfn(leaf) === head) yield* fillFromLeaf(task, table, leaf);
    yield* spinUnlock(task, ptl, LockClass.ptl);
  }
  yield* mmuNotifierInvalidateRangeEnd(task, range);
}

/** The caller holds the page lock of the head and `references` references to it. False when somebody else holds one to a piece. */
export function* splitHugePage(task: Task, head: number, references: number): Steps<boolean> {
  const { arena } = task;
  if (extraReferences(arena, head) !== references) return false;
  yield* eachCompoundMapping(task, head, function* (mm, start, end) {
    yield* splitMapping(task, mm, start, end, head);
    return true;
  });
  dissolve(arena, head);
  return true;
}
