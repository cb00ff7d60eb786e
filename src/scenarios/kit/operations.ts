/** What actors of a scenario do, in one word each. An access that must succeed and does not breaks I-OUT. */

import { frameLoad, frameStore, get, increase, load, store } from '../../arena/access.ts';
import { errnoName } from '../../arena/errno.ts';
import { frameAt } from '../../arena/frames.ts';
import { Header, Mirror, Mm } from '../../arena/structures.ts';
import type { PageNumber } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import { deviceBegin, deviceEnd, deviceIncrement, deviceLoad, deviceStore } from '../../drivers/base/deviceAccess.ts';
import type { BoundDevice, Driver } from '../../drivers/base/driver.ts';
import { mirrorFree } from '../../drivers/base/mirror.ts';
import { cpuBegin, cpuEnd, cpuLoad, cpuStore, faultName, isFault } from '../../mm/fault/cpuAccess.ts';
import { FOLL_PIN, FOLL_WRITE, getUserPage, unpinUserPage } from '../../mm/fault/gup.ts';
import { reclaimPage } from '../../mm/swap/reclaim.ts';
import { mmput } from '../../mm/syscalls/exit.ts';
import { forkMm } from '../../mm/syscalls/fork.ts';
import { madvise, madviseDontneed } from '../../mm/syscalls/madvise.ts';
import { munmap } from '../../mm/syscalls/mmap.ts';
import { mprotect } from '../../mm/syscalls/mprotect.ts';
import { mapsPage, ptePfn, ptePresent } from '../../mm/table/pte.ts';
import { readPte } from '../../mm/table/tables.ts';
import { mmapReadLock, mmapReadUnlock } from '../../mm/vma/mmapLock.ts';
import { VM_READ, VM_WRITE } from '../../mm/vma/vma.ts';
import type { Finding } from '../../oracles/finding.ts';
import { Point } from '../../steps/points.ts';
import { run, type Steps } from '../../steps/steps.ts';
import { Task } from '../../sync/task.ts';
import { parkAlone } from '../../sync/wait.ts';
import { runPendingWork } from '../../sync/workqueue.ts';
import { FIRST, fillPage, readPage, type SmallMachine } from './smallMachine.ts';

export type Operation<T = unknown> = (task: Task) => Steps<T>;

/** Mirror of device `i`. */
export const device = (m: SmallMachine, i = 0): Mirror => m.mirrors[i] as Mirror;

const driverOf = (m: SmallMachine, i: number): Driver => m.drivers[i] as Driver;

export const deviceOf = (m: SmallMachine, i = 0): BoundDevice => ({ driver: driverOf(m, i), mirror: device(m, i) });

/** @throws Violation I-OUT that names the error, when `result` is a negative errno. */
export function mustSucceed(what: string, result: number): void {
  if (result < 0) throw new Violation('I-OUT', `${what} is legal, and was refused: ${errnoName(result)}`);
}

/** A read by device `i` that may fail. */
export const deviceReads =
  (m: SmallMachine, page: PageNumber, i = 0): Operation =>
  (task) =>
    deviceLoad(task, deviceOf(m, i), FIRST + page, 0);

/** A read of memory that stays mapped and readable. */
export const deviceMustRead = (m: SmallMachine, page: PageNumber, i = 0): Operation<number> =>
  function* (task) {
    const at = yield* deviceBegin(task, deviceOf(m, i), FIRST + page, FIRST + page + 1, 'read');
    mustSucceed(`a read of page ${page} by device ${i + 1}`, at);
    const value = frameLoad(task.arena, at);
    yield* deviceEnd(task, deviceOf(m, i));
    return value;
  };

/** A write by device `i` that may fail. */
export const deviceWrites =
  (m: SmallMachine, page: PageNumber, value: number, i = 0): Operation =>
  (task) =>
    deviceStore(task, deviceOf(m, i), FIRST + page, 0, value);

/** A write to memory that stays mapped and writable. */
export const deviceMustWrite = (m: SmallMachine, page: PageNumber, value: number, i = 0): Operation =>
  function* (task) {
    const result = yield* deviceStore(task, deviceOf(m, i), FIRST + page, 0, value);
    mustSucceed(`a write to page ${page} by device ${i + 1}`, result);
  };

/** Word of a scenario: how many atomic increments the devices have done. */
const INCREMENTS = Header.shared + 15;

/** An atomic increment by device `i`, which may be refused: {@link incremented} counts those that were done. */
export const deviceIncrements = (m: SmallMachine, page: PageNumber, i = 0): Operation<number> =>
  function* (task) {
    const result = yield* deviceIncrement(task, deviceOf(m, i), FIRST + page, 0);
    if (result >= 0) increase(task.arena, INCREMENTS, 1);
    return result;
  };

