/**
 * The page locks of a migration. Each piece of a huge page has a slot (migratePfn.ts), the whole one lock: it goes with the last slot that
 * is about it.
 */

import type { Arena } from '../arena/arena.ts';
import type { Pfn } from '../arena/units.ts';
import { pageFolio } from '../mm/page/page.ts';
import { unlockPage } from '../mm/page/pageLock.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { migratePfnToPage } from './migratePfn.ts';

/** Has the fault that a migration is about locked the page? It unlocks it, too. */
export const isOfFault = (arena: Arena, pfn: Pfn, faultPage: Pfn): boolean =>
  faultPage !== 0 && pageFolio(arena, pfn) === pageFolio(arena, faultPage);

/** Unlocks a page whose slot is done with, unless one of the slots from `left` on has a page under the same lock. */
export function* unlockSlot(task: Task, pfn: Pfn, slots: Int32Array, left: number): Steps<void> {
  const { arena } = task;
  if (arena.hasHuge) {
    const folio = pageFolio(arena, pfn);
    for (let i = left; i < slots.length; i++) {
      const other = migratePfnToPage(slots[i] as number);
      if (other !== 0 && pageFolio(arena, other) === folio) return;
    }
  }
  yield* unlockPage(task, pfn);
}
