/**
 * amdkfd SVM: ranges of 2 MiB, each under an interval of its own. It has no retry loop: a collision drops the fault, and the
 * hardware (XNACK) faults again. Its own migrations invalidate it like anybody else's, and pages are mapped later, by a fault. A
 * range that loses part of its mapping is taken apart by a worker. Atomics need the page in device memory.
 */

import { get } from '../../arena/access.ts';
import type { Serial } from '../../arena/serials.ts';
import { IntervalSub, Mirror } from '../../arena/structures.ts';
import { DEVICE, flushTlb } from '../../mm/table/tlb.ts';
import { MMU_NOTIFY_RELEASE, MMU_NOTIFY_UNMAP, type NotifierRange } from '../../notifier/range.ts';
import { mmuIntervalSetSeq } from '../../notifier/sequence.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { cancelWorkSync, flushWork, queueWork } from '../../sync/workqueue.ts';
import { optionIs } from '../base/choices.ts';
import { derive } from '../base/derive.ts';
import { suspendDeviceEntries } from '../base/deviceTable.ts';
import { blockNeeds, clipToInterval, openBlocks, wholeOr } from '../base/notifierBlocks.ts';
import { closeQueues, stopQueues } from '../base/queues.ts';
import { lockForInvalidate } from '../base/updateLock.ts';
import { atomicInDeviceMemory } from '../base/vramAtomics.ts';
import { dmirror } from '../dmirror/index.ts';
import { revoke } from '../dmirror/invalidate.ts';
import { Is as Base, numberOption, places } from '../dmirror/options.ts';
import { bringHome } from '../dmirror/toSystem.ts';
import { deferRange, deferredListWork } from './deferredList.ts';
import { evictionWork } from './evict.ts';
import { fault, restore } from './fault.ts';
import { isNotedHome, migrateToVram, noteHome } from './homeNote.ts';
import { granulePages, Is, kfdOptions } from './options.ts';

/** svm_range_cpu_invalidate_pagetables. It knows no events of its own. */
function* invalidate(task: Task, sub: IntervalSub, range: NotifierRange, curSeq: Serial): Steps<boolean> {
  const { arena } = task;
  const mirror = get(arena, sub + IntervalSub.owner);
  const updateLock = mirror + Mirror.updateLock;
  yield Point.driverInvalidate;
  // The mappings go with the UNMAP that follows.
  if (range.event === MMU_NOTIFY_RELEASE) return true;
  const maySleep = range.blockable || optionIs(arena, mirror, Is.nonBlockableSleep);
  if (!(yield* lockForInvalidate(task, mirror, maySleep))) return false;
  if (optionIs(arena, mirror, Base.setSeqOn)) mmuIntervalSetSeq(task, sub, curSeq);
  yield Point.driverSeqSet;
  const [start, end] = clipToInterval(arena, sub, range);
  if (range.event === MMU_NOTIFY_UNMAP) {
    yield* revoke(task, mirror, start, end);
    yield* deferRange(task, mirror, sub);
  } else if (optionIs(arena, mirror, Is.xnackOn)) {
    yield* revoke(task, mirror, start, end);
  } else if ((yield* suspendDeviceEntries(task, mirror, start, end)) > 0) {
    yield Point.driverLooked;
    stopQueues(task, mirror, restore);
    yield* flushTlb(task, DEVICE);
  }
  yield* mutexUnlock(task, updateLock, LockClass.updateLock);
  return true;
}

/** Workers first: they need the subscriptions, and callbacks queue them. Nobody faults any more, nor asks for an eviction. */
function* close(task: Task, mirror: Mirror): Steps<void> {
  const queue = mirror + Mirror.work;
  yield* closeQueues(task, mirror, restore);
  yield Point.driverLooked;
  yield* cancelWorkSync(task, queue, evictionWork);
  yield* flushWork(task, queue, deferredListWork, mirror);
  yield* dmirror.close(task, mirror);
  // What callbacks have queued since. Their ranges are gone.
  yield* cancelWorkSync(task, queue, deferredListWork);
}

export const kfdSvm = derive(
  dmirror,
  {
    window: '512',
    notifierPages: '512',
    ownMigrate: 'treatAsForeign',
    revokeSource: 'off',
    mapMigrated: 'later',
    lockOnReturn: 'notifier',
    policy: 'refault',
    pauseUs: '50',
  },
  {
    name: 'kfd-svm',
    summary:
      '2 MiB ranges under an interval each, taken apart by a worker; a collision drops the fault and the hardware faults again',
    interval: { invalidate },
    dma: true,
    atomics: 'memory',
    fixed: ['ownMigrate', 'ownEvents', 'exclusiveSeq', 'exclusiveRule', 'eraseEnd', 'markDirty', 'unlocked', 'notifierLife'],
    needs: (words, pages) => blockNeeds(pages, wholeOr(words[places.notifierPages] as number)),
    *open(task, mirror) {
      return openBlocks(task.arena, mirror, wholeOr(numberOption(task.arena, mirror, 'notifierPages')));
    },
    pagemap: {
      ...dmirror.pagemap,
      *migrateToRam(task, cpuFault) {
        const { arena } = task;
        const granule = (mirror: Mirror): number => {
          if (mirror === 0) return 1;
          return isNotedHome(arena, mirror, cpuFault.vpn) ? 0 : granulePages(arena, mirror);
        };
        return yield* bringHome(task, cpuFault, granule, noteHome);
      },
    },
    migrateToDevice: migrateToVram,
    fault,
    close,
    *makeExclusive(task, mirror, vpn) {
      return yield* atomicInDeviceMemory(task, mirror, vpn, { migrate: migrateToVram, fault });
    },
    *evict(task, mirror) {
      queueWork(task, mirror + Mirror.work, evictionWork);
      yield Point.driverLooked;
      yield* flushWork(task, mirror + Mirror.work, evictionWork, mirror);
      return yield* dmirror.evict(task, mirror);
    },
    work: [deferredListWork, restore, evictionWork],
  },
  kfdOptions,
);
