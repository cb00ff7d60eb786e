/** The scene of the tests of device-exclusive access. */

import { makeDeviceExclusive } from '../../src/migrate/exclusive.ts';
import { cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { unlockPage } from '../../src/mm/page/pageLock.ts';
import { putPage } from '../../src/mm/page/zone.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { mmapReadLock, mmapReadUnlock } from '../../src/mm/vma/mmapLock.ts';
import { run } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { machine, soloTask } from './machine.ts';
import { record } from './recorder.ts';

export const AT = 16;
export const OWNER = 5;

/** One page, written with 7; `events` belongs to a driver that ignores its own EXCLUSIVE events. */
export function scene() {
  const { arena, task, mm } = machine();
  const device = soloTask(arena, 1);
  run(mmapAnonymous(task, mm, AT, 4));
  run(cpuStore(task, mm, AT, 0, 7));
  const events = record(task, mm, 0, 1000);
  events.ignoreExclusiveOf = OWNER;
  return { arena, task, device, mm, events };
}

/** make_device_exclusive with mmap_lock around it. */
export function make(device: Task, mm: number, vpn = AT, owner = OWNER): number {
  run(mmapReadLock(device, mm));
  try {
    return run(makeDeviceExclusive(device, mm, vpn, owner));
  } finally {
    run(mmapReadUnlock(device, mm));
  }
}

export function letGo(device: Task, pfn: number): void {
  run(unlockPage(device, pfn));
  run(putPage(device, pfn));
}
