/**
 * The collision-retry sequence of one address space (mm/mmu_notifier.c).
 *
 * Three verbs for the reader, in this order:
 *
 * 1. {@link mmuIntervalReadBegin} before the page tables are looked at, and before mmap_lock is taken;
 * 2. {@link mmuIntervalCheckRetry} at any time, as a hint;
 * 3. {@link mmuIntervalReadRetry} under the driver lock, before the device is programmed. False means that nothing read
 *    since (1) has changed, and nothing will before the lock is dropped.
 *
 * And one for the writer: {@link mmuIntervalSetSeq}, in every invalidate callback, under the same driver lock.
 *
 * The sequence is odd while an invalidation covers some interval. It admits many writers at once, so it turns even only
 * when the last of them ends; meanwhile the interval tree is frozen and may be walked without a lock.
 */

import { forgetRound, forgetSince, get, increase, load, observed, set } from '../arena/access.ts';
import { firstOverlap, insertInterval, removeInterval } from '../arena/intervalTree.ts';
import { deref } from '../arena/pool.ts';
import { isOdd, isSame, type Serial, serialGet, serialLoad, serialSeal, serialStore, serialUnseal } from '../arena/serials.ts';
import { IntervalSub, Mm, Subscriptions } from '../arena/structures.ts';
import type { Vpn } from '../arena/units.ts';
import { Violation } from '../arena/violation.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import { LockClass } from '../sync/lockClass.ts';
import { lockMap, mightSleep } from '../sync/lockdep.ts';
import { spinLock, spinUnlock } from '../sync/spinlock.ts';
import type { Task } from '../sync/task.ts';
import { waitWhile, wake } from '../sync/wait.ts';

/** The subscriptions object of an mm, or 0 before the first registration. */
export function subscriptionsOf(task: Task, mm: Mm): Subscriptions {
  // Plain: an actor that walks the chains holds mmap_lock or an rmap lock, and the first registration holds all of them.
  const handle = get(task.arena, mm + Mm.subscriptions);
  return handle === 0 ? 0 : deref(task.arena, task.arena.pools.subscriptions, handle);
}

const mmOf = (task: Task, sub: IntervalSub): Mm => deref(task.arena, task.arena.pools.mm, get(task.arena, sub + IntervalSub.mm));

/**
 * mn_itree_is_invalidating: the tree is frozen. Under subscriptions.lock.
 *
 * @kernel mm/mmu_notifier.c mn_itree_is_invalidating
 */
export const isInvalidating = (task: Task, subs: Subscriptions): boolean =>
  isOdd(serialGet(task.arena, subs + Subscriptions.invalidateSeq));

/**
 * mn_itree_inv_start_range: opens a bracket. Returns the first interval it covers (then the sequence is odd and stays so
 * until this bracket ends) or 0.
 *
 * @kernel mm/mmu_notifier.c mn_itree_inv_start_range
 */
export function* invStartRange(task: Task, subs: Subscriptions, start: Vpn, last: Vpn): Steps<number> {
  const { arena } = task;
  yield* spinLock(task, subs + Subscriptions.lock, LockClass.subscriptions);
  set(arena, subs + Subscriptions.active, get(arena, subs + Subscriptions.active) + 1);
  const node = firstOverlap(arena, subs + Subscriptions.itree, start, last);
  if (node !== 0) serialSeal(arena, subs + Subscriptions.invalidateSeq);
  yield* spinUnlock(task, subs + Subscriptions.lock, LockClass.subscriptions);
  return node === 0 ? 0 : node - IntervalSub.node;
}

/**
 * mn_itree_inv_end: closes a bracket. The last one of an exclusion lets deferred changes into the tree and wakes all.
 *
 * @kernel mm/mmu_notifier.c mn_itree_inv_end
 */
export function* invEnd(task: Task, subs: Subscriptions): Steps<void> {
  const { arena } = task;
  yield* spinLock(task, subs + Subscriptions.lock, LockClass.subscriptions);
  const active = get(arena, subs + Subscriptions.active) - 1;
  if (active < 0) throw new Violation('I-PAIR', `an invalidation of subscriptions ${subs} ends that never began`);
  set(arena, subs + Subscriptions.active, active);
  const ends = active === 0 && isInvalidating(task, subs);
  if (ends) {
    // Even before the list is drained, but in the same section: a remover tests under the lock (interval.ts).
    serialUnseal(arena, subs + Subscriptions.invalidateSeq);
    drainDeferred(task, subs);
  }
  yield* spinUnlock(task, subs + Subscriptions.lock, LockClass.subscriptions);
  yield Point.invEndWake;
  if (ends && load(arena, subs + Subscriptions.waiters) !== 0) wake(arena, subs + Subscriptions.invalidateSeq);
}

