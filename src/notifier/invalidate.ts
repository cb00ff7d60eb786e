/**
 * mmu_notifier_invalidate_range_start and _end: the brackets around every change of page tables.
 *
 * The caller's duty, in this order: start; page-table lock; change entries and flush the TLB; unlock; end. Brackets may
 * nest in a thread and overlap between threads. A callback still finds the pages mapped and referenced.
 */

import { add, get, increase, load } from '../arena/access.ts';
import { Counter } from '../arena/counters.ts';
import { EAGAIN } from '../arena/errno.ts';
import { nextOverlap } from '../arena/intervalTree.ts';
import { type Serial, serialGet } from '../arena/serials.ts';
import { ClassicSub, IntervalSub, type Mm, Subscriptions } from '../arena/structures.ts';
import type { Errno } from '../arena/units.ts';
import { Violation } from '../arena/violation.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import { LockClass } from '../sync/lockClass.ts';
import { lockOrder, mightSleep, nonBlockEnd, nonBlockStart, noteLocked, noteUnlocked } from '../sync/lockdep.ts';
import { srcuReadLock, srcuReadUnlock, synchronizeSrcu } from '../sync/srcu.ts';
import { count, countEvent, type Task } from '../sync/task.ts';
import { callRelease, noteCallback, unlinkClassic } from './classic.ts';
import { classicOps, intervalOps } from './ops.ts';
import { eventNames, type NotifierRange } from './range.ts';
import { invEnd, invStartRange, subscriptionsOf } from './sequence.ts';

interface Unfinished {
  readonly sub: IntervalSub;
  readonly finish: unknown;
}

/** A call of an interval is over, the second pass included. */
function endCall(task: Task, sub: IntervalSub): void {
  if (task.checks && add(task.arena, sub + IntervalSub.running, -1) <= 0)
    throw new Violation('I-PAIR', `a call of interval ${sub} is ended that never began, or ended before`);
}

/** What a classic notifier that wants to know both is told: each start that it did not refuse has one end. */
function noteBracket(task: Task, sub: IntervalSub, by: 1 | -1): void {
  if (task.checks && add(task.arena, sub + ClassicSub.open, by) + by < 0)
    throw new Violation('I-PAIR', `notifier ${sub} is told of the end of an invalidation whose start it was not told of`);
}

/** @kernel mm/mmu_notifier.c mmu_interval_notifier_ops.invalidate_start, invalidate_finish */
function* callInterval(
  task: Task,
  sub: IntervalSub,
  range: NotifierRange,
  seq: Serial,
  unfinished: Unfinished[],
): Steps<boolean> {
  const { arena } = task;
  const ops = intervalOps(get(arena, sub + IntervalSub.ops));
  if (task.checks) increase(arena, sub + IntervalSub.running, 1);
  // A kernel checks this for classic notifiers only; the contract is the same.
  if (!range.blockable) nonBlockStart(task);
  let ok = true;
  if (ops.invalidateStart !== undefined) {
    const first = yield* ops.invalidateStart(task, sub, range, seq);
    ok = first.ok;
    if (ok && first.finish !== null) unfinished.push({ sub, finish: first.finish });
    else endCall(task, sub);
  } else {
    if (ops.invalidate !== undefined) ok = yield* ops.invalidate(task, sub, range, seq);
    endCall(task, sub);
  }
  if (!range.blockable) nonBlockEnd(task);
  if (!ok && range.blockable) {
    throw new Violation('I-SEQ', `an interval callback refused a blockable ${eventNames[range.event]} invalidation`);
  }
  return ok;
}

/**
 * mn_itree_invalidate: the interval pass. False when a callback refused (then the bracket is closed again).
 *
 * @kernel mm/mmu_notifier.c mn_itree_invalidate
 */
