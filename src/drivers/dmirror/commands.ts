/**
 * The commands of the test driver (dmirror_fops_unlocked_ioctl): what a program asks of a device file. Pages, ends exclusive.
 * The argument block is copied back only on success: after an error `cpages` and `faults` mean nothing.
 */

import { store } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { ENOENT } from '../../arena/errno.ts';
import { Mirror } from '../../arena/structures.ts';
import type { Vpn } from '../../arena/units.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { type Bounce, bounceFor, doRead, doWrite } from './bounce.ts';
import { evict } from './evict.ts';
import { checkExclusive, exclusiveRange } from './exclusive.ts';
import { fault, faultUnlocked } from './fault.ts';
import { migrateToDevice, migrateToSystem } from './migrate.ts';
import { snapshot } from './snapshot.ts';

/** What a command gives back: 0 or a negative errno, pages done, successful fault passes, and the bytes it delivers. */
export interface CommandResult {
  readonly error: number;
  readonly cpages: number;
  readonly faults: number;
  /** `frameWords` words a page, for the commands that read; one byte a page for snapshot. */
  readonly data: Int32Array | Uint8Array | null;
}

const failure = (error: number): CommandResult => ({ error, cpages: 0, faults: 0, data: null });
const success = (cpages: number, faults = 0, data: Int32Array | Uint8Array | null = null): CommandResult => ({
  error: 0,
  cpages,
  faults,
  data,
});

/** Copies, and faults in what is missing up to the end of the range, until all is copied or a fault fails. */
function* access(task: Task, mirror: Mirror, bounce: Bounce, how: 'read' | 'readUnlocked' | 'write'): Steps<CommandResult> {
  const write = how === 'write';
  let faults = 0;
  for (;;) {
    const missing = write ? yield* doWrite(task, mirror, bounce) : yield* doRead(task, mirror, bounce);
    if (missing !== -ENOENT) return success(bounce.cpages, faults, write ? null : bounce.words);
    const first = bounce.start + bounce.cpages;
    const error =
      how === 'readUnlocked'
        ? yield* faultUnlocked(task, mirror, first, bounce.end)
        : yield* fault(task, mirror, first, bounce.end, write);
    if (error !== 0) return failure(error);
    faults++;
  }
}

/** HMM_DMIRROR_READ. -EFAULT, -ENOMEM, -EBUSY (time is up). */
export function* readCommand(task: Task, mirror: Mirror, start: Vpn, end: Vpn): Steps<CommandResult> {
  return yield* access(task, mirror, bounceFor(task, start, end), 'read');
}

/** HMM_DMIRROR_READ_UNLOCKED: as READ, also of pages that userfaultfd keeps missing. */
export function* readUnlockedCommand(task: Task, mirror: Mirror, start: Vpn, end: Vpn): Steps<CommandResult> {
  return yield* access(task, mirror, bounceFor(task, start, end), 'readUnlocked');
}

/** HMM_DMIRROR_WRITE of `words`, `frameWords` a page. As READ, and -EPERM; what was written before an error stays. */
export function* writeCommand(task: Task, mirror: Mirror, start: Vpn, end: Vpn, words: Int32Array): Steps<CommandResult> {
  return yield* access(task, mirror, { start, end, words, cpages: 0 }, 'write');
}

/** What the device can read without faulting: all of it, or -ENOENT. */
function* readBack(task: Task, mirror: Mirror, start: Vpn, end: Vpn): Steps<CommandResult> {
  const bounce = bounceFor(task, start, end);
  const error = yield* doRead(task, mirror, bounce);
  return error === 0 ? success(bounce.cpages, 0, bounce.words) : failure(error);
}

/** HMM_DMIRROR_MIGRATE_TO_DEV: migrates, then reads back. cpages counts what the device can read, not what moved. */
export function* migrateToDeviceCommand(task: Task, mirror: Mirror, start: Vpn, end: Vpn): Steps<CommandResult> {
  const unmapped: number[] = [];
  const moved = yield* migrateToDevice(task, mirror, start, end, unmapped);
  if (moved < 0) return failure(moved);
  // Guard 4 is easily alarmed: what it has kept from being mapped is mapped by a fault, which finds what is there now.
  for (let i = 0; i < unmapped.length; ) {
    const first = unmapped[i] as number;
    let next = first + 1;
    for (i++; unmapped[i] === next; i++) next++;
    yield* fault(task, mirror, first, next, false);
  }
  return yield* readBack(task, mirror, start, end);
}

/** HMM_DMIRROR_MIGRATE_TO_SYS: cpages counts what moved. */
export function* migrateToSystemCommand(task: Task, mirror: Mirror, start: Vpn, end: Vpn): Steps<CommandResult> {
  const moved = yield* migrateToSystem(task, mirror, start, end);
  return moved < 0 ? failure(moved) : success(moved);
}

/** HMM_DMIRROR_SNAPSHOT: a byte a page. */
export function* snapshotCommand(task: Task, mirror: Mirror, start: Vpn, end: Vpn): Steps<CommandResult> {
  const perm = new Uint8Array(end - start);
  const error = yield* snapshot(task, mirror, start, end, perm);
  return error === 0 ? success(end - start, 0, perm) : failure(error);
}

/** HMM_DMIRROR_EXCLUSIVE: makes the pages exclusive, then reads back. */
export function* exclusiveCommand(task: Task, mirror: Mirror, start: Vpn, end: Vpn): Steps<CommandResult> {
  const error = yield* exclusiveRange(task, mirror, start, end);
  return error === 0 ? yield* readBack(task, mirror, start, end) : failure(error);
}

/** HMM_DMIRROR_CHECK_EXCLUSIVE: -EPERM while the device has an atomic mapping in the range. */
export function* checkExclusiveCommand(task: Task, mirror: Mirror, start: Vpn, end: Vpn): Steps<CommandResult> {
  const error = yield* checkExclusive(task, mirror, start, end);
  return error === 0 ? success(0) : failure(error);
}

/** HMM_DMIRROR_RELEASE: everything on the device goes home, whoever put it there. */
export function* releaseCommand(task: Task, mirror: Mirror): Steps<CommandResult> {
  yield* evict(task, mirror);
  return success(0);
}

/** HMM_DMIRROR_FLAGS: replaces the flags of the file. */
export function setFlags(arena: Arena, mirror: Mirror, flags: number): void {
  store(arena, mirror + Mirror.flags, flags);
}
