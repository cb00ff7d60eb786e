/**
 * The deferred list (svms->deferred_range_list): ranges of which something was unmapped. The callback cannot take them apart, as
 * it holds too much; a worker does, with mmap_lock for writing. What is still mapped of a range keeps its subscription, which then
 * covers more than it needs to; the real one makes a shorter one.
 */
import { nodeLast, nodeStart } from '../../arena/intervalTree.ts';
import { poolFree } from '../../arena/pool.ts';
import { IntervalSub, Mirror, type Mm } from '../../arena/structures.ts';
import { mmput } from '../../mm/syscalls/exit.ts';
import { mmapWriteLock, mmapWriteUnlock } from '../../mm/vma/mmapLock.ts';
import { vmasIn } from '../../mm/vma/vma.ts';
import { mmgetNotZero } from '../../notifier/mmCount.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { queueWork, type Work } from '../../sync/workqueue.ts';
import { mirrorMm } from '../base/mirror.ts';
import { endBlock } from '../base/notifierBlocks.ts';
import { listAdd, listDelete, listFirst } from '../base/rangeList.ts';
import { revoke } from '../dmirror/invalidate.ts';
import { drainRetryFaults, isDraining, requestDrain } from './retryFaults.ts';

/** Words of the mirror: the list. */
const LIST = Mirror.private + 2;

/** svm_range_add_list_work, in the callback. A fault on a range that is listed is dropped. */
export function* deferRange(task: Task, mirror: Mirror, sub: IntervalSub): Steps<void> {
  requestDrain(task.arena, mirror);
  yield* listAdd(task, mirror + LIST, sub);
  queueWork(task, mirror + Mirror.work, deferredListWork);
}

/** svm_range_unlink and svm_range_free, if nothing is mapped there any more: the device lets go, and the subscription ends. */
function* removeRange(task: Task, mirror: Mirror, sub: IntervalSub): Steps<void> {
  const { arena } = task;
  const node = sub + IntervalSub.node;
  const [start, end] = [nodeStart(arena, node), nodeLast(arena, node) + 1];
  if (vmasIn(arena, mirrorMm(arena, mirror), start, end).length > 0) return;
  yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock);
  yield* revoke(task, mirror, start, end);
  yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);
  // With mmap_lock held for writing no callback can put it on the list again.
  yield* endBlock(task, mirror, sub);
  poolFree(arena, arena.pools.interval, sub);
}

/** mmap_lock for writing, with no fault to drain: munmap cannot ask for another drain while it is held. */
function* lockDrained(task: Task, mirror: Mirror, mm: Mm): Steps<void> {
  yield* mmapWriteLock(task, mm);
  while (isDraining(task.arena, mirror)) {
    yield* mmapWriteUnlock(task, mm);
    yield* drainRetryFaults(task, mirror);
    yield* mmapWriteLock(task, mm);
  }
}

/** svm_range_deferred_list_work. */
function* takeApart(task: Task, mirror: Mirror): Steps<void> {
  const { arena } = task;
  const mm = mirrorMm(arena, mirror);
  for (let sub = yield* listFirst(task, mirror + LIST); sub !== 0; sub = yield* listFirst(task, mirror + LIST)) {
    // The process has exited: what is on the list goes when the device is closed.
    if (!mmgetNotZero(arena, mm)) return;
    yield* lockDrained(task, mirror, mm);
    // Others may have come before it meanwhile.
    yield* listDelete(task, mirror + LIST, sub);
    yield* removeRange(task, mirror, sub);
    yield* mmapWriteUnlock(task, mm);
    yield* mmput(task, mm);
  }
}

export const deferredListWork: Work = { bit: 1, cls: LockClass.deferredListWork, run: takeApart };
