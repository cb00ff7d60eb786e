/** What a device does that is not the test driver's: the same operations, by what every driver has. */
import { frameLoad } from '../arena/access.ts';
import { EOPNOTSUPP } from '../arena/errno.ts';
import type { Mirror } from '../arena/structures.ts';
import type { Errno, Vpn } from '../arena/units.ts';
import { deviceBegin, deviceEnd, deviceIncrement, deviceStore } from '../drivers/base/deviceAccess.ts';
import type { BoundDevice } from '../drivers/base/driver.ts';
import type { CommandResult } from '../drivers/dmirror/commands.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import type { Machine } from './machine.ts';
import { addressAt, numberAt, type Operation, vpnOf } from './operation.ts';

/** A count or a negative errno, as the commands of the test driver have it. */
const resultOf = (pages: number): CommandResult =>
  pages < 0 ? { error: pages, cpages: 0, faults: 0, data: null } : { error: 0, cpages: pages, faults: 0, data: null };

export function* otherCommand(task: Task, machine: Machine, mirror: Mirror, op: Operation): Steps<CommandResult> {
  const { driver } = machine;
  const start = vpnOf(machine, addressAt(op, 1));
  const pages = numberAt(op, 2);
  switch (op.name) {
    case 'dread':
    case 'dunl':
      return yield* deviceReads(task, { driver, mirror }, start, pages);
    case 'dwrite':
      return resultOf(yield* deviceWrites(task, { driver, mirror }, start, pages, numberAt(op, 3)));
    case 'dmig':
      return resultOf(yield* driver.migrateToDevice(task, mirror, start, start + pages));
    case 'dsys':
      return resultOf(yield* driver.migrateToSystem(task, mirror, start, start + pages));
    case 'datomic':
      return yield* deviceAtomics(task, { driver, mirror }, start, pages);
    case 'excl':
      return resultOf(yield* makeExclusive(task, { driver, mirror }, start, pages));
    case 'rel':
      return resultOf(Math.min(0, yield* driver.evict(task, mirror)));
    default:
      return resultOf(-EOPNOTSUPP);
  }
}

/** Reads the first word of each page. */
function* deviceReads(task: Task, device: BoundDevice, start: Vpn, pages: number): Steps<CommandResult> {
  const { arena } = task;
  const words = new Int32Array(pages * arena.frameWords);
  for (let i = 0; i < pages; i++) {
    const at = yield* deviceBegin(task, device, start + i, start + pages, 'read');
    if (at < 0) return resultOf(at);
    words[i * arena.frameWords] = frameLoad(arena, at);
    yield* deviceEnd(task, device);
  }
  return { error: 0, cpages: pages, faults: 0, data: words };
}

function* deviceWrites(task: Task, device: BoundDevice, start: Vpn, pages: number, first: number): Steps<number> {
  for (let i = 0; i < pages; i++) {
    const error = yield* deviceStore(task, device, start + i, 0, first + i);
    if (error !== 0) return error;
  }
  return pages;
}

/** Atomic increments of the first word of each page, by whatever driver. */
export function* deviceAtomics(task: Task, device: BoundDevice, start: Vpn, pages: number): Steps<CommandResult> {
  for (let i = 0; i < pages; i++) {
    const value = yield* deviceIncrement(task, device, start + i, 0);
    if (value < 0) return resultOf(value);
  }
  return resultOf(pages);
}

function* makeExclusive(task: Task, { driver, mirror }: BoundDevice, start: Vpn, pages: number): Steps<number> {
  for (let i = 0; i < pages; i++) {
    const error: Errno = yield* driver.makeExclusive(task, mirror, start + i);
    if (error !== 0) return error;
  }
  return pages;
}
