/**
 * split_huge_page: a huge page becomes 512 pages of their own, in every address space that maps it. The kernel freezes its
 * reference count for that, by migration entries in all mappings; here each piece has a count of its own, which stays right
 * throughout, so the leaves are split and nothing is unmapped.
 */

import { get } from '../../arena/access.ts';
import { Mm } from '../../arena/structures.ts';
import type { Pfn, Vpn } from '../../arena/units.ts';
import { isOlder, Older } from '../../kernels/older.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../../notifier/invalidate.ts';
import { MMU_NOTIFY_CLEAR, notifierRange } from '../../notifier/range.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { compoundHead } from '../page/page.ts';
import { ptePfn } from '../table/pte.ts';
import { hugeLeaf, lookupTable, ptlOf } from '../table/tables.ts';
import { dissolve, extraReferences } from './compound.ts';
import { eachCompoundMapping } from './compoundRmap.ts';
import { fillFromLeaf, leafOf } from './splitHugePmd.ts';

/**
 * Splits the leaf of one mapping. The event goes over all that the mapping can see of the page. Where the pieces are mapped one by
 * one already nothing changes here; a kernel sends the event all the same.
 */
function* splitMapping(task: Task, mm: Mm, start: Vpn, end: Vpn, head: Pfn): Steps<void> {
  const { arena } = task;
  const mapsLeaf = ptePfn(leafOf(arena, mm, start)) === head;
  if (!mapsLeaf && !isOlder(arena, Older.compoundStays)) return;
  const range = notifierRange(MMU_NOTIFY_CLEAR, mm, start, end);
  yield* mmuNotifierInvalidateRangeStart(task, range);
  if (mapsLeaf) {
    const table = lookupTable(arena, get(arena, mm + Mm.pgd), start);
    const ptl = ptlOf(arena, table);
    yield* spinLock(task, ptl, LockClass.ptl);
    const leaf = hugeLeaf(arena, table);
    if (ptePfn(leaf) === head) yield* fillFromLeaf(task, table, leaf);
    yield* spinUnlock(task, ptl, LockClass.ptl);
  }
  yield* mmuNotifierInvalidateRangeEnd(task, range);
}

/**
 * Splits the huge page that `piece` is of. The caller has that piece locked, and `references` references to pieces. False when
 * somebody else holds one.
 *
 * @kernel mm/huge_memory.c split_huge_page
 */
export function* splitHugePage(task: Task, piece: Pfn, references: number): Steps<boolean> {
  const { arena } = task;
  const head = compoundHead(arena, piece);
  if (extraReferences(arena, head) !== references) return false;
  yield* eachCompoundMapping(task, piece, function* (mm, start, end) {
    yield* splitMapping(task, mm, start, end, head);
    return true;
  });
  dissolve(arena, head);
  return true;
}
