/** Atomics of xe: the page must be in device memory, and stays there for a time slice, so that the device gets to use it. */

import { get, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { EACCES } from '../../arena/errno.ts';
import { Mirror } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { allowAtomic } from '../base/vramAtomics.ts';
import { migrateToDevice } from '../dmirror/migrate.ts';
import { fault } from './fault.ts';
import { notifierLock, notifierUnlock } from './locks.ts';
import { timesliceMs } from './options.ts';

/** Word of the mirror: when the time slice is over, in microseconds of the clock. */
const EXPIRATION = Mirror.private + 5;

const ATTEMPTS = 3;

const MICROSECONDS = 1000;

/** May a page leave the device now? */
export const mayLeave = (task: Task, mirror: Mirror): boolean =>
  ((task.clock() * MICROSECONDS) | 0) - get(task.arena, mirror + EXPIRATION) >= 0;

function beginSlice(arena: Arena, mirror: Mirror, now: number, slice: number): void {
  if (slice > 0) set(arena, mirror + EXPIRATION, ((now + slice) * MICROSECONDS) | 0);
}

/** 0, or -EACCES when the page could not be kept on the device, or the error of the fault. */
export function* makeAtomic(task: Task, mirror: Mirror, vpn: Vpn): Steps<Errno> {
  const { arena } = task;
  const slice = timesliceMs(arena, mirror);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    beginSlice(arena, mirror, task.clock(), slice * 2 ** attempt);
    yield* migrateToDevice(task, mirror, vpn, vpn + 1);
    const error = yield* fault(task, mirror, vpn, vpn + 1, true);
    if (error !== 0) return error;
    yield* notifierLock(task, mirror);
    const allowed = yield* allowAtomic(task, mirror, vpn);
    yield* notifierUnlock(task, mirror);
    if (allowed) return 0;
  }
  return -EACCES;
}
