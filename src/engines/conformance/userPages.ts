/** System calls that take pages of a process: process_vm_readv and writev, vmsplice, and the kernel's gup_test. */
import { frameLoad, frameStore } from '../../arena/access.ts';
import { EBADF } from '../../arena/errno.ts';
import { frameAt } from '../../arena/frames.ts';
import type { Pfn } from '../../arena/units.ts';
import { getLongtermPage } from '../../migrate/longterm.ts';
import { FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE, getUserPage, unpinUserPage } from '../../mm/fault/gup.ts';
import { putPage } from '../../mm/page/zone.ts';
import { mmapReadLock, mmapReadUnlock } from '../../mm/vma/mmapLock.ts';
import { run } from '../../steps/steps.ts';
import { closePipe, type Machine, type Process, unpinAll } from './machine.ts';
import { addressAt, numberAt, type Operation, textAt, vpnOf } from './operation.ts';
import type { Answer } from './recording.ts';

/** The page frame with a reference or a pin, or a negative errno. */
function take({ task }: Machine, { mm }: Process, vpn: number, foll: number): number {
  run(mmapReadLock(task, mm));
  const pfn = run((foll & FOLL_LONGTERM) === 0 ? getUserPage(task, mm, vpn, foll) : getLongtermPage(task, mm, vpn, foll));
  run(mmapReadUnlock(task, mm));
  return pfn;
}

/** Takes the pages one after another until one cannot be had; hands each to `use`. */
function takeEach(
  machine: Machine,
  process: Process,
  start: number,
  pages: number,
  foll: number,
  use: (pfn: number, i: number) => void,
): { readonly done: number; readonly error: number } {
  for (let i = 0; i < pages; i++) {
    const pfn = take(machine, process, start + i, foll);
    if (pfn < 0) return { done: i, error: -pfn };
    use(pfn, i);
  }
  return { done: pages, error: 0 };
}

export function processVmRead(machine: Machine, process: Process, op: Operation): Answer {
  const { arena, task } = machine;
  const v: number[] = [];
  const { done, error } = takeEach(machine, process, vpnOf(addressAt(op, 0)), numberAt(op, 1), FOLL_PIN, (pfn) => {
    v.push(frameLoad(arena, frameAt(arena, pfn)) >>> 0);
    run(unpinUserPage(task, pfn));
  });
  return { e: done === 0 ? error : 0, n: done, v };
}

export function processVmWrite(machine: Machine, process: Process, op: Operation): Answer {
  const { arena, task } = machine;
  const foll = FOLL_PIN | FOLL_WRITE;
  const { done, error } = takeEach(machine, process, vpnOf(addressAt(op, 0)), numberAt(op, 1), foll, (pfn, i) => {
    frameStore(arena, frameAt(arena, pfn), numberAt(op, 2) + i);
    run(unpinUserPage(task, pfn));
  });
  return { e: done === 0 ? error : 0, n: done, v: [] };
}

/** Pages a pipe holds. */
const PIPE_PAGES = 16;

/** vmsplice: the pipe holds a plain reference to each page until it is closed. */
export function splice(machine: Machine, process: Process, op: Operation): Answer {
  const slot = numberAt(op, 0);
  const old = process.pipes.get(slot);
  if (old !== undefined) closePipe(machine, old);
  const start = vpnOf(addressAt(op, 1));
  const wanted = numberAt(op, 2);
  const pages: number[] = [];
  // Pages are collected by the pipeful; what does not fit any more is let go again.
  for (let failed = 0; pages.length < wanted && failed === 0; ) {
    const batch: number[] = [];
    const left = Math.min(PIPE_PAGES, wanted - pages.length);
    failed = takeEach(machine, process, start + pages.length, left, 0, (pfn) => batch.push(pfn)).error;
    const fitting = batch.splice(0, PIPE_PAGES - pages.length);
    pages.push(...fitting);
    for (const pfn of batch) run(putPage(machine.task, pfn));
    if (pages.length === 0) {
      process.pipes.set(slot, { pages, users: 1 });
      return { e: failed, n: 0 };
    }
    if (fitting.length === 0) break;
  }
  process.pipes.set(slot, { pages, users: 1 });
  return { e: 0, n: pages.length };
}

export function unsplice(machine: Machine, process: Process, op: Operation): Answer {
  const pipe = process.pipes.get(numberAt(op, 0));
  if (pipe === undefined) return { e: EBADF };
  process.pipes.delete(numberAt(op, 0));
  closePipe(machine, pipe);
  return { e: 0 };
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
export function gupTest(machine: Machine, process: Process, op: Operation): Answer {
  const foll = (modes[textAt(op, 0)] ?? 0) | (textAt(op, 3) === 'w' ? FOLL_WRITE : 0);
  const { done } = takeEach(machine, process, vpnOf(addressAt(op, 1)), numberAt(op, 2), foll, (pfn) => {
    if ((foll & FOLL_PIN) !== 0) run(unpinUserPage(machine.task, pfn));
    else run(putPage(machine.task, pfn));
  });
  return { e: 0, n: done };
}

/** A pin that lasts: all pages, or none. */
export function longtermPin(machine: Machine, process: Process, op: Operation): Answer {
  const foll = FOLL_PIN | FOLL_LONGTERM | (textAt(op, 2) === 'w' ? FOLL_WRITE : 0);
  const pages: Pfn[] = [];
  const { error } = takeEach(machine, process, vpnOf(addressAt(op, 0)), numberAt(op, 1), foll, (pfn) => pages.push(pfn));
  if (error === 0) process.pinned.push(...pages);
  else for (const pfn of pages) run(unpinUserPage(machine.task, pfn));
  return { e: error };
}

export function longtermUnpin(machine: Machine, process: Process): Answer {
  unpinAll(machine, process);
  return { e: 0 };
}
