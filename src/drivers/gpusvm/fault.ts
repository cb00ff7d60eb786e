/** xe_svm_handle_pagefault: collect garbage, get the pages of a range, map them for DMA, bind it. All under vm->lock. */

import { Counter } from '../../arena/counters.ts';
import { EBUSY, EFAULT, ENOMEM } from '../../arena/errno.ts';
import { Mirror } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import type { HmmRange } from '../../hmm/hmmRange.ts';
import { hmmPfnToPage } from '../../hmm/pfn.ts';
import { hmmRangeFault, requestFlags } from '../../hmm/rangeFault.ts';
import { mmput } from '../../mm/syscalls/exit.ts';
import { mmapReadLock, mmapReadUnlock } from '../../mm/vma/mmapLock.ts';
import { mmgetNotZero } from '../../notifier/mmCount.ts';
import { mmuIntervalReadBegin, mmuIntervalReadRetry } from '../../notifier/sequence.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { count, type Task } from '../../sync/task.ts';
import { flushWork, workPending } from '../../sync/workqueue.ts';
import { optionIs } from '../base/choices.ts';
import { dmaEntry, dmaPage, hmmDmaMapPfn, stickyBits } from '../base/dmaMap.ts';
import { type MirrorRange, mirrorMm, mirrorRange } from '../base/mirror.ts';
import { blockEnd, ensureBlock } from '../base/notifierBlocks.ts';
import { beginChunk } from '../base/retryLoop.ts';
import { faultRequest, program, untilStable } from '../dmirror/fault.ts';
import { Is as Base } from '../dmirror/options.ts';
import { garbageCollector } from './collector.ts';
import { notifierLockShared, notifierUnlockShared, vmLock, vmUnlock } from './locks.ts';
import { migrateRange } from './migrate.ts';
import { Is } from './options.ts';
import { rangeEnd } from './range.ts';

/** drm_gpusvm_get_pages: a snapshot that the sequence confirms, mapped for DMA. -EBUSY when it collided. */
function* getPages(task: Task, mirror: Mirror, range: HmmRange): Steps<Errno> {
  const { arena } = task;
  const { start, end, notifier } = range;
  const mm = mirrorMm(arena, mirror);
  stickyBits(arena, mirror, range);
  range.notifierSeq = yield* mmuIntervalReadBegin(task, notifier);
  yield* mmapReadLock(task, mm);
  let result = yield* hmmRangeFault(task, range);
  yield* mmapReadUnlock(task, mm);
  if (result !== 0) {
    if (result === -EBUSY) count(task, Counter.rangeBusy);
    return result;
  }
  yield Point.driverSnapshot;
  const early = optionIs(arena, mirror, Base.retryCheckBeforeLock) && mmuIntervalReadRetry(task, notifier, range.notifierSeq);
  yield* notifierLockShared(task, mirror);
  const late = optionIs(arena, mirror, Base.retryCheckLocked) && mmuIntervalReadRetry(task, notifier, range.notifierSeq);
  if (early || late) {
    count(task, Counter.readRetries);
    result = -EBUSY;
  }
  for (let vpn = start; vpn < end && result === 0; vpn++) result = yield* hmmDmaMapPfn(task, mirror, range, vpn);
  yield* notifierUnlockShared(task, mirror);
  return result;
}

/** drm_gpusvm_range_pages_valid: what was mapped for DMA still is. */
function pagesValid(task: Task, mirror: Mirror, { start, end, hmmPfns }: HmmRange): boolean {
  for (let vpn = start; vpn < end; vpn++) {
    const entry = dmaEntry(task.arena, mirror, vpn);
    if (entry === 0 || dmaPage(entry) !== hmmPfnToPage(hmmPfns[vpn - start] as number)) return false;
  }
  return true;
}

/** The bind: the flags of the range are looked at, not the sequence. A change elsewhere under the notifier costs nothing here. */
function* bind(task: Task, mirror: Mirror, range: MirrorRange, write: boolean): Steps<Errno> {
  const { arena } = task;
  let result = -EBUSY;
  yield Point.driverPages;
  yield* notifierLockShared(task, mirror);
  if (optionIs(arena, mirror, Is.bindCheckNone) || pagesValid(task, mirror, range)) {
    yield Point.driverChecked;
    result = yield* program(task, mirror, range, write);
    if (result === 0) task.watch?.installed(task, mirror, range.start, range.end);
  }
  yield* notifierUnlockShared(task, mirror);
  return result;
}

function* getAndBind(task: Task, mirror: Mirror, range: MirrorRange, write: boolean): Steps<Errno> {
  const gotten = yield* getPages(task, mirror, range);
  return gotten === 0 ? yield* bind(task, mirror, range, write) : gotten;
}

function* faultLocked(task: Task, mirror: Mirror, start: Vpn, end: Vpn, write: boolean): Steps<Errno> {
  const { arena } = task;
  const request = faultRequest(task, mirror, write, getAndBind);
  for (let at = start; at < end; ) {
    const stop = Math.min(end, rangeEnd(arena, mirror, at), blockEnd(arena, mirror, at));
    beginChunk(task, request.retry);
    const sub = yield* ensureBlock(task, mirror, at);
    if (sub <= 0) return sub === 0 ? -ENOMEM : sub;
    // It need not work out: then the range is bound where it is.
    if (optionIs(arena, mirror, Is.migrateDevmemOn)) yield* migrateRange(task, mirror, sub, at, stop);
    const range = mirrorRange(task, mirror, sub, at, stop);
    range.defaultFlags = requestFlags(write);
    const result = yield* untilStable(task, request, range);
    if (result !== 0) return result;
    at = stop;
  }
  return 0;
}

/** 0, or -EFAULT (no such mapping, or the address space is gone), -EPERM, -ENOMEM, -EBUSY (time is up). */
export function* fault(task: Task, mirror: Mirror, start: Vpn, end: Vpn, write: boolean): Steps<Errno> {
  const { arena } = task;
  const queue = mirror + Mirror.work;
  if (workPending(arena, queue, garbageCollector)) yield* flushWork(task, queue, garbageCollector, mirror);
  const mm = mirrorMm(arena, mirror);
  if (!mmgetNotZero(arena, mm)) return -EFAULT;
  yield* vmLock(task, mirror);
  const result = yield* faultLocked(task, mirror, start, end, write);
  yield* vmUnlock(task, mirror);
  yield* mmput(task, mm);
  return result;
}
