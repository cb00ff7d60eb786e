/** The scene of the fork tests. */

import type { Arena } from '../../src/arena/arena.ts';
import { makeDeviceExclusive } from '../../src/migrate/exclusive.ts';
import { cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { FOLL_PIN, FOLL_WRITE, getUserPage } from '../../src/mm/fault/gup.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { mmapReadLock, mmapReadUnlock } from '../../src/mm/vma/mmapLock.ts';
import { run } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { machine, soloTask } from './machine.ts';
import { testDevice } from './testDevice.ts';

export const AT = 16;

export interface Scene {
  readonly arena: Arena;
  readonly task: Task;
  /** Another actor, who prepares what the parent has. */
  readonly other: Task;
  readonly mm: number;
  readonly pgmap: number;
}

export function scene(config = {}): Scene {
  const { arena, task, mm } = machine(config);
  const pgmap = testDevice(arena);
  run(mmapAnonymous(task, mm, AT, 4));
  run(cpuStore(task, mm, AT, 0, 7));
  return { arena, task, other: soloTask(arena, 1), mm, pgmap };
}

export function pin({ other, mm }: Scene, vpn: number): number {
  run(mmapReadLock(other, mm));
  const pfn = run(getUserPage(other, mm, vpn, FOLL_WRITE | FOLL_PIN));
  run(mmapReadUnlock(other, mm));
  return pfn;
}

export function exclusive({ other, mm }: Scene, vpn: number): number {
  run(mmapReadLock(other, mm));
  const pfn = run(makeDeviceExclusive(other, mm, vpn, 1));
  run(mmapReadUnlock(other, mm));
  return pfn;
}
