/** rmap_walk of a huge page as a whole: every mapping that can see any of its pieces. */

import { get } from '../../arena/access.ts';
import { nodeLast, nodeStart } from '../../arena/intervalTree.ts';
import { deref } from '../../arena/pool.ts';
import { AnonVma, type Mm, Vma } from '../../arena/structures.ts';
import type { Pfn, Vpn } from '../../arena/units.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { downRead, upRead } from '../../sync/rwsem.ts';
import type { Task } from '../../sync/task.ts';
import { compoundHead, compoundPages, pageIndex, pageMapping } from '../page/page.ts';

/** The pages [start, end) of a VMA where pieces of a huge page may be mapped. */
export interface CompoundMapping {
  readonly mm: Mm;
  readonly vma: Vma;
  readonly start: Vpn;
  readonly end: Vpn;
}

/** Visits one of them. Returns false to end the walk. */
export type CompoundVisitor = (mapping: CompoundMapping) => Steps<boolean>;

/**
 * Calls `visit` for each mapping of the huge page that `piece` is of, under the rmap lock. The caller has the piece locked; the
 * first piece may have been freed.
 *
 * @kernel mm/rmap.c rmap_walk
 */
export function* eachCompoundMapping(task: Task, piece: Pfn, visit: CompoundVisitor): Steps<void> {
  const { arena } = task;
  const anonVma = deref(arena, arena.pools.anonVma, pageMapping(arena, piece));
  const index = pageIndex(arena, piece) - (piece - compoundHead(arena, piece));
  yield* downRead(task, anonVma + AnonVma.lock, LockClass.anonVma);
  for (let vma = get(arena, anonVma + AnonVma.head); vma !== 0; vma = get(arena, vma + Vma.anonNext)) {
    const first = nodeStart(arena, vma + Vma.node);
    const vpn = first + index - get(arena, vma + Vma.pgoff);
    const start = Math.max(first, vpn);
    const end = Math.min(nodeLast(arena, vma + Vma.node) + 1, vpn + compoundPages(arena, piece));
    const mm = deref(arena, arena.pools.mm, get(arena, vma + Vma.mm));
    if (start < end && !(yield* visit({ mm, vma, start, end }))) break;
  }
  yield* upRead(task, anonVma + AnonVma.lock, LockClass.anonVma);
}