function drainDeferred(task: Task, subs: Subscriptions): void {
  const { arena } = task;
  let sub = get(arena, subs + Subscriptions.deferred);
  set(arena, subs + Subscriptions.deferred, 0);
  while (sub !== 0) {
    if (get(arena, sub) <= 0) throw new Violation('I-UAF', `the deferred list holds interval ${sub}, which was freed`);
    const next = get(arena, sub + IntervalSub.deferredNext);
    set(arena, sub + IntervalSub.onDeferred, 0);
    const node = sub + IntervalSub.node;
    if (get(arena, sub + IntervalSub.inTree) === 0) {
      insertInterval(arena, subs + Subscriptions.itree, node, get(arena, node), get(arena, node + 1));
      set(arena, sub + IntervalSub.inTree, 1);
    } else {
      removeInterval(arena, subs + Subscriptions.itree, node);
      set(arena, sub + IntervalSub.inTree, 0);
    }
    sub = next;
  }
}

/** Sleeps until the exclusion whose sequence is `seq` has ended. */
export function* waitForExclusion(task: Task, subs: Subscriptions, seq: Serial): Steps<void> {
  const { arena } = task;
  // Pairs with the test of `waiters` in invEnd: either the waker sees us, or we see its sequence.
  increase(arena, subs + Subscriptions.waiters, 1);
  yield Point.waiterCounted;
  const mark = observed();
  while (isSame(serialLoad(arena, subs + Subscriptions.invalidateSeq), seq)) {
    forgetRound(mark);
    yield* waitWhile(task, subs + Subscriptions.invalidateSeq, seq);
  }
  forgetSince(mark);
  increase(arena, subs + Subscriptions.waiters, -1);
}

/**
 * mmu_interval_read_begin: the token to compare later. Sleeps while an invalidation may cover the interval; must not be
 * called under the driver lock, under mmap_lock, or from a callback. It does not loop: the token may be stale already.
 *
 * @kernel mm/mmu_notifier.c mmu_interval_read_begin
 */
export function* mmuIntervalReadBegin(task: Task, sub: IntervalSub): Steps<Serial> {
  const { arena } = task;
  mightSleep(task, 'mmuIntervalReadBegin');
  const subs = subscriptionsOf(task, mmOf(task, sub));
  yield* spinLock(task, subs + Subscriptions.lock, LockClass.subscriptions);
  const seq = serialLoad(arena, sub + IntervalSub.invalidateSeq);
  const colliding = isSame(seq, serialGet(arena, subs + Subscriptions.invalidateSeq));
  yield* spinUnlock(task, subs + Subscriptions.lock, LockClass.subscriptions);
  lockMap(task, LockClass.invalidateRangeStart);
  if (colliding) yield* waitForExclusion(task, subs, seq);
  yield Point.mmuIntervalReadBegin;
  return seq;
}

/**
 * mmu_interval_read_retry: true when the interval was invalidated since the token was taken. Call it under the driver
 * lock that the invalidate callback takes; the answer holds until the lock is dropped.
 *
 * @kernel mm/mmu_notifier.c mmu_interval_read_retry
 */
export function mmuIntervalReadRetry(task: Task, sub: IntervalSub, token: Serial | 0): boolean {
  // The driver lock orders this load after every setSeq of a callback that has released it.
  return !isSame(serialLoad(task.arena, sub + IntervalSub.invalidateSeq), token);
}

/**
 * mmu_interval_check_retry: the same without a lock. True is final; false is only a hint.
 *
 * @kernel mm/mmu_notifier.c mmu_interval_check_retry
 */
export function mmuIntervalCheckRetry(task: Task, sub: IntervalSub, token: Serial | 0): boolean {
  return !isSame(serialLoad(task.arena, sub + IntervalSub.invalidateSeq), token);
}

/**
 * mmu_interval_set_seq: marks the interval as invalidated. In the callback, under the driver lock, always.
 *
 * @kernel mm/mmu_notifier.c mmu_interval_set_seq
 */
export function mmuIntervalSetSeq(task: Task, sub: IntervalSub, curSeq: Serial): void {
  // Pairs with the loads in readBegin, checkRetry and readRetry.
  serialStore(task.arena, sub + IntervalSub.invalidateSeq, curSeq);
}