function* intervalPass(task: Task, subs: Subscriptions, range: NotifierRange): Steps<boolean> {
  const { arena } = task;
  const last = range.end - 1;
  let sub = yield* invStartRange(task, subs, range.start, last);
  if (sub === 0) return true;
  // Constant until our own invEnd: the sequence cannot change while it is odd and a bracket is open.
  const seq = serialGet(arena, subs + Subscriptions.invalidateSeq);
  const unfinished: Unfinished[] = [];
  let ok = true;
  while (sub !== 0 && ok) {
    yield Point.intervalCallback;
    ok = yield* callInterval(task, sub, range, seq, unfinished);
    const node = nextOverlap(arena, subs + Subscriptions.itree, sub + IntervalSub.node, range.start, last);
    sub = node === 0 ? 0 : node - IntervalSub.node;
  }
  for (const { sub: started, finish } of unfinished) {
    const finishOps = intervalOps(get(arena, started + IntervalSub.ops)).invalidateFinish;
    if (finishOps !== undefined) yield* finishOps(task, finish);
    endCall(task, started);
  }
  if (!ok) yield* invEnd(task, subs);
  return ok;
}

/**
 * mn_hlist_invalidate_range_start: the classic pass, inside SRCU. All starts are called even after one failed.
 *
 * @kernel mm/mmu_notifier.c mn_hlist_invalidate_range_start
 */
function* classicPass(task: Task, subs: Subscriptions, range: NotifierRange): Steps<Errno> {
  const { arena } = task;
  let error = 0;
  const index = yield* srcuReadLock(task);
  for (let sub = get(arena, subs + Subscriptions.list); sub !== 0; sub = load(arena, sub + ClassicSub.next)) {
    const ops = classicOps(get(arena, sub + ClassicSub.ops));
    if (ops.invalidateRangeStart === undefined) continue;
    yield Point.classicCallback;
    noteCallback(task, sub, 1);
    if (ops.invalidateRangeEnd !== undefined) noteBracket(task, sub, 1);
    if (!range.blockable) nonBlockStart(task);
    const result = yield* ops.invalidateRangeStart(task, sub, range);
    if (!range.blockable) nonBlockEnd(task);
    noteCallback(task, sub, -1);
    if (result === 0) continue;
    if (range.blockable || result !== -EAGAIN) {
      throw new Violation(
        'I-PAIR',
        `a classic notifier returned ${result} from a ${range.blockable ? '' : 'non-'}blockable start`,
      );
    }
    if (ops.invalidateRangeEnd !== undefined) {
      throw new Violation('I-PAIR', 'a classic notifier whose start may fail must not have an end');
    }
    error = result;
  }
  if (error !== 0) yield* classicEnds(task, subs, range);
  yield* srcuReadUnlock(task, index);
  return error;
}

function* classicEnds(task: Task, subs: Subscriptions, range: NotifierRange): Steps<void> {
  const { arena } = task;
  for (let sub = get(arena, subs + Subscriptions.list); sub !== 0; sub = load(arena, sub + ClassicSub.next)) {
    const { invalidateRangeStart, invalidateRangeEnd } = classicOps(get(arena, sub + ClassicSub.ops));
    if (invalidateRangeEnd === undefined) continue;
    if (invalidateRangeStart !== undefined) noteBracket(task, sub, -1);
    noteCallback(task, sub, 1);
    yield* invalidateRangeEnd(task, sub, range);
    noteCallback(task, sub, -1);
  }
}

function* start(task: Task, range: NotifierRange): Steps<Errno> {
  const { arena } = task;
  countEvent(task);
  count(task, Counter.invalidations);
  const subs = subscriptionsOf(task, range.mm);
  if (subs === 0) return 0;
  if (get(arena, subs + Subscriptions.hasItree) !== 0 && !(yield* intervalPass(task, subs, range))) return -EAGAIN;
  if (get(arena, subs + Subscriptions.list) === 0) return 0;
  const error = yield* classicPass(task, subs, range);
  // The kernel leaves the interval side open here (a latent defect, docs/model.md); we close what we opened.
  if (error !== 0 && get(arena, subs + Subscriptions.hasItree) !== 0) yield* invEnd(task, subs);
  return error;
}

