/** Insertion and removal of interval notifiers (mmu_interval_notifier_insert and _remove). */

import { forgetRound, get, load, observed, set } from '../arena/access.ts';
import { INTERVAL_LIMIT } from '../arena/config.ts';
import { EINVAL, EOVERFLOW } from '../arena/errno.ts';
import { insertInterval, removeInterval } from '../arena/intervalTree.ts';
import { deref, handleOf } from '../arena/pool.ts';
import { isSame, type Serial, serialGet, serialPast, serialSeal, serialStore } from '../arena/serials.ts';
import { IntervalSub, Mm, Subscriptions } from '../arena/structures.ts';
import type { Errno, Vpn } from '../arena/units.ts';
import { Violation } from '../arena/violation.ts';
import type { Steps } from '../steps/steps.ts';
import { LockClass } from '../sync/lockClass.ts';
import { lockMap, mightSleep } from '../sync/lockdep.ts';
import { isWriteLockedBy } from '../sync/rwsem.ts';
import { spinLock, spinUnlock } from '../sync/spinlock.ts';
import type { Task } from '../sync/task.ts';
import { mmdrop, mmgrab } from './mmCount.ts';
import { intervalOps } from './ops.ts';
import { registerSubscriptions, registerSubscriptionsLocked } from './register.ts';
import { isInvalidating, subscriptionsOf, waitForExclusion } from './sequence.ts';

/** What an interval notifier is made of: `ops` an id registered in every thread, `owner` for the operations' own use. */
export interface IntervalSpec {
  /** First page. */
  readonly start: Vpn;
  /** Number of pages. */
  readonly length: number;
  readonly ops: number;
  readonly owner?: number;
}

/**
 * mmu_interval_notifier_insert: subscribes `sub`, an object of the interval pool, to the pages [start, start + length).
 * Callbacks may begin before this returns; the interval may enter the tree later, and is safe to use only through
 * read-begin. The caller holds a user of the mm.
 *
 * @returns 0, -EOVERFLOW (empty, or beyond the address space), -EINVAL (the mm has no users), -ENOMEM or -EINTR (first
 * registration failed). After a failure the interval must not be removed.
 *
 * @kernel mm/mmu_notifier.c mmu_interval_notifier_insert
 */
export function* mmuIntervalNotifierInsert(task: Task, sub: IntervalSub, mm: Mm, spec: IntervalSpec): Steps<Errno> {
  const ops = intervalOps(spec.ops);
  if (ops.invalidateStart !== undefined && ops.invalidateFinish === undefined) {
    throw new Violation('I-SEQ', 'interval operations with invalidateStart need invalidateFinish');
  }
  lockMap(task, LockClass.mmapLock);
  const error = yield* registerSubscriptions(task, mm);
  return error !== 0 ? error : yield* insert(task, sub, mm, spec);
}

/**
 * mmu_interval_notifier_insert_locked: the caller holds mmap_lock for writing.
 *
 * @kernel mm/mmu_notifier.c mmu_interval_notifier_insert_locked
 */
export function* mmuIntervalNotifierInsertLocked(task: Task, sub: IntervalSub, mm: Mm, spec: IntervalSpec): Steps<Errno> {
  if (!isWriteLockedBy(task, mm + Mm.mmapLock)) throw new Violation('I-LOCK', 'insert needs mmap_lock held for writing');
  const error = yield* registerSubscriptionsLocked(task, mm, true);
  return error !== 0 ? error : yield* insert(task, sub, mm, spec);
}

function* insert(task: Task, sub: IntervalSub, mm: Mm, { start, length, ops, owner = 0 }: IntervalSpec): Steps<Errno> {
  const { arena } = task;
  const last = start + length - 1;
  if (length <= 0 || last >= INTERVAL_LIMIT) return -EOVERFLOW;
  if (load(arena, mm + Mm.users) <= 0) return -EINVAL;
  mmgrab(arena, mm);
  set(arena, sub + IntervalSub.mm, handleOf(arena, arena.pools.mm, mm));
  set(arena, sub + IntervalSub.ops, ops);
  set(arena, sub + IntervalSub.owner, owner);
  const node = sub + IntervalSub.node;
  const subs = subscriptionsOf(task, mm);
  const seqWord = subs + Subscriptions.invalidateSeq;
  yield* spinLock(task, subs + Subscriptions.lock, LockClass.subscriptions);
  if (get(arena, subs + Subscriptions.active) > 0) {
    if (isInvalidating(task, subs)) {
      set(arena, node, start);
      set(arena, node + 1, last);
      defer(task, subs, sub);
    } else {
      // An invalidation is under way that hit nobody so far. It may cover us: join it.
      serialSeal(arena, seqWord);
      link(task, subs, sub, start, last);
    }
    serialStore(arena, sub + IntervalSub.invalidateSeq, serialGet(arena, seqWord));
  } else {
    if (isInvalidating(task, subs)) throw new Violation('I-SEQ', 'the sequence is odd although no invalidation is active');
    link(task, subs, sub, start, last);
    // Odd and in the past: different from every sequence an invalidation can have.
    serialStore(arena, sub + IntervalSub.invalidateSeq, serialPast(arena, seqWord));
  }
  yield* spinUnlock(task, subs + Subscriptions.lock, LockClass.subscriptions);
  return 0;
}

