/** dmirror: the in-tree test driver (lib/test_hmm.c), correct by default, its known defects as options. */
import { get, store } from '../../arena/access.ts';
import { VPN_LIMIT } from '../../arena/config.ts';
import { ENOMEM } from '../../arena/errno.ts';
import { handleOf, poolAlloc, poolFree } from '../../arena/pool.ts';
import { Mirror } from '../../arena/structures.ts';
import { pgmapOf } from '../../mm/devPagemap.ts';
import { mmuIntervalNotifierInsert, mmuIntervalNotifierRemove } from '../../notifier/interval.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { freeDevicePage } from '../devicePages.ts';
import type { Driver } from '../driver.ts';
import { mirrorInterval, mirrorMm } from '../mirror.ts';
import { evict } from './evict.ts';
import { makeExclusive } from './exclusive.ts';
import { fault } from './fault.ts';
import { invalidate } from './invalidate.ts';
import { migrateToDevice, migrateToRam, migrateToSystem } from './migrate.ts';
import { dmirrorOptions, Is, optionIs } from './options.ts';

/** dmirror_fops_open: one interval notifier over the whole address space. 0 or an error of the insertion. */
function* open(task: Task, mirror: number): Steps<number> {
  const { arena } = task;
  const sub = poolAlloc(arena, arena.pools.interval);
  if (sub === 0) return -ENOMEM;
  store(arena, mirror + Mirror.interval, handleOf(arena, arena.pools.interval, sub));
  const ops = get(arena, mirror + Mirror.driver);
  const error = yield* mmuIntervalNotifierInsert(task, sub, mirrorMm(arena, mirror), {
    start: 0,
    length: VPN_LIMIT,
    ops,
    owner: mirror,
  });
  if (error !== 0) poolFree(arena, arena.pools.interval, sub);
  return error;
}

/** dmirror_fops_release: no more callbacks, then everything on the device goes home. */
function* close(task: Task, mirror: number): Steps<void> {
  const { arena } = task;
  const sub = mirrorInterval(arena, mirror);
  yield* mmuIntervalNotifierRemove(task, sub);
  poolFree(arena, arena.pools.interval, sub);
  if (get(arena, mirror + Mirror.pgmap) !== 0) yield* evict(task, mirror);
}

export const dmirror: Driver = {
  name: 'dmirror',
  summary: 'the in-tree test driver: one interval over the address space, a mutex, 32-page windows; all known defects as options',
  options: dmirrorOptions,
  interval: { invalidate },
  pagemap: {
    migrateToRam,
    *folioFree(task, pfn) {
      yield* freeDevicePage(task, pgmapOf(task.arena, pfn), pfn);
    },
  },
  open,
  close,
  fault,
  migrateToDevice,
  migrateToSystem,
  makeExclusive,
  evict,
  accessUnderLock: (arena, mirror) => optionIs(arena, mirror, Is.engineMutex),
};
