/** Classic MMU notifiers: registration by list, callbacks under SRCU (mmu_notifier_register and its partners). */

import { get, increase, load, set, store } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { EINTR, EINVAL, ENOMEM } from '../arena/errno.ts';
import { deref, handleOf, poolAlloc, poolFree } from '../arena/pool.ts';
import { ClassicSub, Header, Mm, Subscriptions } from '../arena/structures.ts';
import type { Errno } from '../arena/units.ts';
import { Violation } from '../arena/violation.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import { LockClass } from '../sync/lockClass.ts';
import { downWrite, upWrite } from '../sync/rwsem.ts';
import { spinLock, spinUnlock } from '../sync/spinlock.ts';
import { srcuReadLock, srcuReadUnlock, synchronizeSrcu } from '../sync/srcu.ts';
import type { Task } from '../sync/task.ts';
import { mmdrop, mmgrab } from './mmCount.ts';
import { classicOps } from './ops.ts';
import { mmDropAllLocks, mmTakeAllLocks, registerSubscriptionsLocked } from './register.ts';
import { subscriptionsOf } from './sequence.ts';

/**
 * mmu_notifier_register: links `sub`, an object of the classic pool, to the mm. Takes mmap_lock and all rmap locks, so
 * that no bracket is open while the list goes from "absent" to "present".
 *
 * @returns 0, -ENOMEM, -EINTR, or -EINVAL for operations that flush secondary TLBs and want brackets, too.
 * @kernel mm/mmu_notifier.c mmu_notifier_register
 */
export function* mmuNotifierRegister(task: Task, sub: ClassicSub, mm: Mm, ops: number, owner = 0): Steps<Errno> {
  yield* downWrite(task, mm + Mm.mmapLock, LockClass.mmapLock);
  const error = yield* registerLocked(task, sub, mm, ops, owner);
  yield* upWrite(task, mm + Mm.mmapLock, LockClass.mmapLock);
  return error;
}

/** Does a notifier of these operations flush secondary TLBs? Null when it wants brackets, too: each change has one or the other. */
function flushesSecondaryTlbs(ops: number): boolean | null {
  const { archInvalidateSecondaryTlbs, invalidateRangeStart, invalidateRangeEnd } = classicOps(ops);
  if (archInvalidateSecondaryTlbs === undefined) return false;
  return invalidateRangeStart === undefined && invalidateRangeEnd === undefined ? true : null;
}

function* registerLocked(task: Task, sub: ClassicSub, mm: Mm, ops: number, owner: number): Steps<Errno> {
  const { arena } = task;
  if (load(arena, mm + Mm.users) <= 0) throw new Violation('I-UAF', 'a notifier is registered in an mm without users');
  const walks = flushesSecondaryTlbs(ops);
  if (walks === null) return -EINVAL;
  const error = yield* registerSubscriptionsLocked(task, mm, false);
  if (error !== 0) return error;
  const taken = yield* mmTakeAllLocks(task, mm);
  if (taken === null) return -EINTR;
  mmgrab(arena, mm);
  set(arena, sub + ClassicSub.mm, handleOf(arena, arena.pools.mm, mm));
  set(arena, sub + ClassicSub.ops, ops);
  set(arena, sub + ClassicSub.owner, owner);
  set(arena, sub + ClassicSub.users, 1);
  const subs = subscriptionsOf(task, mm);
  yield* spinLock(task, subs + Subscriptions.lock, LockClass.subscriptions);
  set(arena, sub + ClassicSub.next, get(arena, subs + Subscriptions.list));
  set(arena, sub + ClassicSub.linked, 1);
  // Before the element: who finds no device here flushes none, and none has a translation yet.
  if (walks) store(arena, Header.secondaryTlbs, 1);
  // Publishes the element to readers without a lock.
  store(arena, subs + Subscriptions.list, sub);
  yield* spinUnlock(task, subs + Subscriptions.lock, LockClass.subscriptions);
  yield* mmDropAllLocks(task, taken);
  return 0;
}

/** Takes `sub` off the list if it still is on it (hlist_del_init_rcu: exit may have been first). Under subscriptions.lock. */
function unlinkLocked(arena: Arena, subs: Subscriptions, sub: ClassicSub): void {
  if (get(arena, sub + ClassicSub.linked) === 0) return;
  let word = subs + Subscriptions.list;
  while (get(arena, word) !== sub) word = get(arena, word) + ClassicSub.next;
  // The element keeps its own link: a reader that stands on it goes on to the rest of the list.
  set(arena, word, get(arena, sub + ClassicSub.next));
  set(arena, sub + ClassicSub.linked, 0);
}

export function* unlinkClassic(task: Task, subs: Subscriptions, sub: ClassicSub): Steps<void> {
  yield* spinLock(task, subs + Subscriptions.lock, LockClass.subscriptions);
  unlinkLocked(task.arena, subs, sub);
  yield* spinUnlock(task, subs + Subscriptions.lock, LockClass.subscriptions);
}

