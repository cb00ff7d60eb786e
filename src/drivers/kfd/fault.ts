/** svm_range_restore_pages: a retry fault is served as a whole, under mmap_lock, or dropped; hardware repeats it. */

import { forgetRound, observed } from '../../arena/access.ts';
import { Counter } from '../../arena/counters.ts';
import { EACCES, EBUSY, EFAULT, ENOMEM } from '../../arena/errno.ts';
import { type IntervalSub, Mirror, type Mm } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import { hmmRangeFault, requestFlags } from '../../hmm/rangeFault.ts';
import { mmput } from '../../mm/syscalls/exit.ts';
import { mmapReadLock, mmapReadUnlock, mmapWriteDowngrade, mmapWriteLock } from '../../mm/vma/mmapLock.ts';
import { vmaLookup } from '../../mm/vma/vma.ts';
import { mmgetNotZero } from '../../notifier/mmCount.ts';
import { mmuIntervalReadBegin } from '../../notifier/sequence.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../sync/spinlock.ts';
import { count, type Task } from '../../sync/task.ts';
import { flushWork } from '../../sync/workqueue.ts';
import { optionIs } from '../base/choices.ts';
import { deviceEntry } from '../base/deviceTable.ts';
import { mirrorMm, mirrorRange } from '../base/mirror.ts';
import { blockEnd, ensureBlock, findBlock } from '../base/notifierBlocks.ts';
import { restoreWork, waitForQueues } from '../base/queues.ts';
import { isListed } from '../base/rangeList.ts';
import { beginChunk, beginPass, beginRetry, chunkStable, passLost } from '../base/retryLoop.ts';
import { breakSharing, commit } from '../dmirror/fault.ts';
import { dmirrorRetry, numberOption } from '../dmirror/options.ts';
import { deferredListWork } from './deferredList.ts';
import { migrateToVram } from './homeNote.ts';
import { Is } from './options.ts';
import { isDraining, queueRetryFault, retryFaultDone } from './retryFaults.ts';

/** A fault that hardware has queued for the pages of [start, end). */
export interface RetryFault {
  readonly mirror: Mirror;
  readonly start: Vpn;
  readonly end: Vpn;
  readonly write: boolean;
  /** After -EACCES: a page the device has of its own, and may not write to as it is. */
  readOnly: Vpn;
}

export const retryFault = (mirror: Mirror, start: Vpn, end: Vpn, write: boolean): RetryFault => ({
  mirror,
  start,
  end,
  write,
  readOnly: start,
});

/** svm_range_validate_and_map under the range: -EBUSY when it collided. */
function* map(task: Task, fault: RetryFault, sub: IntervalSub): Steps<Errno> {
  const { mirror, start, end, write } = fault;
  const range = mirrorRange(task, mirror, sub, start, end);
  range.defaultFlags = requestFlags(write);
  task.pfns.fill(0, 0, end - start);
  range.notifierSeq = yield* mmuIntervalReadBegin(task, sub);
  const result = yield* hmmRangeFault(task, range);
  if (result !== 0) {
    if (result === -EBUSY) count(task, Counter.rangeBusy);
    return result;
  }
  yield Point.driverPages;
  const done = yield* commit(task, mirror, range, write);
  fault.readOnly = range.readOnly;
  return done;
}

/** Is the fault one for a page that was mapped a moment ago? Under the update lock, which orders it after the callback. */
function* isStale(task: Task, mirror: Mirror, sub: IntervalSub, vpn: Vpn): Steps<boolean> {
  const { arena } = task;
  yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock);
  const stale = deviceEntry(arena, mirror, vpn) !== 0 || isListed(arena, sub) || isDraining(arena, mirror);
  yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);
  return stale;
}

/** mmap_lock for reading, and the range of the page, made if need be. The result is as that of ensureBlock. */
function* lockRange(task: Task, mirror: Mirror, mm: Mm, vpn: Vpn): Steps<number> {
  const { arena } = task;
  yield* mmapReadLock(task, mm);
  const found = findBlock(arena, mirror, vpn);
  if (found !== 0 || vmaLookup(arena, mm, vpn) === 0) return found;
  // A range is made under the lock for writing, which then becomes one for reading.
  yield* mmapReadUnlock(task, mm);
  yield* mmapWriteLock(task, mm);
  const made = vmaLookup(arena, mm, vpn) === 0 ? 0 : yield* ensureBlock(task, mirror, vpn, true);
  yield* mmapWriteDowngrade(task, mm);
  return made;
}