function link(task: Task, subs: Subscriptions, sub: IntervalSub, start: Vpn, last: Vpn): void {
  insertInterval(task.arena, subs + Subscriptions.itree, sub + IntervalSub.node, start, last);
  set(task.arena, sub + IntervalSub.inTree, 1);
}

function defer(task: Task, subs: Subscriptions, sub: IntervalSub): void {
  const { arena } = task;
  if (get(arena, sub + IntervalSub.onDeferred) !== 0) {
    throw new Violation('I-CB', `interval ${sub} is on the deferred list already`);
  }
  set(arena, sub + IntervalSub.deferredNext, get(arena, subs + Subscriptions.deferred));
  set(arena, sub + IntervalSub.onDeferred, 1);
  set(arena, subs + Subscriptions.deferred, sub);
}

function undefer(task: Task, subs: Subscriptions, sub: IntervalSub): void {
  const { arena } = task;
  let word = subs + Subscriptions.deferred;
  while (get(arena, word) !== sub) {
    if (get(arena, word) === 0) throw new Violation('I-CB', `interval ${sub} is neither in the tree nor on the deferred list`);
    word = get(arena, word) + IntervalSub.deferredNext;
  }
  set(arena, word, get(arena, sub + IntervalSub.deferredNext));
  set(arena, sub + IntervalSub.onDeferred, 0);
}

/**
 * mmu_interval_notifier_remove: sleeps until no callback of `sub` runs anywhere and none will. Not from a callback, and
 * not under a lock that a callback takes. Afterwards the caller may free the object.
 *
 * @kernel mm/mmu_notifier.c mmu_interval_notifier_remove
 */
export function* mmuIntervalNotifierRemove(task: Task, sub: IntervalSub): Steps<void> {
  const { arena } = task;
  mightSleep(task, 'mmuIntervalNotifierRemove');
  const mm = deref(arena, arena.pools.mm, get(arena, sub + IntervalSub.mm));
  const subs = subscriptionsOf(task, mm);
  let seq: Serial | null = null;
  yield* spinLock(task, subs + Subscriptions.lock, LockClass.subscriptions);
  if (isInvalidating(task, subs)) {
    if (get(arena, sub + IntervalSub.inTree) === 0) {
      undefer(task, subs, sub);
    } else {
      defer(task, subs, sub);
      seq = serialGet(arena, subs + Subscriptions.invalidateSeq);
    }
  } else {
    if (get(arena, sub + IntervalSub.inTree) === 0) throw new Violation('I-CB', `interval ${sub} is removed but not in the tree`);
    removeInterval(arena, subs + Subscriptions.itree, sub + IntervalSub.node);
    set(arena, sub + IntervalSub.inTree, 0);
  }
  yield* spinUnlock(task, subs + Subscriptions.lock, LockClass.subscriptions);
  lockMap(task, LockClass.invalidateRangeStart);
  if (seq !== null) yield* waitUntilDrained(task, subs, seq);
  const running = load(arena, sub + IntervalSub.running);
  if (running !== 0) throw new Violation('I-CB', `${running} callbacks of interval ${sub} run after its removal`);
  mmdrop(arena, mm);
}

/**
 * The sequence turns even before the deferred list is drained, in one section of subscriptions.lock. So the test must be
 * made under that lock: without it the caller could free an interval the drain still touches (fixed in 5.18).
 */
function* waitUntilDrained(task: Task, subs: Subscriptions, seq: Serial): Steps<void> {
  const mark = observed();
  for (;;) {
    forgetRound(mark);
    yield* waitForExclusion(task, subs, seq);
    yield* spinLock(task, subs + Subscriptions.lock, LockClass.subscriptions);
    const done = !isSame(serialGet(task.arena, subs + Subscriptions.invalidateSeq), seq);
    yield* spinUnlock(task, subs + Subscriptions.lock, LockClass.subscriptions);
    if (done) return;
  }
}