/** Counts the callbacks of `sub` that run. None may when unregister or put is done with it. */
export function noteCallback(task: Task, sub: ClassicSub, by: 1 | -1): void {
  if (task.checks) increase(task.arena, sub + ClassicSub.running, by);
}

function checkQuiet(arena: Arena, sub: ClassicSub): void {
  const running = load(arena, sub + ClassicSub.running);
  if (running !== 0) throw new Violation('I-CB', `${running} callbacks of notifier ${sub} run after its removal`);
}

/** Calls release inside the read section exit waits for. */
export function* callRelease(task: Task, sub: ClassicSub): Steps<void> {
  const { release } = classicOps(get(task.arena, sub + ClassicSub.ops));
  if (release === undefined) return;
  noteCallback(task, sub, 1);
  yield* release(task, sub);
  noteCallback(task, sub, -1);
}

/**
 * mmu_notifier_unregister: calls release if the notifier is still linked, unlinks it, and returns when no callback of it
 * runs any more. Sleeps; not from a callback. The caller frees the object.
 *
 * @kernel mm/mmu_notifier.c mmu_notifier_unregister
 */
export function* mmuNotifierUnregister(task: Task, sub: ClassicSub): Steps<void> {
  const { arena } = task;
  const mm = deref(arena, arena.pools.mm, get(arena, sub + ClassicSub.mm));
  const subs = subscriptionsOf(task, mm);
  if (load(arena, sub + ClassicSub.linked) !== 0) {
    const index = yield* srcuReadLock(task);
    yield* callRelease(task, sub);
    yield* srcuReadUnlock(task, index);
    yield Point.mmuNotifierUnregister;
    yield* unlinkClassic(task, subs, sub);
  }
  yield* synchronizeSrcu(task);
  checkQuiet(arena, sub);
  mmdrop(arena, mm);
}

/**
 * mmu_notifier_get: the notifier of these operations in this mm, made if need be. Its address, or a negative errno.
 *
 * @kernel mm/mmu_notifier.c mmu_notifier_get
 */
export function* mmuNotifierGet(task: Task, mm: Mm, ops: number, owner = 0): Steps<number> {
  yield* downWrite(task, mm + Mm.mmapLock, LockClass.mmapLock);
  const result = yield* getLocked(task, mm, ops, owner);
  yield* upWrite(task, mm + Mm.mmapLock, LockClass.mmapLock);
  return result;
}

function* getLocked(task: Task, mm: Mm, ops: number, owner: number): Steps<number> {
  const { arena } = task;
  const subs = subscriptionsOf(task, mm);
  if (subs !== 0) {
    yield* spinLock(task, subs + Subscriptions.lock, LockClass.subscriptions);
    let sub = get(arena, subs + Subscriptions.list);
    while (sub !== 0 && get(arena, sub + ClassicSub.ops) !== ops) sub = get(arena, sub + ClassicSub.next);
    if (sub !== 0) set(arena, sub + ClassicSub.users, get(arena, sub + ClassicSub.users) + 1);
    yield* spinUnlock(task, subs + Subscriptions.lock, LockClass.subscriptions);
    if (sub !== 0) return sub;
  }
  const sub = poolAlloc(arena, arena.pools.classic);
  if (sub === 0) return -ENOMEM;
  const error = yield* registerLocked(task, sub, mm, ops, owner);
  if (error === 0) return sub;
  poolFree(arena, arena.pools.classic, sub);
  return error;
}

/**
 * mmu_notifier_put: drops one user; the last unlinks and frees the notifier after a grace period, without calling
 * release. The kernel frees it later from a callback; here the caller waits for the grace period.
 *
 * @kernel mm/mmu_notifier.c mmu_notifier_put
 */
export function* mmuNotifierPut(task: Task, sub: ClassicSub): Steps<void> {
  const { arena } = task;
  const mm = deref(arena, arena.pools.mm, get(arena, sub + ClassicSub.mm));
  const subs = subscriptionsOf(task, mm);
  // The last put and the unlinking are one step, or a get could find a notifier that is about to be freed.
  yield* spinLock(task, subs + Subscriptions.lock, LockClass.subscriptions);
  const left = get(arena, sub + ClassicSub.users) - 1;
  if (left < 0) throw new Violation('I-REF', `notifier ${sub} is put more often than it was got`);
  set(arena, sub + ClassicSub.users, left);
  if (left === 0) unlinkLocked(arena, subs, sub);
  yield* spinUnlock(task, subs + Subscriptions.lock, LockClass.subscriptions);
  if (left > 0) return;
  yield* synchronizeSrcu(task);
  checkQuiet(arena, sub);
  poolFree(arena, arena.pools.classic, sub);
  mmdrop(arena, mm);
}