/** What lockdep sees of a start or an end: a lock held while the callbacks run, and for no longer. */
function enterMap(task: Task, mm: Mm): void {
  if (!task.checks) return;
  lockOrder(task, LockClass.invalidateRangeStart);
  noteLocked(task, mm, LockClass.invalidateRangeStart);
}

function leaveMap(task: Task, mm: Mm): void {
  if (task.checks) noteUnlocked(task, mm, LockClass.invalidateRangeStart);
}

/**
 * mmu_notifier_invalidate_range_start: opens a bracket; may sleep. It must be closed by {@link mmuNotifierInvalidateRangeEnd}.
 *
 * @kernel mm/mmu_notifier.c mmu_notifier_invalidate_range_start
 */
export function* mmuNotifierInvalidateRangeStart(task: Task, range: NotifierRange): Steps<void> {
  mightSleep(task, 'mmuNotifierInvalidateRangeStart');
  enterMap(task, range.mm);
  range.blockable = true;
  yield* start(task, range);
  leaveMap(task, range.mm);
  yield Point.invalidateRangeStart;
}

/**
 * mmu_notifier_invalidate_range_start_nonblock: as above without sleeping.
 *
 * @returns 0, or -EAGAIN: then page tables must not be changed and the bracket must not be ended.
 * @kernel mm/mmu_notifier.c mmu_notifier_invalidate_range_start_nonblock
 */
export function* mmuNotifierInvalidateRangeStartNonblock(task: Task, range: NotifierRange): Steps<Errno> {
  enterMap(task, range.mm);
  range.blockable = false;
  const error = yield* start(task, range);
  leaveMap(task, range.mm);
  yield Point.invalidateRangeStart;
  return error;
}

/**
 * mmu_notifier_invalidate_range_end: closes a bracket.
 *
 * @kernel mm/mmu_notifier.c mmu_notifier_invalidate_range_end
 */
export function* mmuNotifierInvalidateRangeEnd(task: Task, range: NotifierRange): Steps<void> {
  if (range.blockable) mightSleep(task, 'mmuNotifierInvalidateRangeEnd');
  yield Point.invalidateRangeEnd;
  enterMap(task, range.mm);
  yield* end(task, range);
  leaveMap(task, range.mm);
}

function* end(task: Task, range: NotifierRange): Steps<void> {
  const { arena } = task;
  countEvent(task);
  const subs = subscriptionsOf(task, range.mm);
  if (subs === 0) return;
  if (get(arena, subs + Subscriptions.hasItree) !== 0) yield* invEnd(task, subs);
  if (get(arena, subs + Subscriptions.list) === 0) return;
  const index = yield* srcuReadLock(task);
  yield* classicEnds(task, subs, range);
  yield* srcuReadUnlock(task, index);
}

/**
 * mmu_notifier_release: first thing in exit_mmap, with no users left. Intervals hear RELEASE once and stay in the tree;
 * classic notifiers are released and unlinked, and a concurrent unregister is waited for.
 *
 * @kernel mm/mmu_notifier.c mmu_notifier_release
 */
export function* mmuNotifierRelease(task: Task, range: NotifierRange): Steps<void> {
  const { arena } = task;
  const subs = subscriptionsOf(task, range.mm);
  if (subs === 0) return;
  if (get(arena, subs + Subscriptions.hasItree) !== 0) {
    yield* intervalPass(task, subs, range);
    yield* invEnd(task, subs);
  }
  if (get(arena, subs + Subscriptions.list) === 0) return;
  const index = yield* srcuReadLock(task);
  for (let sub = get(arena, subs + Subscriptions.list); sub !== 0; sub = load(arena, sub + ClassicSub.next)) {
    yield* callRelease(task, sub);
  }
  for (let sub = get(arena, subs + Subscriptions.list); sub !== 0; sub = get(arena, subs + Subscriptions.list)) {
    yield* unlinkClassic(task, subs, sub);
  }
  yield* srcuReadUnlock(task, index);
  yield* synchronizeSrcu(task);
}
