/** dmirror: the in-tree test driver (lib/test_hmm.c), correct by default, its known defects as options. */

import { get } from '../../arena/access.ts';
import { VPN_LIMIT } from '../../arena/config.ts';
import { Mirror } from '../../arena/structures.ts';
import type { Vpn } from '../../arena/units.ts';
import { driverChanges } from '../../kernels/changes.ts';
import { pgmapOf } from '../../mm/page/devPagemap.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { freeDevicePage } from '../base/devicePages.ts';
import type { Driver } from '../base/driver.ts';
import { closeMirror } from '../base/mirror.ts';
import { evict } from './evict.ts';
import { makeExclusive } from './exclusive.ts';
import { fault } from './fault.ts';
import { closeIntervals, intervalNeeds, openIntervals } from './interval.ts';
import { invalidate, marksDirty, revoke } from './invalidate.ts';
import { migrateToDevice, migrateToSystem } from './migrate.ts';
import { dmirrorOptions, Is, isChosen, optionIs } from './options.ts';
import { migrateToRam } from './toSystem.ts';

function* forget(task: Task, mirror: Mirror, start: Vpn, end: Vpn): Steps<void> {
  const updateLock = mirror + Mirror.updateLock;
  yield* mutexLock(task, updateLock, LockClass.updateLock);
  yield* revoke(task, mirror, start, end);
  yield* mutexUnlock(task, updateLock, LockClass.updateLock);
}

/** dmirror_fops_release: no more callbacks, then everything on the device goes home. Guard 18: CPU faults let go of the mirror first. */
function* close(task: Task, mirror: Mirror): Steps<void> {
  // What the device has written is marked while its pages are still there, as callbacks do until they end.
  if (marksDirty(task, mirror)) yield* forget(task, mirror, 0, VPN_LIMIT);
  yield* closeMirror(task, mirror);
  yield* closeIntervals(task, mirror);
  if (get(task.arena, mirror + Mirror.pgmap) !== 0) yield* evict(task, mirror);
}

export const dmirror: Driver = {
  name: 'dmirror',
  summary:
    'the in-tree test driver: one interval over the address space, a mutex, chunks of 32 pages; all known defects as options',
  options: dmirrorOptions,
  changes: driverChanges,
  interval: { invalidate },
  pagemap: {
    migrateToRam,
    *folioFree(task, pfn) {
      yield* freeDevicePage(task, pgmapOf(task.arena, pfn), pfn);
    },
  },
  open: openIntervals,
  needs: intervalNeeds,
  forget,
  close,
  fault,
  migrateToDevice,
  movesWhole: (words) => isChosen(words, Is.transactionAllOrNothing),
  migrateToSystem,
  makeExclusive,
  evict,
  accessUnderLock: (arena, mirror) => optionIs(arena, mirror, Is.engineMutex),
};