/** The same where nothing stands in its way. */
export const deviceMustIncrement = (m: SmallMachine, page: PageNumber, i = 0): Operation =>
  function* (task) {
    const result = yield* deviceIncrements(m, page, i)(task);
    mustSucceed(`an atomic increment of page ${page} by device ${i + 1}`, result);
  };

/** Forgets the increments so far: page 0 holds zero, or what was done to it does not count. */
export const forgetIncrements = ({ arena }: SmallMachine): void => store(arena, INCREMENTS, 0);

/** A fault of `pages` pages from `page` on, as one request. */
export const deviceFaults =
  (m: SmallMachine, page: PageNumber, pages: number, write: boolean, i = 0): Operation =>
  (task) =>
    driverOf(m, i).fault(task, device(m, i), FIRST + page, FIRST + page + pages, write);

export const toDevice =
  (m: SmallMachine, page: PageNumber, pages = 1, i = 0): Operation =>
  (task) =>
    driverOf(m, i).migrateToDevice(task, device(m, i), FIRST + page, FIRST + page + pages);

export const toSystem =
  (m: SmallMachine, page: PageNumber, pages = 1, i = 0): Operation =>
  (task) =>
    driverOf(m, i).migrateToSystem(task, device(m, i), FIRST + page, FIRST + page + pages);

export const evicts =
  (m: SmallMachine, i = 0): Operation =>
  (task) =>
    driverOf(m, i).evict(task, device(m, i));

/** A load by the CPU of memory that stays mapped. */
export const cpuReads = (m: SmallMachine, page: PageNumber): Operation<number> =>
  function* (task) {
    const at = yield* cpuBegin(task, m.mm, FIRST + page, false);
    if (isFault(at)) throw new Violation('I-OUT', `a load from page ${page} is legal, and ended with ${faultName(-at)}`);
    const value = frameLoad(task.arena, at);
    cpuEnd(task);
    return value;
  };

/** A store by the CPU to memory that stays writable. */
export const cpuWrites = (m: SmallMachine, page: PageNumber, value: number): Operation =>
  function* (task) {
    const result = yield* cpuStore(task, m.mm, FIRST + page, 0, value);
    if (result !== 0) throw new Violation('I-OUT', `a store to page ${page} is legal, and ended with ${faultName(-result)}`);
  };

export const discards =
  (m: SmallMachine, page: PageNumber, pages = 1): Operation =>
  (task) =>
    madviseDontneed(task, m.mm, FIRST + page, pages);

export const unmaps =
  (m: SmallMachine, page: PageNumber, pages = 1): Operation =>
  (task) =>
    munmap(task, m.mm, FIRST + page, pages);

export const makesReadOnly =
  (m: SmallMachine, page: PageNumber, pages = 1): Operation =>
  (task) =>
    mprotect(task, m.mm, FIRST + page, pages, VM_READ);

/** mprotect to what it was at first: it may be read and written. */
export const allowsWrites =
  (m: SmallMachine, page: PageNumber, mm = m.mm): Operation =>
  (task) =>
    mprotect(task, mm, FIRST + page, 1, VM_READ | VM_WRITE);

/** mprotect to nothing: the process may not even read. */
export const makesUnreadable =
  (m: SmallMachine, page: PageNumber, pages = 1): Operation =>
  (task) =>
    mprotect(task, m.mm, FIRST + page, pages, 0);

/** Word of a scenario: the last number whose write, or whatever else was done, is known to be completed. */
const KNOWN = Header.shared + 14;

/** Does it, and then everybody can know that it is completed. Numbers grow. */
export const andTells = (operation: Operation, value: number): Operation =>
  function* (task) {
    yield* operation(task);
    yield Point.call;
    store(task.arena, KNOWN, value);
  };

/** Has it been told that `value` was done? */
export const isKnown = ({ arena }: Task, value: number): boolean => load(arena, KNOWN) >= value;

/** A read that begins when a write is known to be completed finds what was written, or what came later. */
const isNoOlder = (who: string, read: Operation<number>): Operation =>
  function* (task) {
    const known = load(task.arena, KNOWN);
    const value = yield* read(task);
    if (value < known)
      throw new Violation('I-DATA', `${who} reads ${value}, though ${known} was known to be written before it began`);
  };

/** A load of page 0 by a CPU that is no older than what is known to be written. */
export const cpuReadsKnown = (m: SmallMachine, page = 0): Operation => isNoOlder('a CPU', cpuReads(m, page));

/** The same by device `i`. */
export const deviceReadsKnown = (m: SmallMachine, i = 0, page = 0): Operation =>
  isNoOlder(`device ${i + 1}`, deviceMustRead(m, page, i));

