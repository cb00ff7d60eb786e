/** System calls that take pages of a process: process_vm_readv and writev, vmsplice, and the kernel's gup_test. */
import { frameLoad, frameStore } from '../arena/access.ts';
import { EBADF, ENOMEM } from '../arena/errno.ts';
import { frameAt } from '../arena/frames.ts';
import type { Mm, Process } from '../arena/structures.ts';
import type { Pfn, Vpn } from '../arena/units.ts';
import { getLongtermPage } from '../migrate/longterm.ts';
import { FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE, getUserPage, unpinUserPage } from '../mm/fault/gup.ts';
import { putPage } from '../mm/page/zone.ts';
import { mmapReadLock, mmapReadUnlock } from '../mm/vma/mmapLock.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import type { Answer } from './answer.ts';
import type { Machine } from './machine.ts';
import { closeHandle, closeSlot, FileKind, hold, install, openFileAlloc } from './openFiles.ts';
import { addressAt, numberAt, type Operation, textAt, vpnOf } from './operation.ts';
import { keepPinned, mmOf, pipeSlot, unpinAll } from './processes.ts';

/** The page frame with a reference or a pin, or a negative errno. */
function* take(task: Task, mm: Mm, vpn: Vpn, foll: number): Steps<number> {
  yield* mmapReadLock(task, mm);
  const pfn =
    (foll & FOLL_LONGTERM) === 0 ? yield* getUserPage(task, mm, vpn, foll) : yield* getLongtermPage(task, mm, vpn, foll);
  yield* mmapReadUnlock(task, mm);
  return pfn;
}

/** Pages that were taken, one after another, up to one that could not be had. */
interface Taken {
  readonly pages: Pfn[];
  /** Of the one that could not be had, 0 if all could. */
  readonly error: number;
}

function* takeEach(task: Task, mm: Mm, start: Vpn, pages: number, foll: number): Steps<Taken> {
  const taken: Pfn[] = [];
  for (let i = 0; i < pages; i++) {
    const pfn = yield* take(task, mm, start + i, foll);
    if (pfn < 0) return { pages: taken, error: -pfn };
    taken.push(pfn);
  }
  return { pages: taken, error: 0 };
}

export function* processVmRead(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const { arena } = task;
  const [mm, start, pages] = [mmOf(arena, process), vpnOf(machine, addressAt(op, 0)), numberAt(op, 1)];
  const v: number[] = [];
  for (let i = 0; i < pages; i++) {
    const pfn = yield* take(task, mm, start + i, FOLL_PIN);
    if (pfn < 0) return { e: i === 0 ? -pfn : 0, n: i, v };
    yield Point.deviceAccess;
    v.push(frameLoad(arena, frameAt(arena, pfn)) >>> 0);
    yield* unpinUserPage(task, pfn);
  }
  return { e: 0, n: pages, v };
}

export function* processVmWrite(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const { arena } = task;
  const [mm, start, pages] = [mmOf(arena, process), vpnOf(machine, addressAt(op, 0)), numberAt(op, 1)];
  for (let i = 0; i < pages; i++) {
    const pfn = yield* take(task, mm, start + i, FOLL_PIN | FOLL_WRITE);
    if (pfn < 0) return { e: i === 0 ? -pfn : 0, n: i, v: [] };
    yield Point.deviceAccess;
    frameStore(arena, frameAt(arena, pfn), numberAt(op, 2) + i);
    yield* unpinUserPage(task, pfn);
  }
  return { e: 0, n: pages, v: [] };
}

/** Pages a pipe holds. */
const PIPE_PAGES = 16;

/** vmsplice: the pipe holds a plain reference to each page until it is closed. */
export function* splice(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const { arena } = task;
  const [slot, mm] = [pipeSlot(process, numberAt(op, 0)), mmOf(arena, process)];
  yield* closeSlot(task, machine, slot);
  const [start, wanted] = [vpnOf(machine, addressAt(op, 1)), numberAt(op, 2)];
  const { pages, error } = yield* takeEach(task, mm, start, Math.min(PIPE_PAGES, wanted), 0);
  // Pages are collected by the pipeful: more are taken, do not fit, and are let go again.
  if (pages.length === PIPE_PAGES && wanted > PIPE_PAGES) {
    const more = yield* takeEach(task, mm, start + PIPE_PAGES, Math.min(PIPE_PAGES, wanted - PIPE_PAGES), 0);
    for (const pfn of more.pages) yield* putPage(task, pfn);
  }
  let first = 0;
  for (const pfn of pages) first = hold(arena, first, pfn);
  yield* closeHandle(task, machine, install(arena, slot, openFileAlloc(arena, FileKind.pipe, first)));
  return { e: pages.length === 0 ? error : 0, n: pages.length };
}

export function* unsplice(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  return (yield* closeSlot(task, machine, pipeSlot(process, numberAt(op, 0)))) ? { e: 0 } : { e: EBADF };
}

/** What each mode of gup_test asks for. The fast variants differ in the locks they take, not in what they get. */
const modes: Readonly<Record<string, number>> = {
  get: 0,
  getfast: 0,
  pin: FOLL_PIN,
  pinfast: FOLL_PIN,
  longterm: FOLL_PIN | FOLL_LONGTERM,
  longfast: FOLL_PIN | FOLL_LONGTERM,
};

/** gup_test: one page a call, let go of at once. */
export function* gupTest(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const [mm, start, pages] = [mmOf(task.arena, process), vpnOf(machine, addressAt(op, 1)), numberAt(op, 2)];
  const foll = (modes[textAt(op, 0)] ?? 0) | (textAt(op, 3) === 'w' ? FOLL_WRITE : 0);
  for (let i = 0; i < pages; i++) {
    const pfn = yield* take(task, mm, start + i, foll);
    if (pfn < 0) return { e: 0, n: i };
    if ((foll & FOLL_PIN) !== 0) yield* unpinUserPage(task, pfn);
    else yield* putPage(task, pfn);
  }
  return { e: 0, n: pages };
}

/** A pin that lasts: all pages, or none. */
export function* longtermPin(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const { arena } = task;
  const foll = FOLL_PIN | FOLL_LONGTERM | (textAt(op, 2) === 'w' ? FOLL_WRITE : 0);
  const start = vpnOf(machine, addressAt(op, 0));
  const { pages, error } = yield* takeEach(task, mmOf(arena, process), start, numberAt(op, 1), foll);
  let failed = error;
  for (const pfn of pages) {
    if (failed === 0 && !keepPinned(arena, process, pfn)) failed = ENOMEM;
    if (failed !== 0) yield* unpinUserPage(task, pfn);
  }
  return { e: failed };
}

export function* longtermUnpin(task: Task, _machine: Machine, process: Process): Steps<Answer> {
  yield* unpinAll(task, process);
  return { e: 0 };
}
