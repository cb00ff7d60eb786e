/** dmirror_snapshot: one byte a page that describes the CPU page table, with a temporary notifier and no faulting. */

import { forgetRound, get, observed } from '../../arena/access.ts';
import { PMD_ORDER, VPN_LIMIT, ZERO_PFN } from '../../arena/config.ts';
import { EBUSY, EINVAL, ENOMEM } from '../../arena/errno.ts';
import { poolAlloc, poolFree } from '../../arena/pool.ts';
import { IntervalSub, Mirror } from '../../arena/structures.ts';
import type { Errno, HmmPfn, Vpn } from '../../arena/units.ts';
import { HMM_PFN_ERROR, HMM_PFN_VALID, HMM_PFN_WRITE, hmmPfnToMapOrder, hmmPfnToPage } from '../../hmm/pfn.ts';
import { hmmRangeFault } from '../../hmm/rangeFault.ts';
import { isDevicePrivatePage, pgmapOwner } from '../../mm/page/devPagemap.ts';
import { isDevicePage } from '../../mm/page/page.ts';
import { mmput } from '../../mm/syscalls/exit.ts';
import { mmapReadLock, mmapReadUnlock } from '../../mm/vma/mmapLock.ts';
import { mmuIntervalNotifierInsert, mmuIntervalNotifierRemove } from '../../notifier/interval.ts';
import { mmgetNotZero } from '../../notifier/mmCount.ts';
import { type IntervalOps, registerIntervalOps } from '../../notifier/ops.ts';
import { mmuIntervalReadBegin, mmuIntervalReadRetry, mmuIntervalSetSeq } from '../../notifier/sequence.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { type MirrorRange, mirrorMm, mirrorRange } from '../base/mirror.ts';
import { lockForInvalidate } from '../base/updateLock.ts';
import { numberOption } from './options.ts';

export const PROT_ERROR = 0xff;
export const PROT_NONE = 0;
export const PROT_READ = 1;
export const PROT_WRITE = 2;
/** The page is part of a block that one entry of the second or third level maps. */
export const PROT_PMD = 4;
export const PROT_PUD = 8;
export const PROT_ZERO = 0x10;
export const PROT_DEV_PRIVATE_LOCAL = 0x20;
export const PROT_DEV_PRIVATE_REMOTE = 0x30;
export const PROT_DEV_COHERENT_LOCAL = 0x40;
export const PROT_DEV_COHERENT_REMOTE = 0x50;

const DEADLINE_MS = 1000;
/** Id of the operations; drivers have small ids. */
const SNAPSHOT_OPS = 1000;

/** Only the sequence: a snapshot installs nothing that could be revoked. */
const snapshotOps: IntervalOps = {
  *invalidate(task, sub, range, curSeq) {
    const mirror = get(task.arena, sub + IntervalSub.owner);
    if (!(yield* lockForInvalidate(task, mirror, range.blockable))) return false;
    mmuIntervalSetSeq(task, sub, curSeq);
    yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);
    return true;
  },
};
registerIntervalOps(SNAPSHOT_OPS, snapshotOps);

function permission(task: Task, mirror: Mirror, word: HmmPfn): number {
  const { arena } = task;
  if ((word & HMM_PFN_ERROR) !== 0) return PROT_ERROR;
  if ((word & HMM_PFN_VALID) === 0) return PROT_NONE;
  const size = hmmPfnToMapOrder(word) === PMD_ORDER ? PROT_PMD : 0;
  const access = ((word & HMM_PFN_WRITE) !== 0 ? PROT_WRITE : PROT_READ) | size;
  const pfn = hmmPfnToPage(word);
  if (pfn === ZERO_PFN) return PROT_ZERO | access;
  if (!isDevicePage(arena, pfn)) return access;
  const local = pgmapOwner(arena, pfn) === get(arena, mirror + Mirror.device);
  if (isDevicePrivatePage(arena, pfn)) return (local ? PROT_DEV_PRIVATE_LOCAL : PROT_DEV_PRIVATE_REMOTE) | access;
  return (local ? PROT_DEV_COHERENT_LOCAL : PROT_DEV_COHERENT_REMOTE) | access;
}

/** The words of one range, once the sequence confirms them, as permissions: a byte a page. */
function* snapshotChunk(task: Task, mirror: Mirror, range: MirrorRange, perm: Uint8Array): Steps<Errno> {
  const { arena } = task;
  const { start, end, notifier: sub } = range;
  const mm = mirrorMm(arena, mirror);
  const deadline = task.clock() + DEADLINE_MS;
  task.pfns.fill(0, 0, end - start);
  const mark = observed();
  while (task.clock() <= deadline) {
    forgetRound(mark);
    range.notifierSeq = yield* mmuIntervalReadBegin(task, sub);
    yield* mmapReadLock(task, mm);
    const result = yield* hmmRangeFault(task, range);
    yield* mmapReadUnlock(task, mm);
    if (result === -EBUSY) continue;
    if (result !== 0) return result;
    const updateLock = mirror + Mirror.updateLock;
    yield* mutexLock(task, updateLock, LockClass.updateLock);
    const stale = mmuIntervalReadRetry(task, sub, range.notifierSeq);
    if (!stale) for (let i = 0; i < end - start; i++) perm[i] = permission(task, mirror, task.pfns[i] as number);
    yield* mutexUnlock(task, updateLock, LockClass.updateLock);
    if (!stale) return 0;
  }
  return -EBUSY;
}

/**
 * Describes [start, end): fills `perm`, one byte a page (PROT_* values).
 *
 * @returns 0, -EINVAL (bad range, or the address space is gone), -ENOMEM, -EBUSY (time is up), -EFAULT.
 */
export function* snapshot(task: Task, mirror: Mirror, start: Vpn, end: Vpn, perm: Uint8Array): Steps<Errno> {
  const { arena } = task;
  const mm = mirrorMm(arena, mirror);
  if (start < 0 || start >= end || end > VPN_LIMIT || !mmgetNotZero(arena, mm)) return -EINVAL;
  const chunk = numberOption(arena, mirror, 'window');
  let result = 0;
  for (let at = start; at < end && result === 0; at += chunk) {
    const stop = Math.min(at + chunk, end);
    const sub = poolAlloc(arena, arena.pools.interval);
    if (sub === 0) result = -ENOMEM;
    else {
      result = yield* mmuIntervalNotifierInsert(task, sub, mm, {
        start: at,
        length: stop - at,
        ops: SNAPSHOT_OPS,
        owner: mirror,
      });
      if (result === 0) {
        result = yield* snapshotChunk(task, mirror, mirrorRange(task, mirror, sub, at, stop), perm.subarray(at - start));
        yield* mmuIntervalNotifierRemove(task, sub);
      }
      poolFree(arena, arena.pools.interval, sub);
    }
  }
  yield* mmput(task, mm);
  return result;
}