/** The driver closes a mirror; afterwards its owner frees it. */
export const closes = (m: SmallMachine, mirror: () => number): Operation =>
  function* (task) {
    yield* m.driver.close(task, mirror());
    yield Point.call;
    mirrorFree(task.arena, mirror());
  };

/** DMA: pins page 0, writes to its frame a moment later, and lets go. */
export const writesThroughPin = (m: SmallMachine, value: number): Operation =>
  function* (task) {
    yield* mmapReadLock(task, m.mm);
    const pfn = yield* getUserPage(task, m.mm, FIRST, FOLL_PIN | FOLL_WRITE);
    yield* mmapReadUnlock(task, m.mm);
    if (pfn <= 0) return;
    yield Point.deviceAccess;
    frameStore(task.arena, frameAt(task.arena, pfn), value);
    yield* unpinUserPage(task, pfn);
  };

/** madvise(MADV_PAGEOUT). */
export const pagesOut =
  (m: SmallMachine, page: PageNumber, pages = 1): Operation =>
  (task) =>
    madvise(task, m.mm, FIRST + page, pages, 'pageout');

/** Reclaim comes across what is mapped at a page when it begins. */
export const reclaims = (m: SmallMachine, page: PageNumber): Operation =>
  function* (task) {
    const pte = readPte(task.arena, get(task.arena, m.mm + Mm.pgd), FIRST + page);
    yield Point.getPage;
    if (ptePresent(pte) && mapsPage(pte)) yield* reclaimPage(task, ptePfn(pte));
  };

/** fork, and the child exits at once. */
export const forks = (m: SmallMachine): Operation =>
  function* (task) {
    const child = yield* forkMm(task, m.mm);
    if (child > 0) yield* mmput(task, child);
  };

/** A worker: does what the driver has left to it, if there is anything. */
export const works =
  (m: SmallMachine, i = 0): Operation =>
  (task) =>
    runPendingWork(task, device(m, i) + Mirror.work, driverOf(m, i).work ?? [], device(m, i));

/** During the set-up page 0 is written with 1, */
export const fillNow = (m: SmallMachine): void => fillPage(m, 0, 1);

/** goes to swap, */
export function swapOutNow(m: SmallMachine): void {
  fillNow(m);
  run(pagesOut(m, 0)(m.task));
}

/** and is read again: it is mapped writable and clean, with its copy in the slot. */
export function swapInNow(m: SmallMachine): void {
  swapOutNow(m);
  run(cpuLoad(m.task, m.mm, FIRST, 0));
}

/** What a child finds stays as it is, whatever the parent does. */
export const forksAndLooks = (m: SmallMachine): Operation =>
  function* (task) {
    const child = yield* forkMm(task, m.mm);
    if (child < 0) return;
    const first = yield* cpuLoad(task, child, FIRST, 0);
    const second = yield* cpuLoad(task, child, FIRST, 0);
    if (first !== second) throw new Violation('I-ISO', `a child reads ${first}, then ${second}: its parent writes its memory`);
    yield* mmput(task, child);
  };

/** A child that lives on, made during the set-up. */
export function forkNow(m: SmallMachine): number {
  return run(forkMm(m.task, m.mm));
}

/** Moves a page to the device during the set-up. */
export function moveNow(m: SmallMachine, page: PageNumber, i = 0): void {
  run(driverOf(m, i).migrateToDevice(m.task, device(m, i), FIRST + page, FIRST + page + 1));
}

/** Lets the device map a page during the set-up. */
export function mapNow(m: SmallMachine, page: PageNumber, write: boolean, i = 0): void {
  run(driverOf(m, i).fault(m.task, device(m, i), FIRST + page, FIRST + page + 1, write));
}

/** Lets an actor do something during the set-up, so that its TLB knows of it. Actors are numbered in their order. */
export function actNow(m: SmallMachine, actor: number, operation: Operation): void {
  run(operation(new Task(m.arena, actor, { park: parkAlone, clock: () => 0 })));
}

/** A check: page 0 holds one of `bases`, and one more for each increment that was done. */
export const incremented =
  (...bases: readonly number[]) =>
  (m: SmallMachine): Finding[] => {
    const done = load(m.arena, INCREMENTS);
    return valueIn(...bases.map((base) => base + done))(m);
  };

/** A check: page 0 holds one of `allowed` at the end; 0 where nothing, or the zero page, is mapped. */
export const valueIn =
  (...allowed: readonly number[]) =>
  (m: SmallMachine): Finding[] => {
    const value = readPage(m, 0);
    if (allowed.includes(value)) return [];
    return [{ rule: 'I-DATA', message: `page 0 holds ${value} at the end, allowed: ${allowed.join(', ')}` }];
  };
