/** Taking a page away from everybody who maps it: what try_to_unmap and try_to_migrate have in common (mm/rmap.c). */

import { get, xchg } from '../../arena/access.ts';
import { Mm, type Vma } from '../../arena/structures.ts';
import type { Pfn, Word } from '../../arena/units.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../../notifier/invalidate.ts';
import { MMU_NOTIFY_CLEAR, type NotifierRange, notifierRange } from '../../notifier/range.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { fillFromLeaf } from '../huge/splitHugePmd.ts';
import { PG_DIRTY, pageMapcount, setPageFlags } from '../page/page.ts';
import { flushTlbRange, type Outdated } from '../table/flush.ts';
import { isHuge, mapsPage, PTE_DIRTY, pieceEntry, ptePfn, ptePresent } from '../table/pte.ts';
import { hugeLeaf, lookupTable, pteAt, ptlOf } from '../table/tables.ts';
import { rmapWalk } from './rmap.ts';

/** Replaces the entry in `word`, which maps the page, in the event `range`. False ends the walk: the page stays. Under the PTL. */
export type Replace = (word: Word, vma: Vma, range: NotifierRange) => Steps<boolean>;

/** Clears an entry that maps the page, and remembers that it was dirty; `outdated` is what is flushed. Returns it as it was. Under the PTL. */
export function* clearMapping(task: Task, word: Word, pfn: Pfn, outdated: Outdated): Steps<number> {
  const { arena } = task;
  yield Point.clearPte;
  // Exchange and flush before the dirty bit is looked at: until then a CPU may set it.
  const pte = xchg(arena, word, 0);
  if (ptePresent(pte)) {
    yield* flushTlbRange(task, outdated);
    if ((pte & PTE_DIRTY) !== 0) setPageFlags(arena, pfn, PG_DIRTY);
  }
  return pte;
}

/**
 * Calls `replace` for each mapping of a locked page. Each gets its own CLEAR bracket without owner, inside the rmap lock, so no
 * driver can take it for its own doing.
 */
export function* unmapEverywhere(task: Task, pfn: Pfn, replace: Replace): Steps<void> {
  const { arena } = task;
  yield* rmapWalk(task, pfn, function* (vma, mm, vpn) {
    const range = notifierRange(MMU_NOTIFY_CLEAR, mm, vpn, vpn + 1);
    yield* mmuNotifierInvalidateRangeStart(task, range);
    const table = lookupTable(arena, get(arena, mm + Mm.pgd), vpn);
    let proceed = true;
    if (table !== 0) {
      const ptl = ptlOf(arena, table);
      yield* spinLock(task, ptl, LockClass.ptl);
      const leaf = hugeLeaf(arena, table);
      // Another address space maps it by a leaf: the piece goes alone.
      if (leaf !== 0 && ptePfn(pieceEntry(leaf, vpn)) === pfn) yield* fillFromLeaf(task, mm, vpn, table, leaf);
      const word = pteAt(arena, table, vpn);
      const pte = get(arena, word);
      if (!isHuge(pte) && mapsPage(pte) && ptePfn(pte) === pfn) proceed = yield* replace(word, vma, range);
      yield* spinUnlock(task, ptl, LockClass.ptl);
    }
    yield* mmuNotifierInvalidateRangeEnd(task, range);
    return proceed && pageMapcount(arena, pfn) > 0;
  });
}
