/**
 * The device engine: how a device touches memory. By itself, inside an access (tlb.ts) and through its own TLB; or, for
 * a driver that lets the device work only under its lock (as the in-tree test driver's ioctls do), with that lock held.
 */

import { forgetRound, frameAdd, frameLoad, frameStore, get, observed } from '../../arena/access.ts';
import { Counter } from '../../arena/counters.ts';
import { frameAt } from '../../arena/frames.ts';
import { Mirror } from '../../arena/structures.ts';
import type { Errno, Pfn, Vpn } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import { isDeviceCoherentPage, isDevicePrivatePage, pgmapOwner } from '../../mm/page/devPagemap.ts';
import { beginAccess, DEVICE, endAccess, tlbFill, tlbLookup, tlbRevive, tlbTake } from '../../mm/table/tlb.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../sync/spinlock.ts';
import { count, type Task } from '../../sync/task.ts';
import { DEV_ATOMIC, DEV_VALID, DEV_WRITE, deviceEntry, deviceEntryPfn } from './deviceTable.ts';
import { checkDma } from './dmaMap.ts';
import type { BoundDevice } from './driver.ts';

export type DeviceAccess = 'read' | 'write' | 'atomic';

/** Device faults in a row on one access after which something is wrong. */
const FAULT_LIMIT = 100_000;

const required = { read: DEV_VALID, write: DEV_VALID | DEV_WRITE, atomic: DEV_VALID | DEV_ATOMIC } as const;

const underLock = (task: Task, { driver, mirror }: BoundDevice): boolean => driver.accessUnderLock?.(task.arena, mirror) ?? false;

function translate(task: Task, { driver, mirror }: BoundDevice, vpn: Vpn, bits: number): number {
  const { arena } = task;
  const cached = tlbLookup(task, DEVICE, mirror, vpn);
  if ((cached & bits) === bits) return cached;
  tlbRevive(task, DEVICE);
  const entry = driver.walk?.(task, mirror, vpn, (bits & DEV_WRITE) !== 0) ?? deviceEntry(arena, mirror, vpn);
  if ((entry & bits) !== bits) return 0;
  tlbFill(task, tlbTake(task, DEVICE, mirror, vpn), entry);
  return entry;
}

function checkLive(task: Task, vpn: Vpn, pfn: Pfn): void {
  if (get(task.arena, task.arena.page.refcount + pfn) <= 0) {
    throw new Violation(
      'I-FREE',
      `the device of actor ${task.id} reaches page ${pfn} through address page ${vpn} after it was freed`,
    );
  }
}

/** A device-private page can be reached by the device that has it, and by nobody else. */
function checkOwnMemory(task: Task, mirror: Mirror, vpn: Vpn, pfn: Pfn): void {
  const { arena } = task;
  if (!isDevicePrivatePage(arena, pfn) || pgmapOwner(arena, pfn) === get(arena, mirror + Mirror.device)) return;
  const what = `device ${get(arena, mirror + Mirror.device)} (actor ${task.id}) reaches page ${pfn} through address page ${vpn}`;
  throw new Violation('I-ISO', `${what}, which is memory of device ${pgmapOwner(arena, pfn)}`);
}

/** One try: the frame's first word with the access begun, or -1 for a miss. */
export function* deviceTry(task: Task, device: BoundDevice, vpn: Vpn, bits: number): Steps<number> {
  const { arena } = task;
  const { mirror } = device;
  const locked = underLock(task, device);
  yield Point.deviceAccess;
  if (locked) yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock);
  else beginAccess(task, DEVICE);
  const entry = locked ? deviceEntry(arena, mirror, vpn) : translate(task, device, vpn, bits);
  if ((entry & bits) === bits) {
    checkLive(task, vpn, deviceEntryPfn(entry));
    checkOwnMemory(task, mirror, vpn, deviceEntryPfn(entry));
    checkDma(arena, mirror, vpn, deviceEntryPfn(entry));
    yield Point.deviceTranslated;
    return frameAt(arena, deviceEntryPfn(entry));
  }
  if (locked) yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);
  else endAccess(task, DEVICE);
  return -1;
}

/**
 * Begins an access of the device to page `vpn`, faulting as needed up to `end`. The caller touches the frame and calls
 * {@link deviceEnd}, waiting for nothing in between.
 *
 * @returns the index of the frame's first word in `arena.frames`, or a negative errno with nothing begun.
 */
export function* deviceBegin(task: Task, device: BoundDevice, vpn: Vpn, end: Vpn, access: DeviceAccess): Steps<number> {
  const { driver, mirror } = device;
  const mark = observed();
  for (let faults = 0; faults < FAULT_LIMIT; faults++) {
    const at = yield* deviceTry(task, device, vpn, required[access]);
    if (at >= 0) return at;
    count(task, Counter.deviceFaults);
    const error =
      access === 'atomic'
        ? yield* driver.makeExclusive(task, mirror, vpn)
        : yield* driver.fault(task, mirror, vpn, end, access === 'write');
    if (error < 0) return error;
    task.watch?.refaulted?.(task, 'the device access', vpn, faults + 1);
    forgetRound(mark, faults);
  }
  throw new Violation('I-PROG', `the device of actor ${task.id} faulted ${FAULT_LIMIT} times in a row on address page ${vpn}`);
}

/** Ends the access begun by {@link deviceBegin}. */
export function* deviceEnd(task: Task, device: BoundDevice): Steps<void> {
  const { mirror } = device;
  if (underLock(task, device)) yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);
  else endAccess(task, DEVICE);
}

/** Reads one word: the value, or null when the access failed; the error is then lost. */
export function* deviceLoad(task: Task, device: BoundDevice, vpn: Vpn, word: number): Steps<number | null> {
  const at = yield* deviceBegin(task, device, vpn, vpn + 1, 'read');
  if (at < 0) return null;
  const value = frameLoad(task.arena, at + word);
  yield* deviceEnd(task, device);
  return value;
}

/** Writes one word: 0 or a negative errno. */
export function* deviceStore(task: Task, device: BoundDevice, vpn: Vpn, word: number, value: number): Steps<Errno> {
  const at = yield* deviceBegin(task, device, vpn, vpn + 1, 'write');
  if (at < 0) return at;
  frameStore(task.arena, at + word, value);
  yield* deviceEnd(task, device);
  return 0;
}

/**
 * An atomic increment by the device. In coherent memory the link keeps it whole: it is one access. Elsewhere the device reads, and writes
 * back a moment later, which is atomic only because no CPU can reach the page in between. The new value, or a negative errno.
 */
export function* deviceIncrement(task: Task, device: BoundDevice, vpn: Vpn, word: number): Steps<number> {
  const at = yield* deviceBegin(task, device, vpn, vpn + 1, 'atomic');
  if (at < 0) return at;
  const { arena } = task;
  let value: number;
  if (isDeviceCoherentPage(arena, Math.floor(at / arena.frameWords))) value = frameAdd(arena, at + word, 1) + 1;
  else {
    value = frameLoad(arena, at + word) + 1;
    yield Point.deviceAtomic;
    frameStore(arena, at + word, value);
  }
  yield* deviceEnd(task, device);
  // As an unsigned word: one that has wrapped around is no error.
  return value >>> 0;
}
