/**
 * The garbage collector of xe: ranges that were unmapped are put on a list by the callback, and removed under vm->lock by a worker,
 * or by the next fault before it does anything. With its last range a notifier goes, too.
 */

import { get } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { nodeLast, nodeStart } from '../../arena/intervalTree.ts';
import { poolFree } from '../../arena/pool.ts';
import { IntervalSub, Mirror } from '../../arena/structures.ts';
import type { Vpn } from '../../arena/units.ts';
import { lookupTable, nextPopulated, pteAt, tableEnd } from '../../mm/table/tables.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import type { Task } from '../../sync/task.ts';
import { queueWork, type Work } from '../../sync/workqueue.ts';
import { endBlock } from '../base/notifierBlocks.ts';
import { listAdd, listDelete, listFirst } from '../base/rangeList.ts';
import { notifierLock, notifierUnlock, vmLock, vmUnlock } from './locks.ts';

/** Words of the mirror: the list. */
const LIST = Mirror.private + 3;

/** xe_svm_garbage_collector_add_range, in the callback: the notifier has a range that was unmapped. */
export function* addGarbage(task: Task, mirror: Mirror, sub: IntervalSub): Steps<void> {
  yield* listAdd(task, mirror + LIST, sub);
  queueWork(task, mirror + Mirror.work, garbageCollector);
}

/** Does the device map nothing in [start, end)? */
function isEmpty(arena: Arena, mirror: Mirror, start: Vpn, end: Vpn): boolean {
  const root = get(arena, mirror + Mirror.table);
  for (let vpn = nextPopulated(arena, root, start, end); vpn < end; vpn = nextPopulated(arena, root, vpn, end)) {
    const table = lookupTable(arena, root, vpn);
    for (const stop = tableEnd(vpn, end); vpn < stop; vpn++) if (get(arena, pteAt(arena, table, vpn)) !== 0) return false;
  }
  return true;
}

function* collect(task: Task, mirror: Mirror): Steps<void> {
  const { arena } = task;
  yield* vmLock(task, mirror);
  for (let sub = yield* listFirst(task, mirror + LIST); sub !== 0; sub = yield* listFirst(task, mirror + LIST)) {
    yield* listDelete(task, mirror + LIST, sub);
    const node = sub + IntervalSub.node;
    yield* notifierLock(task, mirror);
    const empty = isEmpty(arena, mirror, nodeStart(arena, node), nodeLast(arena, node) + 1);
    yield* notifierUnlock(task, mirror);
    // Under vm->lock nothing new is bound. Not under the notifier lock: the removal waits for callbacks.
    if (!empty) continue;
    yield* endBlock(task, mirror, sub);
    // A callback may have put it on the list once more before that. It was the last one.
    yield* listDelete(task, mirror + LIST, sub);
    poolFree(arena, arena.pools.interval, sub);
  }
  yield* vmUnlock(task, mirror);
}

export const garbageCollector: Work = { bit: 0, cls: LockClass.garbageCollectorWork, run: collect };
