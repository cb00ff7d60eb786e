/**
 * nouveau: a fault resolves one page, under an interval of that page that lives as long as the fault. The interval only notes that
 * something changed; the zap is done by a classic notifier over the whole address space. When its 1000 ms are over the channel is
 * cancelled. Atomics go through make_device_exclusive with the full protocol.
 *
 * It is right because the core calls interval callbacks first: the sequence is set before the zap, and the zap waits for the lock.
 */

import { get, set } from '../../arena/access.ts';
import { VPN_LIMIT } from '../../arena/config.ts';
import { EAGAIN, EINVAL, ENOMEM } from '../../arena/errno.ts';
import { deref, handleOf, poolAlloc, poolFree } from '../../arena/pool.ts';
import { type Serial, serialIncrease } from '../../arena/serials.ts';
import { ClassicSub, IntervalSub, Mirror, type Mm } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import { mmput } from '../../mm/syscalls/exit.ts';
import { mmuNotifierRegister, mmuNotifierUnregister } from '../../notifier/classic.ts';
import { mmgetNotZero } from '../../notifier/mmCount.ts';
import { type ClassicOps, registerClassicOps } from '../../notifier/ops.ts';
import { MMU_NOTIFY_EXCLUSIVE, MMU_NOTIFY_MIGRATE, type NotifierRange } from '../../notifier/range.ts';
import { mmuIntervalSetSeq } from '../../notifier/sequence.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { choicesOf, optionIs } from '../base/choices.ts';
import { derive } from '../base/derive.ts';
import { closeDma, dmaTables } from '../base/dmaMap.ts';
import type { DriverOption } from '../base/driver.ts';
import { openEntryDma } from '../base/entryDma.ts';
import { mirrorMm } from '../base/mirror.ts';
import { lockForInvalidate } from '../base/updateLock.ts';
import { dmirror } from '../dmirror/index.ts';
import { intervalNeeds } from '../dmirror/interval.ts';
import { isOwn } from '../dmirror/invalidate.ts';
import { Is as Base, dmirrorOptionCount } from '../dmirror/options.ts';
import { nouveauSvmFault } from './svm.ts';
import { nvkmVmmPfnUnmap } from './vmm.ts';

/** Id of the classic operations; drivers have small ids. */
const SVMM_OPS = 2000;

/** Word of the mirror: handle of the classic notifier. */
const NOTIFIER = Mirror.private;

const added = {
  release: {
    help: 'the device lets go of everything when the process exits, or goes on with what it maps',
    values: ['zap', 'none'],
  },
} as const satisfies Readonly<Record<string, DriverOption>>;

const Is = choicesOf(added, dmirrorOptionCount);

/** nouveau_svm_range_invalidate: the sequence, and nothing else. Its own conversion to exclusive is passed over. */
function* invalidate(task: Task, sub: IntervalSub, range: NotifierRange, curSeq: Serial): Steps<boolean> {
  const { arena } = task;
  const mirror = get(arena, sub + IntervalSub.owner);
  const updateLock = mirror + Mirror.updateLock;
  yield Point.driverInvalidate;
  if (range.event === MMU_NOTIFY_EXCLUSIVE && isOwn(task, mirror, range)) return true;
  if (!(yield* lockForInvalidate(task, mirror, range.blockable))) return false;
  if (optionIs(arena, mirror, Base.setSeqOn)) mmuIntervalSetSeq(task, sub, curSeq);
  yield Point.driverSeqSet;
  yield* mutexUnlock(task, updateLock, LockClass.updateLock);
  return true;
}

/** The zap under svmm->mutex (nvkm_uvmm_mthd_pfnclr). It counts as foreign for guard 4. */
function* zap(task: Task, mirror: Mirror, start: Vpn, end: Vpn): Steps<void> {
  const updateLock = mirror + Mirror.updateLock;
  yield* mutexLock(task, updateLock, LockClass.updateLock);
  serialIncrease(task.arena, mirror + Mirror.foreignSeq);
  yield* nvkmVmmPfnUnmap(task, mirror, start, end);
  yield* mutexUnlock(task, updateLock, LockClass.updateLock);
}

const svmmOps: ClassicOps = {
  /** nouveau_svmm_invalidate_range_start. */
  *invalidateRangeStart(task, sub, range) {
    const mirror = get(task.arena, sub + ClassicSub.owner);
    if (range.event === MMU_NOTIFY_MIGRATE && isOwn(task, mirror, range)) return 0;
    if (!range.blockable) return -EAGAIN;
    yield* zap(task, mirror, range.start, range.end);
    return 0;
  },
  *release(task, sub) {
    const mirror = get(task.arena, sub + ClassicSub.owner);
    if (optionIs(task.arena, mirror, Is.releaseZap)) yield* zap(task, mirror, 0, VPN_LIMIT);
  },
};
registerClassicOps(SVMM_OPS, svmmOps);

/** 0, -EINVAL (the process has exited), -ENOMEM or -EINTR. */
function* open(task: Task, mirror: Mirror): Steps<Errno> {
  const { arena } = task;
  const mm = mirrorMm(arena, mirror);
  if (!mmgetNotZero(arena, mm)) return -EINVAL;
  let error = openEntryDma(arena, mirror);
  if (error === 0) {
    error = yield* subscribe(task, mirror, mm);
    if (error !== 0) closeDma(arena, mirror);
  }
  yield* mmput(task, mm);
  return error;
}

function* subscribe(task: Task, mirror: Mirror, mm: Mm): Steps<Errno> {
  const { arena } = task;
  const sub = poolAlloc(arena, arena.pools.classic);
  let error = sub === 0 ? -ENOMEM : yield* mmuNotifierRegister(task, sub, mm, SVMM_OPS, mirror);
  if (error === 0) {
    set(arena, mirror + NOTIFIER, handleOf(arena, arena.pools.classic, sub));
    error = yield* dmirror.open(task, mirror);
    if (error !== 0) yield* unsubscribe(task, mirror);
  } else if (sub !== 0) {
    poolFree(arena, arena.pools.classic, sub);
  }
  return error;
}

/** The address space tells nothing any more; it has told of its end, if it had not before. */
function* unsubscribe(task: Task, mirror: Mirror): Steps<void> {
  const { arena } = task;
  const sub = deref(arena, arena.pools.classic, get(arena, mirror + NOTIFIER));
  yield* mmuNotifierUnregister(task, sub);
  poolFree(arena, arena.pools.classic, sub);
}

function* close(task: Task, mirror: Mirror): Steps<void> {
  yield* unsubscribe(task, mirror);
  yield* dmirror.close(task, mirror);
  // What is left goes with the address space of the GPU, its DMA mappings last.
  yield* zap(task, mirror, 0, VPN_LIMIT);
  closeDma(task.arena, mirror);
}

export const nouveau = derive(
  dmirror,
  { window: '1', notifierPages: '1', notifierLife: 'fault', ownMigrate: 'setSeq', policy: 'window', deadlineMs: '1000' },
  {
    name: 'nouveau',
    summary:
      'one page a fault, under an interval of that page for as long as the fault; a classic notifier zaps; a fault that runs out of time cancels the channel',
    interval: { invalidate },
    dma: true,
    fault: nouveauSvmFault,
    fixed: ['ownMigrate', 'eraseEnd', 'markDirty'],
    open,
    close,
    needs(words, pages) {
      const { intervals, tables } = intervalNeeds(words, pages);
      return { intervals, tables: tables + dmaTables(pages) };
    },
  },
  added,
);
