/**
 * Work queues: what one thread asks for, another one does later (kernel/workqueue.c). A queue is one word, with two bits for
 * each of its items: pending, and running. An item that is queued again while it runs runs once more; it never runs twice at
 * once. What an item does is code, and so it is registered with the driver, in every thread, as its operations are.
 */

import { and, cas, forgetSince, load, observed, or } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import type { Word } from '../arena/units.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import type { LockClass } from './lockClass.ts';
import { lockMap, lockOrder, mightSleep, noteLocked, noteUnlocked } from './lockdep.ts';
import type { Task } from './task.ts';
import { waitWhile, wake } from './wait.ts';

/** struct work_struct: the item `bit` of the queues it is used in. */
export interface Work {
  readonly bit: number;
  /** Lock class of "it runs" (lockdep_map): whoever waits for it waits for what it takes. */
  readonly cls: LockClass;
  /** `owner` is the object the queue is embedded in. */
  readonly run: (task: Task, owner: number) => Steps<void>;
}

/** Items a queue has room for. */
const ITEMS = 8;
const PENDING = (1 << ITEMS) - 1;

const pendingBit = ({ bit }: Work): number => 1 << bit;
const runningBit = ({ bit }: Work): number => 1 << (ITEMS + bit);

/** work_pending. */
export const workPending = (arena: Arena, queue: Word, work: Work): boolean => (load(arena, queue) & pendingBit(work)) !== 0;

/**
 * queue_work: false when it was pending already. May be called under any lock.
 *
 * @kernel kernel/workqueue.c queue_work
 */
export function queueWork(task: Task, queue: Word, work: Work): boolean {
  // Pairs with the compare-and-swap of whoever takes it: what was written before is seen by the work.
  if ((or(task.arena, queue, pendingBit(work)) & pendingBit(work)) !== 0) return false;
  wake(task.arena, queue);
  return true;
}

/** Pending becomes running; false when it is not pending, or runs. `first` is what the queue was seen to be. */
function take(task: Task, queue: Word, work: Work, first: number): boolean {
  const { arena } = task;
  for (let seen = first; ; seen = load(arena, queue)) {
    if ((seen & pendingBit(work)) === 0 || (seen & runningBit(work)) !== 0) return false;
    if (cas(arena, queue, seen, (seen & ~pendingBit(work)) | runningBit(work)) === seen) return true;
  }
}

/**
 * process_one_work: does the item if it is pending and nobody does it. Returns whether it did. No lock may be held. `seen` is what
 * the queue was in this very step.
 */
export function* runWork(task: Task, queue: Word, work: Work, owner: number, seen?: number): Steps<boolean> {
  if (!take(task, queue, work, seen ?? load(task.arena, queue))) return false;
  if (task.checks) {
    lockOrder(task, work.cls);
    noteLocked(task, queue, work.cls);
  }
  yield Point.runWork;
  yield* work.run(task, owner);
  if (task.checks) noteUnlocked(task, queue, work.cls);
  and(task.arena, queue, ~runningBit(work));
  wake(task.arena, queue);
  yield Point.unlocked;
  return true;
}

/**
 * flush_work: returns when the item is neither pending nor running. An item nobody has taken yet is done here: in a kernel
 * another thread would do it, and the caller would wait for that, with what it holds. So it deadlocks where flush_work does.
 *
 * @kernel kernel/workqueue.c flush_work
 */
export function* flushWork(task: Task, queue: Word, work: Work, owner: number): Steps<void> {
  mightSleep(task, 'flushWork');
  lockMap(task, work.cls);
  const mark = observed();
  for (let seen = load(task.arena, queue); (seen & (pendingBit(work) | runningBit(work))) !== 0; seen = load(task.arena, queue)) {
    if ((seen & runningBit(work)) !== 0) yield* waitWhile(task, queue, seen);
    else yield* runWork(task, queue, work, owner, seen);
    forgetSince(mark);
  }
  forgetSince(mark);
}

/**
 * cancel_work_sync: not pending any more, and no longer running when this returns, also where the item queues itself while it runs. True
 * when it was pending.
 *
 * @kernel kernel/workqueue.c cancel_work_sync
 */
export function* cancelWorkSync(task: Task, queue: Word, work: Work): Steps<boolean> {
  mightSleep(task, 'cancelWorkSync');
  lockMap(task, work.cls);
  const before = and(task.arena, queue, ~pendingBit(work));
  const mark = observed();
  for (let seen = before; (seen & runningBit(work)) !== 0; ) {
    yield* waitWhile(task, queue, seen & ~pendingBit(work));
    // The kernel refuses what the item queues meanwhile.
    seen = and(task.arena, queue, ~pendingBit(work));
    forgetSince(mark);
  }
  forgetSince(mark);
  return (before & pendingBit(work)) !== 0;
}

/** A worker's turn: does every item that is pending. Returns how many that were. */
export function* runPendingWork(task: Task, queue: Word, works: readonly Work[], owner: number): Steps<number> {
  let done = 0;
  let seen = load(task.arena, queue);
  for (const work of works) {
    if (!(yield* runWork(task, queue, work, owner, seen))) continue;
    done++;
    seen = load(task.arena, queue);
  }
  return done;
}

/** Sleeps until something is pending. */
export function* waitForWork(task: Task, queue: Word): Steps<void> {
  const mark = observed();
  for (let seen = load(task.arena, queue); (seen & PENDING) === 0; seen = load(task.arena, queue)) {
    yield* waitWhile(task, queue, seen);
    forgetSince(mark);
  }
  forgetSince(mark);
}
