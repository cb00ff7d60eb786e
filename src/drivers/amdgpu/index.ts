/**
 * amdgpu userptr: a buffer object in user memory under an interval of its own. A submission gets the pages of the whole object,
 * and checks the sequence when it is committed; when it has collided the ioctl returns -EAGAIN and user space restarts it, without
 * a limit. Nothing is unmapped: an invalidation waits for the fences of the jobs that use the pages, and what they used is not
 * used again before a submission has validated it. Nothing ever migrates.
 *
 * A job is a device access here, and its fence the end of the access. An object is what is asked for of a block of notifierPages.
 */

import { get } from '../../arena/access.ts';
import { Counter } from '../../arena/counters.ts';
import { EBUSY, EOPNOTSUPP } from '../../arena/errno.ts';
import type { Serial } from '../../arena/serials.ts';
import { IntervalSub, Mirror } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import type { HmmRange } from '../../hmm/hmmRange.ts';
import { hmmRangeFault } from '../../hmm/rangeFault.ts';
import { DEVICE, flushTlb } from '../../mm/table/tlb.ts';
import { mmapReadLock, mmapReadUnlock } from '../../mm/vma/mmapLock.ts';
import type { NotifierRange } from '../../notifier/range.ts';
import { mmuIntervalReadBegin, mmuIntervalReadRetry, mmuIntervalSetSeq } from '../../notifier/sequence.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../sync/spinlock.ts';
import { count, type Task } from '../../sync/task.ts';
import { optionIs } from '../base/choices.ts';
import { derive } from '../base/derive.ts';
import { suspendDeviceEntries } from '../base/deviceTable.ts';
import { type MirrorRange, mirrorMm } from '../base/mirror.ts';
import { clipToInterval } from '../base/notifierBlocks.ts';
import { closeQueues, restoreWork, stopQueues, waitForQueues } from '../base/queues.ts';
import { faultRange, faultRequest, program } from '../dmirror/fault.ts';
import { dmirror } from '../dmirror/index.ts';
import { Is as Base, ofOwnMigrations } from '../dmirror/options.ts';
import { amdgpuOptions, Is, piecePages } from './options.ts';

/** amdgpu_hmm_invalidate_gfx and _hsa: never tries where it must not sleep. */
function* invalidate(task: Task, sub: IntervalSub, range: NotifierRange, curSeq: Serial): Steps<boolean> {
  const { arena } = task;
  const mirror = get(arena, sub + IntervalSub.owner);
  const notifierLock = mirror + Mirror.updateLock;
  yield Point.driverInvalidate;
  if (!range.blockable) return false;
  yield* mutexLock(task, notifierLock, LockClass.updateLock);
  if (optionIs(arena, mirror, Base.setSeqOn)) mmuIntervalSetSeq(task, sub, curSeq);
  yield Point.driverSeqSet;
  const [start, end] = clipToInterval(arena, sub, range);
  const suspended = yield* suspendDeviceEntries(task, mirror, start, end);
  if (suspended > 0 && optionIs(arena, mirror, Is.queuesCompute)) stopQueues(task, mirror, restore);
  // dma_resv_wait_timeout: under the lock, so that no job can be added.
  if (suspended > 0 && optionIs(arena, mirror, Is.fenceWaitOn)) yield* flushTlb(task, DEVICE);
  yield* mutexUnlock(task, notifierLock, LockClass.updateLock);
  return true;
}

/** amdgpu_hmm_range_get_pages for one piece. -EBUSY when it collided. */
function* getPages(task: Task, mirror: Mirror, piece: HmmRange): Steps<Errno> {
  const mm = mirrorMm(task.arena, mirror);
  yield* mmapReadLock(task, mm);
  const result = yield* hmmRangeFault(task, piece);
  yield* mmapReadUnlock(task, mm);
  if (result === -EBUSY) count(task, Counter.rangeBusy);
  return result;
}

