/**
 * A device with less memory than it works on. It uses a block of pages; what is not there is faulted, and then moves to the
 * device. When the device is full, the block used longest ago goes home first, by address, as amdkfd does it for its ranges. A
 * block that somebody is at work on is no victim: with no victim left, the fault is served from system memory, and so it always
 * comes to an end (the report behind R70 is of one that does not).
 *
 * The books are no part of the arena: whoever shares a {@link Paging} must be on one thread.
 */
import type { Mirror } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import { isDevicePage } from '../../mm/page/page.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { sleepFor } from '../../sync/sleep.ts';
import type { Task } from '../../sync/task.ts';
import { deviceEnd, deviceTry } from '../base/deviceAccess.ts';
import { DEV_VALID } from '../base/deviceTable.ts';
import type { Driver } from '../base/driver.ts';
import { forgetRange } from '../base/forget.ts';
import type { Residency } from './residency.ts';
import { NAP, REMOTE, SERVE, type Throttle } from './throttle.ts';

/** What a device keeps of the blocks of a region. */
export interface Paging {
  readonly driver: Driver;
  readonly mirror: Mirror;
  /** First page of the region, and pages of a block. */
  readonly base: Vpn;
  readonly size: number;
  readonly residency: Residency;
  readonly throttle: Throttle;
}

/** What uses of blocks have cost. */
export interface Usage {
  /** Pages that came to the device, and that were sent home for them; and blocks that these were of. */
  arrived: number;
  evicted: number;
  evictions: number;
  /** Faults that were held back. */
  naps: number;
  /** Pages used where they were in system memory. */
  remote: number;
}

export const noUsage = (): Usage => ({ arrived: 0, evicted: 0, evictions: 0, naps: 0, remote: 0 });

/** Uses pages from `at` on; returns the first that is not there, or `end`. */
function* touch(task: Task, paging: Paging, at: Vpn, end: Vpn, usage: Usage): Steps<number> {
  const { arena } = task;
  for (let vpn = at; vpn < end; vpn++) {
    const frame = yield* deviceTry(task, paging, vpn, DEV_VALID);
    if (frame < 0) return vpn;
    if (!isDevicePage(arena, frame / arena.frameWords)) {
      usage.remote++;
      yield Point.remoteAccess;
    }
    yield* deviceEnd(task, paging);
  }
  return end;
}

/** Sends blocks home until there are no more than fit. False when there is nobody left to send. */
function* makeRoom(task: Task, paging: Paging, usage: Usage): Steps<boolean> {
  const { driver, mirror, base, size, residency, throttle } = paging;
  while (residency.overfull) {
    const victim = residency.victim();
    if (victim === -1) return false;
    // Before it is sent: nobody else is to choose it, and its room is ours.
    residency.remove(victim);
    const start = base + victim * size;
    const moved = yield* driver.migrateToSystem(task, mirror, start, start + size);
    yield* forgetRange(task, driver, mirror, start, start + size);
    // What others have discarded or taken home needs no eviction.
    if (moved <= 0) continue;
    throttle.evicted(victim, task.clock());
    usage.evicted += moved;
    usage.evictions++;
  }
  return true;
}

/** A fault on the pages of a block from `at` on. 0 or an error. */
function* serve(task: Task, paging: Paging, block: number, at: Vpn, usage: Usage): Steps<Errno> {
  const { driver, mirror, base, size, residency, throttle } = paging;
  const end = base + (block + 1) * size;
  const decision = residency.has(block) ? SERVE : throttle.onFault(block, task.clock());
  if (decision === NAP) {
    usage.naps++;
    yield* sleepFor(task, throttle.lapseMs);
  }
  if (decision !== REMOTE) {
    residency.use(block);
    if (yield* makeRoom(task, paging, usage)) {
      const moved = yield* driver.migrateToDevice(task, mirror, at, end);
      if (moved > 0) usage.arrived += moved;
    } else {
      residency.remove(block);
      // Until the next use: then there may be room.
      throttle.pin(block, task.clock());
    }
  }
  return yield* driver.fault(task, mirror, at, end, false);
}

/** Uses block number `block`, all of it. 0 or an error of a fault. Adds to `usage`. */
export function* deviceUse(task: Task, paging: Paging, block: number, usage: Usage, round: () => void): Steps<Errno> {
  const { driver, mirror, base, size, residency, throttle } = paging;
  const start = base + block * size;
  const end = start + size;
  // The device lets go of system memory it has used long enough, and faults.
  if (throttle.unpin(block, task.clock())) yield* forgetRange(task, driver, mirror, start, end);
  if (residency.has(block)) residency.use(block);
  residency.hold(block);
  let result = 0;
  for (let at = start; result === 0; ) {
    at = yield* touch(task, paging, at, end, usage);
    if (at === end) break;
    round();
    result = yield* serve(task, paging, block, at, usage);
  }
  residency.release(block);
  return result;
}
