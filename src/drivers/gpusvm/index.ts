/**
 * drm_gpusvm with xe: ranges of 2 MiB under notifiers of 512 MiB, so that unrelated ranges share a sequence; one deadline for all
 * retries. The sequence confirms the pages, which are then mapped for DMA; a range is bound if its pages are still mapped.
 * Its own migrations, all or nothing, invalidate it like anybody else's, and pages are bound later, by a fault.
 */

import { get } from '../../arena/access.ts';
import { VPN_LIMIT } from '../../arena/config.ts';
import type { Serial } from '../../arena/serials.ts';
import { IntervalSub, Mirror } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import { MMU_NOTIFY_UNMAP, type NotifierRange } from '../../notifier/range.ts';
import { mmuIntervalSetSeq } from '../../notifier/sequence.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { cancelWorkSync, flushWork } from '../../sync/workqueue.ts';
import { optionIs } from '../base/choices.ts';
import { derive } from '../base/derive.ts';
import { closeDma, dmaTables, dmaUnmap, openDma } from '../base/dmaMap.ts';
import { blockNeeds, openBlocks, wholeOr } from '../base/notifierBlocks.ts';
import { dmirror } from '../dmirror/index.ts';
import { Is as Base, numberOption, ofOwnMigrations, places } from '../dmirror/options.ts';
import { bringHome } from '../dmirror/toSystem.ts';
import { makeAtomic, mayLeave } from './atomics.ts';
import { addGarbage, garbageCollector } from './collector.ts';
import { fault } from './fault.ts';
import { notifierLock, notifierUnlock } from './locks.ts';
import { gpusvmOptions, Is } from './options.ts';
import { touchedRanges, zapRanges } from './range.ts';

/** drm_gpusvm_notifier_invalidate with xe_svm_invalidate: it knows no events of its own, and never tries. */
function* invalidate(task: Task, sub: IntervalSub, range: NotifierRange, curSeq: Serial): Steps<boolean> {
  const { arena } = task;
  const mirror = get(arena, sub + IntervalSub.owner);
  yield Point.driverInvalidate;
  if (!range.blockable) return false;
  yield* notifierLock(task, mirror);
  if (optionIs(arena, mirror, Base.setSeqOn)) mmuIntervalSetSeq(task, sub, curSeq);
  yield Point.driverSeqSet;
  const [start, end] = touchedRanges(arena, mirror, sub, range);
  yield* zapRanges(task, mirror, start, end);
  if (range.event === MMU_NOTIFY_UNMAP) yield* addGarbage(task, mirror, sub);
  yield* notifierUnlock(task, mirror);
  return true;
}

function* open(task: Task, mirror: Mirror): Steps<Errno> {
  const error = openDma(task.arena, mirror);
  return error === 0 ? openBlocks(task.arena, mirror, wholeOr(numberOption(task.arena, mirror, 'notifierPages'))) : error;
}

function* close(task: Task, mirror: Mirror): Steps<void> {
  const { arena } = task;
  const queue = mirror + Mirror.work;
  yield* flushWork(task, queue, garbageCollector, mirror);
  // What is bound goes with the device, its DMA mappings last.
  yield* forget(task, mirror, 0, VPN_LIMIT);
  yield* dmirror.close(task, mirror);
  yield* cancelWorkSync(task, queue, garbageCollector);
  if (optionIs(arena, mirror, Is.dmaUnmapClose)) dmaUnmap(arena, mirror, 0, VPN_LIMIT);
  closeDma(arena, mirror);
}

function* forget(task: Task, mirror: Mirror, start: Vpn, end: Vpn): Steps<void> {
  yield* notifierLock(task, mirror);
  yield* zapRanges(task, mirror, start, end);
  yield* notifierUnlock(task, mirror);
}

export const gpusvmXe = derive(
  dmirror,
  {
    window: '512',
    notifierPages: String(512 * 256),
    ownMigrate: 'treatAsForeign',
    revokeSource: 'off',
    mapMigrated: 'later',
    lockOnReturn: 'notifier',
    transaction: 'allOrNothing',
    policy: 'absolute',
    deadlineMs: '1000',
  },
  {
    name: 'gpusvm-xe',
    summary:
      '2 MiB ranges under notifiers of 512 MiB shared by many, mapped for DMA; migrates all or nothing; a collector removes what was unmapped',
    interval: { invalidate },
    dma: true,
    atomics: 'memory',
    fixed: [
      ...ofOwnMigrations,
      ...['holeWrite', 'exclusiveSeq', 'exclusiveRule', 'eraseEnd', 'markDirty', 'engine', 'unlocked', 'notifierLife'],
    ],
    pagemap: {
      ...dmirror.pagemap,
      *migrateToRam(task, cpuFault) {
        return yield* bringHome(task, cpuFault, (mirror) => {
          if (mirror === 0) return 1;
          if (mayLeave(task, mirror)) return numberOption(task.arena, mirror, 'window');
          // The time slice of the device is not over: the CPU tries again.
          task.watch?.postponed?.(task);
          return 0;
        });
      },
    },
    needs(words, pages) {
      const { intervals, tables } = blockNeeds(pages, wholeOr(words[places.notifierPages] as number));
      return { intervals, tables: tables + dmaTables(pages) };
    },
    open,
    close,
    forget,
    fault,
    makeExclusive: makeAtomic,
    accessUnderLock: () => false,
    work: [garbageCollector],
  },
  gpusvmOptions,
);
