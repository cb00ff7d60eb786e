/** Pages of a size between a page and a huge page (multi-size THP): neighbouring frames with a label that says what they belong to. */

import { cas, get, set } from '../../arena/access.ts';
import { rawLock, rawUnlock } from '../../arena/raw.ts';
import { Header } from '../../arena/structures.ts';
import type { Pfn } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { setCompound } from './page.ts';

/**
 * alloc_pages of `order` with __GFP_COMP: cleared frames with one reference each, which nobody has had before, as those that were come
 * back one by one. The first, or 0 when there are none.
 */
export function* allocFolio(task: Task, order: number): Steps<Pfn> {
  const { arena } = task;
  const pages = 1 << order;
  yield Point.allocPage;
  rawLock(arena, Header.zoneLock);
  const fresh = get(arena, Header.zoneFresh);
  const head = fresh + pages <= arena.hugeZero ? fresh : 0;
  if (head !== 0) {
    set(arena, Header.zoneFresh, fresh + pages);
    set(arena, Header.zoneFreeCount, get(arena, Header.zoneFreeCount) - pages);
  }
  rawUnlock(arena, Header.zoneLock);
  for (let pfn = head; head !== 0 && pfn < head + pages; pfn++) {
    if (cas(arena, arena.page.refcount + pfn, 0, 1) !== 0)
      throw new Violation('I-REF', `page ${pfn} was never handed out and has references`);
    setCompound(arena, pfn, head, order);
  }
  return head;
}
