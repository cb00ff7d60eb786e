/** hmm_range_fault: what the CPU maps in a range, faulting in what is asked for (mm/hmm.c). */

import { forgetRound, get, load, observed } from '../arena/access.ts';
import { Counter } from '../arena/counters.ts';
import { EAGAIN, EBUSY, EFAULT, EINTR, EINVAL, ENOLCK, ENOMEM, EPERM } from '../arena/errno.ts';
import { deref } from '../arena/pool.ts';
import { IntervalSub, Mm, MmFlag } from '../arena/structures.ts';
import type { Errno } from '../arena/units.ts';
import { handleMmFault } from '../mm/fault/fault.ts';
import {
  FAULT_FLAG_ALLOW_RETRY,
  FAULT_FLAG_KILLABLE,
  FAULT_FLAG_REMOTE,
  FAULT_FLAG_WRITE,
  VM_FAULT_COMPLETED,
  VM_FAULT_ERROR,
  VM_FAULT_OOM,
  VM_FAULT_RETRY,
} from '../mm/table/vmFault.ts';
import { mmapAssertLocked, mmapReadLockKillable, mmapReadUnlock } from '../mm/vma/mmapLock.ts';
import { VM_WRITE, vmaFlags, vmaLookup } from '../mm/vma/vma.ts';
import { mmuIntervalCheckRetry, mmuIntervalReadBegin } from '../notifier/sequence.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import { count, fatalSignalPending, type Task } from '../sync/task.ts';
import { NEED_WRITE_FAULT, type Walk } from './cases.ts';
import type { HmmRange } from './hmmRange.ts';
import { HMM_PFN_REQ_FAULT, HMM_PFN_REQ_WRITE } from './pfn.ts';
import { walkRange } from './walk.ts';

const mmOfRange = (task: Task, range: HmmRange): Mm =>
  deref(task.arena, task.arena.pools.mm, get(task.arena, range.notifier + IntervalSub.mm));

/**
 * hmm_do_fault: faults every page of the recorded chunk. -EBUSY means "done, walk again".
 *
 * @kernel mm/hmm.c hmm_do_fault
 */
function* doFault(task: Task, walk: Walk, unlocked: boolean): Steps<Errno> {
  const { arena } = task;
  const { mm } = walk;
  const vma = vmaLookup(arena, mm, walk.last);
  if (vma === 0) return -EFAULT;
  let flags = FAULT_FLAG_REMOTE | (unlocked ? FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_KILLABLE : 0);
  if ((walk.need & NEED_WRITE_FAULT) !== 0) {
    if ((vmaFlags(arena, vma) & VM_WRITE) === 0) return -EPERM;
    flags |= FAULT_FLAG_WRITE;
  }
  for (let vpn = walk.last; vpn < walk.end; vpn++) {
    yield Point.hmmFaultPage;
    const result = yield* handleMmFault(task, mm, vma, vpn, flags);
    if ((result & (VM_FAULT_RETRY | VM_FAULT_COMPLETED)) !== 0) return -ENOLCK;
    if ((result & VM_FAULT_ERROR) !== 0) return (result & VM_FAULT_OOM) !== 0 ? -ENOMEM : -EFAULT;
    count(task, Counter.hmmFaults);
  }
  return -EBUSY;
}

/** The rounds under one token. -ENOLCK: mmap_lock was dropped inside a fault. */
function* rounds(task: Task, mm: Mm, range: HmmRange, unlocked: boolean): Steps<Errno> {
  const walk: Walk = { mm, range, last: range.start, end: range.start, need: 0 };
  // What a round leaves in an array of the caller's own, an explorer could not see.
  const isSeen = range.hmmPfns.buffer === task.pfns.buffer;
  let mark = observed();
  for (;;) {
    const from = walk.last;
    // Tested only here: a page filled after the test may be stale. The caller's read-retry has the last word.
    if (mmuIntervalCheckRetry(task, range.notifier, range.notifierSeq)) return -EBUSY;
    yield Point.hmmWalk;
    let result = yield* walkRange(task, walk);
    if (result === -EAGAIN) result = yield* doFault(task, walk, unlocked);
    if (result === 0) task.watch?.answered?.(task, [range.start, range.end], range.hmmPfns, range.defaultFlags);
    if (result !== -EBUSY) return result;
    if (isSeen && walk.last === from) forgetRound(mark);
    else mark = observed();
  }
}

/**
 * hmm_range_fault: fills `range.hmmPfns`. The caller holds a user of the mm and mmap_lock for reading, and took
 * `notifierSeq` from read-begin before it took mmap_lock. mmap_lock stays held throughout.
 *
 * @returns 0: every word is an output, to be believed only after a false read-retry under the driver lock.
 * -EBUSY: the sequence collided; take a new token. -EFAULT: a page cannot be had (no VMA, not readable, fault error).
 * -EPERM: write asked for where the VMA is not writable. -ENOMEM. -EINVAL: empty range. After an error nothing in the
 * array may be used: it is outputs up to some page, inputs beyond.
 *
 * @kernel mm/hmm.c hmm_range_fault
 */
export function* hmmRangeFault(task: Task, range: HmmRange): Steps<Errno> {
  const mm = mmOfRange(task, range);
  mmapAssertLocked(task, mm);
  if (range.start >= range.end) return -EINVAL;
  return yield* rounds(task, mm, range, false);
}

/**
 * hmm_range_fault_unlocked_timeout: as above, taking mmap_lock and the token itself, again and again until it succeeds.
 * The fault handler may drop mmap_lock. `timeoutMs` limits retries caused by invalidations (0: no limit); it starts anew
 * after a fault that dropped the lock, because that was progress. It does not bound the duration of the call.
 *
 * @returns as {@link hmmRangeFault}; -EBUSY only when the time is up; -EINTR on a fatal signal; -EFAULT also when the
 * address space is being reaped. On success `range.notifierSeq` is the token for read-retry. mmap_lock is never held on
 * return, and must not be held on entry.
 *
 * @kernel mm/hmm.c hmm_range_fault_unlocked_timeout
 */
export function* hmmRangeFaultUnlockedTimeout(task: Task, range: HmmRange, timeoutMs: number): Steps<Errno> {
  const { arena } = task;
  const mm = mmOfRange(task, range);
  if (range.start >= range.end) return -EINVAL;
  let deadline = 0;
  let kept = false;
  for (;;) {
    if (timeoutMs > 0 && !kept) deadline = task.clock() + timeoutMs;
    // Before mmap_lock: to sleep here with the lock held could stop the actor that must end the invalidation.
    range.notifierSeq = yield* mmuIntervalReadBegin(task, range.notifier);
    if ((yield* mmapReadLockKillable(task, mm)) !== 0) return -EINTR;
    const unstable = (load(arena, mm + Mm.flags) & MmFlag.unstable) !== 0;
    const late = timeoutMs > 0 && task.clock() > deadline;
    if (unstable || late) {
      yield* mmapReadUnlock(task, mm);
      return unstable ? -EFAULT : -EBUSY;
    }
    const result = yield* rounds(task, mm, range, true);
    kept = result !== -ENOLCK;
    if (kept) yield* mmapReadUnlock(task, mm);
    else if (fatalSignalPending(task)) return -EINTR;
    if (kept && result !== -EBUSY) return result;
    count(task, Counter.rangeFaultPasses);
    count(task, Counter.rangeBusy);
  }
}

/** Default requests of a device access: fault in, and writable if it writes. */
export const requestFlags = (write: boolean): number => HMM_PFN_REQ_FAULT | (write ? HMM_PFN_REQ_WRITE : 0);
