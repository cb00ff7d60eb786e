/** dmirror_exclusive: atomic access to one page, with the full protocol of make_device_exclusive by default. */

import { forgetRound, get, observed } from '../../arena/access.ts';
import { Counter } from '../../arena/counters.ts';
import { EBUSY, EINVAL, ENOMEM, EPERM } from '../../arena/errno.ts';
import type { Serial } from '../../arena/serials.ts';
import { type IntervalSub, Mirror, type Mm } from '../../arena/structures.ts';
import type { Errno, Pfn, Vpn } from '../../arena/units.ts';
import { makeDeviceExclusive } from '../../migrate/exclusive.ts';
import { makeDeviceExclusiveRange } from '../../migrate/exclusiveRange.ts';
import { FOLL_SPLIT_PMD, FOLL_WRITE, getUserPage } from '../../mm/fault/gup.ts';
import { unlockPage } from '../../mm/page/pageLock.ts';
import { putPage } from '../../mm/page/zone.ts';
import { mmput } from '../../mm/syscalls/exit.ts';
import { DEVICE, flushTlb } from '../../mm/table/tlb.ts';
import { mmapReadLock, mmapReadUnlock } from '../../mm/vma/mmapLock.ts';
import { mmgetNotZero } from '../../notifier/mmCount.ts';
import { mmuIntervalReadBegin, mmuIntervalReadRetry } from '../../notifier/sequence.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../sync/spinlock.ts';
import { count, type Task } from '../../sync/task.ts';
import { DEV_ATOMIC, deviceEntry, mkDeviceEntry, needsFlush, setDeviceEntry } from '../base/deviceTable.ts';
import { mapEntry } from '../base/entryDma.ts';
import { mirrorMm } from '../base/mirror.ts';
import { beginOwnWork, endOwnWork } from '../base/ownWork.ts';
import { intervalAt, intervalDone } from './interval.ts';
import { Is, numberOption, optionIs } from './options.ts';

/** The page that is converted, and the token that says whether it was left alone meanwhile. */
interface Section {
  readonly sub: IntervalSub;
  readonly vpn: Vpn;
  readonly token: Serial;
}

/** Programs the atomic entry under the update lock, unless the section collided. 0, -EBUSY, -ENOMEM, or -EFAULT (not to be had by DMA). */
function* program(task: Task, mirror: Mirror, { sub, vpn, token }: Section, pfn: Pfn): Steps<Errno> {
  const { arena } = task;
  const updateLock = mirror + Mirror.updateLock;
  const entry = mkDeviceEntry(pfn, DEV_ATOMIC);
  let result = 0;
  yield* mutexLock(task, updateLock, LockClass.updateLock);
  const checked = optionIs(arena, mirror, Is.exclusiveSeqOn);
  // The page lock keeps CPU faults out; zap and mprotect need no page lock, only the sequence tells of them.
  if (checked && mmuIntervalReadRetry(task, sub, token)) {
    count(task, Counter.exclusiveRetries);
    result = -EBUSY;
  } else {
    result = yield* mapEntry(task, mirror, vpn, pfn);
    const old = result === 0 ? yield* setDeviceEntry(task, mirror, vpn, entry) : 0;
    if (old === -1) result = -ENOMEM;
    else if (needsFlush(old, entry) && optionIs(arena, mirror, Is.engineTlb)) yield* flushTlb(task, DEVICE);
    if (result === 0) task.watch?.installed(task, mirror, vpn, vpn + 1);
  }
  yield* mutexUnlock(task, updateLock, LockClass.updateLock);
  return result;
}

/**
 * Makes the entry an ordinary one before the section begins. An exclusive entry left by an earlier attempt would be restored
 * inside make_device_exclusive, with a CLEAR event that nobody can tell from a foreign one: the section would collide with
 * itself for ever (docs/drivers.md, "What the lab found").
 */
function* restoreFirst(task: Task, mm: Mm, vpn: Vpn): Steps<number> {
  yield* mmapReadLock(task, mm);
  const pfn = yield* getUserPage(task, mm, vpn, FOLL_WRITE | FOLL_SPLIT_PMD);
  yield* mmapReadUnlock(task, mm);
  if (pfn > 0) yield* putPage(task, pfn);
  return pfn;
}

function* attempt(task: Task, mirror: Mirror, mm: Mm, vpn: Vpn): Steps<Errno> {
  const present = yield* restoreFirst(task, mm, vpn);
  if (present < 0) return present;
  const sub = yield* intervalAt(task, mirror, vpn);
  if (sub <= 0) return sub === 0 ? -ENOMEM : sub;
  const result = yield* section(task, mirror, mm, sub, vpn);
  yield* intervalDone(task, mirror, sub);
  return result;
}