/** Serves one fault. 0, -EBUSY when it was dropped, -EACCES for a page that lacks write permission, or the error that ends the process. */
function* serve(task: Task, fault: RetryFault): Steps<Errno> {
  const { arena } = task;
  const { mirror, start } = fault;
  const mm = mirrorMm(arena, mirror);
  if (isDraining(arena, mirror)) {
    yield Point.driverLooked;
    return -EBUSY;
  }
  const sub = yield* lockRange(task, mirror, mm, start);
  const vma = vmaLookup(arena, mm, start);
  let result: number;
  if (sub < 0) result = sub;
  else if (vma === 0) result = sub !== 0 && (yield* isStale(task, mirror, sub, start)) ? -EBUSY : -EFAULT;
  else if (sub === 0) result = -ENOMEM;
  else if (isListed(arena, sub)) result = -EBUSY;
  else result = yield* map(task, fault, sub);
  yield* mmapReadUnlock(task, mm);
  return result;
}

/** Handles a fault that hardware has queued (queueRetryFault). As {@link fault}, but a dropped one is -EBUSY. */
export function* handleRetryFault(task: Task, fault: RetryFault): Steps<Errno> {
  const result = yield* serve(task, fault);
  retryFaultDone(task.arena, fault.mirror);
  return result;
}

/** Faults again and again, as hardware does, until the pages are there. */
function* faultChunk(task: Task, mirror: Mirror, start: Vpn, end: Vpn, write: boolean): Steps<Errno> {
  const { arena } = task;
  const queued = retryFault(mirror, start, end, write);
  const retry = beginRetry(task, mirror, dmirrorRetry);
  beginChunk(task, retry);
  const mark = observed();
  for (;;) {
    forgetRound(mark);
    beginPass(task, retry);
    queueRetryFault(arena, mirror);
    yield Point.driverQueued;
    const result = yield* handleRetryFault(task, queued);
    if (result === 0) {
      chunkStable(task, retry);
      return 0;
    }
    if (result === -EACCES) {
      const error = yield* breakSharing(task, mirror, queued.readOnly);
      if (error !== 0) return error;
    } else if (result !== -EBUSY) return result;
    // The next fault of the hardware comes when the worker is done.
    yield* flushWork(task, mirror + Mirror.work, deferredListWork, mirror);
    if (!(yield* passLost(task, retry))) return -EBUSY;
  }
}

/** Each chunk in its range. 0, or -EFAULT (no such mapping, or the address space is gone), -EPERM, -ENOMEM, -EBUSY. */
function* faultAll(task: Task, mirror: Mirror, start: Vpn, end: Vpn, write: boolean): Steps<Errno> {
  const { arena } = task;
  const mm = mirrorMm(arena, mirror);
  if (!mmgetNotZero(arena, mm)) return -EFAULT;
  const chunk = numberOption(arena, mirror, 'window');
  let result = 0;
  for (let at = start; at < end && result === 0; ) {
    const stop = Math.min(at + chunk, end, blockEnd(arena, mirror, at));
    if (optionIs(arena, mirror, Is.migrateOnFaultOn)) yield* migrateToVram(task, mirror, at, stop);
    result = yield* faultChunk(task, mirror, at, stop, write);
    at = stop;
  }
  yield* mmput(task, mm);
  return result;
}

/** svm_range_restore_work: what is on the deferred list comes first. */
export const restore = restoreWork(function* (task, mirror, start, end, write) {
  yield* flushWork(task, mirror + Mirror.work, deferredListWork, mirror);
  return yield* faultAll(task, mirror, start, end, write);
});

export function* fault(task: Task, mirror: Mirror, start: Vpn, end: Vpn, write: boolean): Steps<Errno> {
  yield* waitForQueues(task, mirror, restore);
  return yield* faultAll(task, mirror, start, end, write);
}
