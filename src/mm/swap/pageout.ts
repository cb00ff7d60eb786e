/** madvise(MADV_PAGEOUT): reclaims the pages of a range that nobody else maps. */

import { get } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { Mm } from '../../arena/structures.ts';
import type { PageTable, Pte, Vpn } from '../../arena/units.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { splitHugePmd } from '../huge/splitHugePmd.ts';
import { getPage, isDevicePage, isolateLru, pageMapcount } from '../page/page.ts';
import { putPage } from '../page/zone.ts';
import { mapsPage, ptePfn, ptePresent } from '../table/pte.ts';
import { hugeLeaf, lookupTable, nextPopulated, pteAt, ptlOf } from '../table/tables.ts';
import { shrinkPage } from './reclaim.ts';

/** A page of system memory that only this entry maps. What is shared is somebody else's working set, too. */
const isOurs = (arena: Arena, pte: Pte): boolean =>
  ptePresent(pte) && mapsPage(pte) && !isDevicePage(arena, ptePfn(pte)) && pageMapcount(arena, ptePfn(pte)) === 1;

/** Isolates the page of an entry, with a reference; 0 when it is not to be had. */
function* isolate(task: Task, table: PageTable, vpn: Vpn): Steps<number> {
  const { arena } = task;
  const ptl = ptlOf(arena, table);
  yield* spinLock(task, ptl, LockClass.ptl);
  const pte = hugeLeaf(arena, table) === 0 ? get(arena, pteAt(arena, table, vpn)) : 0;
  const pfn = isOurs(arena, pte) ? ptePfn(pte) : 0;
  if (pfn !== 0) yield* getPage(task, pfn);
  yield* spinUnlock(task, ptl, LockClass.ptl);
  if (pfn === 0 || isolateLru(arena, pfn)) return pfn;
  yield* putPage(task, pfn);
  return 0;
}

/**
 * The range is inside one VMA, mmap_lock held for reading. A huge page is split first. One page after another; a kernel isolates
 * those of a table together, which makes no difference to anybody. Nothing happens where there is no swap.
 *
 * @kernel mm/madvise.c madvise_pageout
 */
export function* pageoutRange(task: Task, mm: Mm, start: Vpn, end: Vpn): Steps<void> {
  const { arena } = task;
  if (!arena.hasSwap) return;
  const pgd = get(arena, mm + Mm.pgd);
  for (let vpn = nextPopulated(arena, pgd, start, end); vpn < end; vpn = nextPopulated(arena, pgd, vpn + 1, end)) {
    yield* splitHugePmd(task, mm, vpn);
    const pfn = yield* isolate(task, lookupTable(arena, pgd, vpn), vpn);
    if (pfn !== 0) yield* shrinkPage(task, pfn);
  }
}