/** Gets the pages of the object, a piece at a time. The token to check in the end is in `range.notifierSeq`. */
function* getAllPages(task: Task, mirror: Mirror, range: HmmRange): Steps<Errno> {
  const { arena } = task;
  const { start, end, notifier } = range;
  const perPiece = optionIs(arena, mirror, Is.sequencePiece);
  const pages = piecePages(arena, mirror);
  if (!perPiece) range.notifierSeq = yield* mmuIntervalReadBegin(task, notifier);
  for (let at = start; at < end; at += pages) {
    // Changes of the pieces before go unnoticed from here on.
    if (perPiece) range.notifierSeq = yield* mmuIntervalReadBegin(task, notifier);
    const stop = Math.min(at + pages, end);
    const hmmPfns = range.hmmPfns.subarray(at - start, stop - start);
    const piece = at === start && stop === end ? range : { ...range, start: at, end: stop, hmmPfns };
    const result = yield* getPages(task, mirror, piece);
    if (result !== 0) return result;
  }
  return 0;
}

/** A submission: pages, then under the notifier lock the check and the job. -EBUSY is -EAGAIN to user space. */
function* submit(task: Task, mirror: Mirror, range: MirrorRange, write: boolean): Steps<Errno> {
  const { arena } = task;
  const { start, end, notifier } = range;
  const gotten = yield* getAllPages(task, mirror, range);
  if (gotten !== 0) return gotten;
  yield Point.driverPages;
  const early = optionIs(arena, mirror, Base.retryCheckBeforeLock) && mmuIntervalReadRetry(task, notifier, range.notifierSeq);
  const notifierLock = mirror + Mirror.updateLock;
  yield* mutexLock(task, notifierLock, LockClass.updateLock);
  const late = optionIs(arena, mirror, Base.retryCheckLocked) && mmuIntervalReadRetry(task, notifier, range.notifierSeq);
  let result = -EBUSY;
  if (early || late) {
    count(task, Counter.readRetries);
  } else {
    yield Point.driverChecked;
    result = yield* program(task, mirror, range, write);
    if (result === 0) task.watch?.installed(task, mirror, start, end);
  }
  yield* mutexUnlock(task, notifierLock, LockClass.updateLock);
  return result;
}

function* validate(task: Task, mirror: Mirror, start: Vpn, end: Vpn, write: boolean): Steps<Errno> {
  return yield* faultRange(task, faultRequest(task, mirror, write, submit), start, end);
}

const restore = restoreWork(validate);

function* fault(task: Task, mirror: Mirror, start: Vpn, end: Vpn, write: boolean): Steps<Errno> {
  yield* waitForQueues(task, mirror, restore);
  return yield* validate(task, mirror, start, end, write);
}

/** The worker first: it needs the subscriptions. */
function* close(task: Task, mirror: Mirror): Steps<void> {
  yield* closeQueues(task, mirror, restore);
  yield* dmirror.close(task, mirror);
}

export const amdgpuUserptr = derive(
  dmirror,
  { window: '512', notifierPages: '512', policy: 'refault', pauseUs: '5' },
  {
    name: 'amdgpu-userptr',
    summary:
      'a 2 MiB object under its own interval; an invalidation waits for the jobs that use it; a submission that collides is restarted; no migration',
    interval: { invalidate },
    fixed: [
      ...ofOwnMigrations,
      ...[
        'transaction',
        'exclusiveSeq',
        'exclusiveRule',
        'holeWrite',
        'eraseEnd',
        'markDirty',
        'readOnlyOwn',
        'homeFile',
        'hugePages',
        'unlocked',
      ],
    ],
    fault,
    close,
    work: [restore],
    atomics: false,
    memory: false,
    *migrateToDevice() {
      return 0;
    },
    *makeExclusive() {
      return -EOPNOTSUPP;
    },
  },
  amdgpuOptions,
);
