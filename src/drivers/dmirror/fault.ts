/** dmirror_fault: makes a range accessible to the device, chunk by chunk, each with the collision-retry loop. */

import { forgetRound, observed } from '../../arena/access.ts';
import { VPN_LIMIT } from '../../arena/config.ts';
import { Counter } from '../../arena/counters.ts';
import { EACCES, EBUSY, EFAULT, EINVAL, ENOMEM } from '../../arena/errno.ts';
import { type IntervalSub, Mirror } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import { HMM_PFN_VALID, HMM_PFN_WRITE } from '../../hmm/pfn.ts';
import { hmmRangeFault, hmmRangeFaultUnlockedTimeout, requestFlags } from '../../hmm/rangeFault.ts';
import { mmput } from '../../mm/syscalls/exit.ts';
import { tableEnd } from '../../mm/table/tables.ts';
import { DEVICE, flushTlb } from '../../mm/table/tlb.ts';
import { mmapReadLock, mmapReadUnlock } from '../../mm/vma/mmapLock.ts';
import { mmgetNotZero } from '../../notifier/mmCount.ts';
import { mmuIntervalReadBegin, mmuIntervalReadRetry } from '../../notifier/sequence.ts';
import { Point } from '../../steps/points.ts';
import { pointsWatched, type Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../sync/spinlock.ts';
import { count, type Task } from '../../sync/task.ts';
import { ensureDeviceTable, entryFromPfn, needsFlush, setDeviceEntry, storeFromPfns } from '../base/deviceTable.ts';
import { type MirrorRange, mirrorMm, mirrorRange } from '../base/mirror.ts';
import { beginChunk, beginPass, beginRetry, chunkStable, passLost, type Retry } from '../base/retryLoop.ts';
import { intervalAt, intervalDone, intervalEnd } from './interval.ts';
import { migrateToSystem } from './migrate.ts';
import { dmirrorRetry, Is, numberOption, optionIs } from './options.ts';

/**
 * dmirror_do_update: programs the device from the words. 0, -ENOMEM, or -EACCES: `range.readOnly` lacks write permission
 * (a range fault that returned 0 leaves every word VALID; only a page of our own may lack WRITE).
 */
export function* program(task: Task, mirror: Mirror, range: MirrorRange, write: boolean): Steps<Errno> {
  const { arena } = task;
  const { start, end, hmmPfns } = range;
  const required = write ? HMM_PFN_VALID | HMM_PFN_WRITE : HMM_PFN_VALID;
  let flush = false;
  let result = 0;
  for (let vpn = start; vpn < end && result === 0; ) {
    const table = yield* ensureDeviceTable(task, mirror, vpn);
    if (table === 0) return -ENOMEM;
    yield Point.setPte;
    const stop = pointsWatched() ? vpn + 1 : tableEnd(vpn, end);
    vpn = storeFromPfns(arena, table, range, vpn, stop);
    if (vpn === stop) continue;
    const word = hmmPfns[vpn - start] as number;
    if ((word & required) !== required) {
      range.readOnly = vpn;
      result = -EACCES;
    } else {
      const entry = entryFromPfn(word);
      flush = needsFlush(yield* setDeviceEntry(task, mirror, vpn, entry), entry) || flush;
      vpn++;
    }
  }
  if (flush && optionIs(arena, mirror, Is.engineTlb)) yield* flushTlb(task, DEVICE);
  return result;
}

/**
 * The check under the update lock, then the device, by `store`: -EBUSY when the words of the range are no longer true.
 */
export function* commit(task: Task, mirror: Mirror, range: MirrorRange, write: boolean, store: Pass = program): Steps<Errno> {
  const { arena } = task;
  const { notifier } = range;
  let result: number;
  const early = optionIs(arena, mirror, Is.retryCheckBeforeLock) && mmuIntervalReadRetry(task, notifier, range.notifierSeq);
  const updateLock = mirror + Mirror.updateLock;
  yield* mutexLock(task, updateLock, LockClass.updateLock);
  // Under the lock that the callback takes: a false answer holds until the lock is dropped.
  const late = optionIs(arena, mirror, Is.retryCheckLocked) && mmuIntervalReadRetry(task, notifier, range.notifierSeq);
  if (early || late) {
    count(task, Counter.readRetries);
    result = -EBUSY;
  } else {
    yield Point.driverChecked;
    result = yield* store(task, mirror, range, write);
    if (result === 0) task.watch?.installed(task, mirror, range.start, range.end);
  }
  yield* mutexUnlock(task, updateLock, LockClass.updateLock);
  return result;
}

/** Token and walk: the words of a range, true until the sequence says otherwise. 0, -EBUSY or another error of the range fault. */
export function* snapshot(
  task: Task,
  mirror: Mirror,
  range: MirrorRange,
  unlocked = optionIs(task.arena, mirror, Is.unlockedOn),
): Steps<Errno> {
  const { arena } = task;
  const { notifier } = range;
  const mm = mirrorMm(arena, mirror);
  let result: number;
  if (unlocked) {
    result = yield* hmmRangeFaultUnlockedTimeout(task, range, 0);
  } else {
    range.notifierSeq = yield* mmuIntervalReadBegin(task, notifier);
    yield* mmapReadLock(task, mm);
    result = yield* hmmRangeFault(task, range);
    yield* mmapReadUnlock(task, mm);
  }
  if (result !== 0) {
    if (result === -EBUSY) count(task, Counter.rangeBusy);
    return result;
  }
  yield Point.driverSnapshot;
  return 0;
}

/** One pass: token, walk, check under the lock, program. -EBUSY means "collided, again". `unlocked`: as {@link snapshot} takes it. */
function* pass(task: Task, mirror: Mirror, range: MirrorRange, write: boolean, unlocked?: boolean): Steps<Errno> {
  const seen = yield* snapshot(task, mirror, range, unlocked);
  return seen === 0 ? yield* commit(task, mirror, range, write) : seen;
}

/** The same with a range fault that may drop mmap_lock, whatever the option says. */
function* passUnlocked(task: Task, mirror: Mirror, range: MirrorRange, write: boolean): Steps<Errno> {
  return yield* pass(task, mirror, range, write, true);
}

/**
 * One try to make a chunk accessible: 0, -EBUSY for another one, -EACCES for a page of the device's own that
 * lacks write permission, or an error.
 */
export type Pass = (task: Task, mirror: Mirror, range: MirrorRange, write: boolean) => Steps<Errno>;

/** A device fault under way: for whom, and how it goes on. */
export interface FaultRequest {
  readonly mirror: Mirror;
  readonly write: boolean;
  readonly once: Pass;
  readonly retry: Retry;
  /** Most pages of a pass, whatever the option says. */
  readonly most: number;
}

export const faultRequest = (task: Task, mirror: Mirror, write: boolean, once: Pass): FaultRequest => ({
  mirror,
  write,
  once,
  retry: beginRetry(task, mirror, dmirrorRetry),
  most: VPN_LIMIT,
});

/** dmirror_range_fault: passes until the chunk is stable or its time is up. */
function* faultChunk(task: Task, request: FaultRequest, sub: IntervalSub, start: Vpn, end: Vpn): Steps<Errno> {
  const range = mirrorRange(task, request.mirror, sub, start, end);
  range.defaultFlags = requestFlags(request.write);
  task.pfns.fill(0, 0, end - start);
  return yield* untilStable(task, request, range);
}

/**
 * A page on the device that the device may not write to, as it is shared, goes home: the copy is made there. 0 if the access is to be tried
 * again, or its error.
 */
export function* breakSharing(task: Task, mirror: Mirror, vpn: Vpn): Steps<Errno> {
  if (optionIs(task.arena, mirror, Is.readOnlyOwnFail)) return -EFAULT;
  const moved = yield* migrateToSystem(task, mirror, vpn, vpn + 1);
  // Where nothing is mapped any more, the next pass says so as a fault does.
  return moved < 0 && moved !== -EINVAL ? moved : 0;
}

/** Passes until one succeeds or the time is up. */
export function* untilStable(task: Task, request: FaultRequest, range: MirrorRange): Steps<Errno> {
  const { mirror, write, once, retry } = request;
  const mark = observed();
  for (;;) {
    forgetRound(mark);
    beginPass(task, retry);
    const result = yield* once(task, mirror, range, write);
    if (result === 0) chunkStable(task, retry);
    if (result === -EACCES) {
      const error = yield* breakSharing(task, mirror, range.readOnly);
      if (error !== 0) return error;
    } else if (result !== -EBUSY) {
      return result;
    }
    if (!(yield* passLost(task, retry))) return -EBUSY;
    // The token of a pass that was lost is worth nothing any more.
    range.notifierSeq = 0;
  }
}

/** 0, or -EFAULT (no such mapping, or the address space is gone), -EPERM, -ENOMEM, -EBUSY (time is up). */
export function* fault(task: Task, mirror: Mirror, start: Vpn, end: Vpn, write: boolean): Steps<Errno> {
  return yield* faultRange(task, faultRequest(task, mirror, write, pass), start, end);
}

/** The same for reading, by range faults that may drop mmap_lock. */
export function* faultUnlocked(task: Task, mirror: Mirror, start: Vpn, end: Vpn): Steps<Errno> {
  return yield* faultRange(task, faultRequest(task, mirror, false, passUnlocked), start, end);
}

/** The same with another pass. */
export function* faultRange(task: Task, request: FaultRequest, start: Vpn, end: Vpn): Steps<Errno> {
  const { arena } = task;
  const { mirror } = request;
  const mm = mirrorMm(arena, mirror);
  if (!mmgetNotZero(arena, mm)) return -EFAULT;
  const chunk = Math.min(numberOption(arena, mirror, 'window'), request.most);
  let result = 0;
  for (let at = start; at < end && result === 0; ) {
    beginChunk(task, request.retry);
    const sub = yield* intervalAt(task, mirror, at);
    if (sub <= 0) {
      result = sub === 0 ? -ENOMEM : sub;
    } else {
      // One token covers a chunk, so a chunk lies in one interval.
      const stop = Math.min(at + chunk, end, intervalEnd(arena, mirror, at));
      result = yield* faultChunk(task, request, sub, at, stop);
      yield* intervalDone(task, mirror, sub);
      at = stop;
    }
  }
  yield* mmput(task, mm);
  return result;
}
