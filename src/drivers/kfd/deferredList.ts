/**
 * The deferred list (svms->deferred_range_list): ranges of which something was unmapped. The callback cannot take them apart, as
 * it holds too much; a worker does, with mmap_lock for writing. What is still mapped of a range keeps its subscription, which then
 * covers more than it needs to; the real one makes a shorter one.
 */
import { get, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { nodeLast, nodeStart } from '../../arena/intervalTree.ts';
import { deref, handleOf, poolFree } from '../../arena/pool.ts';
import { IntervalSub, Mirror } from '../../arena/structures.ts';
import { mmput } from '../../mm/exit.ts';
import { mmapWriteLock, mmapWriteUnlock } from '../../mm/mmapLock.ts';
import { vmasIn } from '../../mm/vma.ts';
import { mmgetNotZero } from '../../notifier/mmCount.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexLock, mutexUnlock, spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { queueWork, type Work } from '../../sync/workqueue.ts';
import { revoke } from '../dmirror/invalidate.ts';
import { mirrorMm } from '../mirror.ts';
import { endBlock } from '../notifierBlocks.ts';
import { drainRetryFaults, isDraining, requestDrain } from './retryFaults.ts';

/** Words of the mirror: the spin lock of the list, and the handle of its first range. */
const LIST_LOCK = Mirror.private + 2;
const LIST = Mirror.private + 3;

/** What `listed` says of the last range. */
const END = -1;

/** Is the range to be taken apart? Then a fault on it is dropped. */
export const isDeferred = (arena: Arena, sub: number): boolean => get(arena, sub + IntervalSub.listed) !== 0;

/** svm_range_add_list_work, in the callback. */
export function* deferRange(task: Task, mirror: number, sub: number): Steps<void> {
  const { arena } = task;
  yield* spinLock(task, mirror + LIST_LOCK, LockClass.deferredList);
  requestDrain(arena, mirror);
  if (!isDeferred(arena, sub)) {
    set(arena, sub + IntervalSub.listed, get(arena, mirror + LIST) || END);
    set(arena, mirror + LIST, handleOf(arena, arena.pools.interval, sub));
  }
  yield* spinUnlock(task, mirror + LIST_LOCK, LockClass.deferredList);
  queueWork(task, mirror + Mirror.work, deferredListWork);
}

/** The first range of the list, 0 when it is empty. */
function* firstRange(task: Task, mirror: number): Steps<number> {
  const { arena } = task;
  yield* spinLock(task, mirror + LIST_LOCK, LockClass.deferredList);
  const handle = get(arena, mirror + LIST);
  const sub = handle === 0 ? 0 : deref(arena, arena.pools.interval, handle);
  yield* spinUnlock(task, mirror + LIST_LOCK, LockClass.deferredList);
  return sub;
}

function* unlinkFirst(task: Task, mirror: number, sub: number): Steps<void> {
  const { arena } = task;
  yield* spinLock(task, mirror + LIST_LOCK, LockClass.deferredList);
  const next = get(arena, sub + IntervalSub.listed);
  set(arena, mirror + LIST, next === END ? 0 : next);
  set(arena, sub + IntervalSub.listed, 0);
  yield* spinUnlock(task, mirror + LIST_LOCK, LockClass.deferredList);
}

/** svm_range_unlink and svm_range_free, if nothing is mapped there any more: the device lets go, and the subscription ends. */
function* removeRange(task: Task, mirror: number, sub: number): Steps<void> {
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
function* lockDrained(task: Task, mirror: number, mm: number): Steps<void> {
  yield* mmapWriteLock(task, mm);
  while (isDraining(task.arena, mirror)) {
    yield* mmapWriteUnlock(task, mm);
    yield* drainRetryFaults(task, mirror);
    yield* mmapWriteLock(task, mm);
  }
}

/** svm_range_deferred_list_work. */
function* takeApart(task: Task, mirror: number): Steps<void> {
  const { arena } = task;
  const mm = mirrorMm(arena, mirror);
  for (let sub = yield* firstRange(task, mirror); sub !== 0; sub = yield* firstRange(task, mirror)) {
    // The process has exited: what is on the list goes when the device is closed.
    if (!mmgetNotZero(arena, mm)) return;
    yield* lockDrained(task, mirror, mm);
    yield* unlinkFirst(task, mirror, sub);
    yield* removeRange(task, mirror, sub);
    yield* mmapWriteUnlock(task, mm);
    yield* mmput(task, mm);
  }
}

export const deferredListWork: Work = { bit: 1, cls: LockClass.deferredListWork, run: takeApart };