/** Token, conversion, and the entry under the update lock. In-tree there is no token, and mmap_lock is held until the entry is programmed. */
function* section(task: Task, mirror: Mirror, mm: Mm, sub: IntervalSub, vpn: Vpn): Steps<Errno> {
  const { arena } = task;
  const token = yield* mmuIntervalReadBegin(task, sub);
  yield* mmapReadLock(task, mm);
  const owner = optionIs(arena, mirror, Is.exclusiveOwnerDevice) ? get(arena, mirror + Mirror.device) : 0;
  const before = beginOwnWork(task, mirror);
  const pfn = yield* makeDeviceExclusive(task, mm, vpn, owner);
  endOwnWork(task, before);
  const underMmapLock = !optionIs(arena, mirror, Is.exclusiveSeqOn);
  if (pfn < 0 || !underMmapLock) yield* mmapReadUnlock(task, mm);
  if (pfn < 0) return pfn;
  yield Point.driverExclusive;
  const result = yield* program(task, mirror, { sub, vpn, token }, pfn);
  yield* unlockPage(task, pfn);
  yield* putPage(task, pfn);
  if (underMmapLock) yield* mmapReadUnlock(task, mm);
  return result;
}

/** 0, or -EINVAL (the address space is gone), -EFAULT, -ENOMEM, -EINTR, -EBUSY (time is up). */
export function* makeExclusive(task: Task, mirror: Mirror, vpn: Vpn): Steps<Errno> {
  const { arena } = task;
  const mm = mirrorMm(arena, mirror);
  if (!mmgetNotZero(arena, mm)) return -EINVAL;
  const deadline = task.clock() + numberOption(arena, mirror, 'deadlineMs');
  const mark = observed();
  let result: number;
  do {
    forgetRound(mark);
    result = yield* attempt(task, mirror, mm, vpn);
  } while (result === -EBUSY && task.clock() <= deadline);
  if (result === 0) count(task, Counter.exclusives);
  yield* mmput(task, mm);
  return result;
}

/** Programs atomic entries for the pages of a chunk that were converted. Returns how many. Under the update lock. */
function* programChunk(task: Task, mirror: Mirror, start: Vpn, pages: Int32Array): Steps<number> {
  const updateLock = mirror + Mirror.updateLock;
  let mapped = 0;
  yield* mutexLock(task, updateLock, LockClass.updateLock);
  for (let i = 0; i < pages.length; i++) {
    const pfn = pages[i] as number;
    if (pfn === 0 || (yield* mapEntry(task, mirror, start + i, pfn)) !== 0) continue;
    if ((yield* setDeviceEntry(task, mirror, start + i, mkDeviceEntry(pfn, DEV_ATOMIC))) !== -1) mapped++;
  }
  yield* mutexUnlock(task, updateLock, LockClass.updateLock);
  return mapped;
}

/** A chunk, all or nothing: when fewer pages than asked for were collected, none of it enters the device page table. */
function* exclusiveChunk(task: Task, mirror: Mirror, mm: Mm, start: Vpn, end: Vpn): Steps<Errno> {
  const pages = new Int32Array(end - start);
  yield* mmapReadLock(task, mm);
  const collected = yield* makeDeviceExclusiveRange(task, mm, start, pages, 0);
  const mapped = collected === pages.length ? yield* programChunk(task, mirror, start, pages) : 0;
  for (let i = 0; i < collected; i++) {
    const pfn = pages[i] as number;
    if (pfn === 0) continue;
    yield* unlockPage(task, pfn);
    yield* putPage(task, pfn);
  }
  yield* mmapReadUnlock(task, mm);
  return mapped === pages.length ? 0 : -EBUSY;
}

/** dmirror_exclusive for [start, end). 0 or the errors of {@link makeExclusive}; what was done before an error stays. */
export function* exclusiveRange(task: Task, mirror: Mirror, start: Vpn, end: Vpn): Steps<Errno> {
  const { arena } = task;
  let result = 0;
  if (optionIs(arena, mirror, Is.exclusiveRulePage)) {
    for (let vpn = start; vpn < end && result === 0; vpn++) result = yield* makeExclusive(task, mirror, vpn);
    return result;
  }
  const mm = mirrorMm(arena, mirror);
  if (!mmgetNotZero(arena, mm)) return -EINVAL;
  const chunk = numberOption(arena, mirror, 'window');
  for (let at = start; at < end && result === 0; at += chunk) {
    result = yield* exclusiveChunk(task, mirror, mm, at, Math.min(at + chunk, end));
  }
  yield* mmput(task, mm);
  return result;
}

/** dmirror_check_atomic: 0 when no page of [start, end) has an atomic entry any more, else -EPERM. */
export function* checkExclusive(task: Task, mirror: Mirror, start: Vpn, end: Vpn): Steps<Errno> {
  const updateLock = mirror + Mirror.updateLock;
  let result = 0;
  yield* mutexLock(task, updateLock, LockClass.updateLock);
  for (let vpn = start; vpn < end; vpn++) {
    if ((deviceEntry(task.arena, mirror, vpn) & DEV_ATOMIC) !== 0) result = -EPERM;
  }
  yield* mutexUnlock(task, updateLock, LockClass.updateLock);
  return result;
}
