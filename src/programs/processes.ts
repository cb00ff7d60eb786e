/**
 * The processes of a program. An operation of a process counts as one of its threads: it begins only while the process is there, and
 * the last one takes the address space and the open files down, be that the exit itself or an operation that was still under way.
 */
import { add, cas, get, load, set, store, xchg } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { ENOMEM } from '../arena/errno.ts';
import { deref, liveObjects, poolAlloc, poolFree } from '../arena/pool.ts';
import { type Mm, MOST_FILES, Process } from '../arena/structures.ts';
import type { Errno, Pfn, Word } from '../arena/units.ts';
import { unpinUserPage } from '../mm/fault/gup.ts';
import { userfaultfdFree, userfaultfdOf } from '../mm/fault/userfaultfd.ts';
import { GUP_PIN_COUNTING_BIAS } from '../mm/page/page.ts';
import { mmput } from '../mm/syscalls/exit.ts';
import { forkMm } from '../mm/syscalls/fork.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import type { Machine } from './machine.ts';
import { forgetMissing } from './missing.ts';
import { closeSlot, heldPages, hold, pipesOf, shareSlot, takeHeld } from './openFiles.ts';

/** Numbers of processes begin with 0, which stands for a process that is not there yet. */
const ONE_MORE = 1;

/** A process with an address space. @throws RangeError when the machine has room for no more. */
export function processAlloc(arena: Arena, number: number, mm: Mm): Process {
  const process = poolAlloc(arena, arena.pools.process);
  if (process === 0) throw new RangeError(`process ${number}: the machine has room for ${arena.config.processes}`);
  set(arena, process + Process.mm, mm);
  set(arena, process + Process.users, 1);
  store(arena, process + Process.number, number + ONE_MORE);
  return process;
}

/** The process of that number, 0 for none. It may be about to exit. */
export const processNamed = (arena: Arena, number: number): Process =>
  liveObjects(arena, arena.pools.process).find((process) => load(arena, process + Process.number) === number + ONE_MORE) ?? 0;

/** An operation of the process begins: it is there until {@link leaveProcess}. 0 if there is none, or none any more. */
export function enterProcess({ arena, isFixed }: Machine, number: number): Process {
  for (;;) {
    const process = processNamed(arena, number);
    if (isFixed) return process;
    if (process === 0 || load(arena, process + Process.exiting) !== 0) return 0;
    const users = load(arena, process + Process.users);
    if (users > 0 && cas(arena, process + Process.users, users, users + 1) === users) return process;
  }
}

/** The operation is over. The last one of a process that exits takes it down: the address space goes first, the files after it. */
export function* leaveProcess(task: Task, machine: Machine, process: Process): Steps<void> {
  const { arena } = task;
  if (!machine.isFixed && add(arena, process + Process.users, -1) === 1) yield* takeDown(task, machine, process);
}

/** Takes a process down that nobody uses any more. */
export function* takeDown(task: Task, machine: Machine, process: Process): Steps<void> {
  const { arena } = task;
  const mm = mmOf(arena, process);
  yield* forgetMissing(task, machine, mm);
  const userfaultfd = userfaultfdOf(arena, mm);
  yield* mmput(task, mm);
  if (userfaultfd !== 0) userfaultfdFree(arena, userfaultfd);
  for (const slots of [Process.devices, Process.files, Process.pipes])
    for (let slot = 0; slot < MOST_FILES; slot++) yield* closeSlot(task, machine, process + slots + slot);
  yield* closeSlot(task, machine, process + Process.log);
  yield* unpinAll(task, process);
  poolFree(arena, arena.pools.process, process);
}

/** exit_group: no operation of it begins any more. */
export function exitGroup(arena: Arena, process: Process): void {
  if (xchg(arena, process + Process.exiting, 1) === 0) add(arena, process + Process.users, -1);
}

/** fork: the child has the same files open. 0 or a negative errno. */
export function* forkProcess(task: Task, machine: Machine, process: Process, number: number): Steps<Errno> {
  const { arena } = task;
  const child = poolAlloc(arena, arena.pools.process);
  if (child === 0) return -ENOMEM;
  set(arena, child + Process.users, 1);
  for (const slots of [Process.devices, Process.files, Process.pipes])
    for (let slot = 0; slot < MOST_FILES; slot++) shareSlot(arena, process + slots + slot, child + slots + slot);
  shareSlot(arena, process + Process.log, child + Process.log);
  const mm = yield* forkMm(task, get(arena, process + Process.mm));
  if (mm > 0) {
    set(arena, child + Process.mm, mm);
    store(arena, child + Process.number, number + ONE_MORE);
    return 0;
  }
  for (const slots of [Process.devices, Process.files, Process.pipes])
    for (let slot = 0; slot < MOST_FILES; slot++) yield* closeSlot(task, machine, child + slots + slot);
  yield* closeSlot(task, machine, child + Process.log);
  poolFree(arena, arena.pools.process, child);
  return mm;
}

export const mmOf = (arena: Arena, process: Process): Mm => get(arena, process + Process.mm);

/** The words of a process in which its open files are, by the number of the slot. */
export const deviceSlot = (process: Process, slot: number): Word => process + Process.devices + slot;
export const fileSlot = (process: Process, slot: number): Word => process + Process.files + slot;
export const pipeSlot = (process: Process, slot: number): Word => process + Process.pipes + slot;

/** Keeps a page pinned until the process lets go of all, or ends. False when there are too many. */
export function keepPinned(arena: Arena, process: Process, pfn: Pfn): boolean {
  for (;;) {
    const first = load(arena, process + Process.pinned);
    const held = hold(arena, first, pfn);
    if (held === 0) return false;
    if (cas(arena, process + Process.pinned, first, held) === first) return true;
    poolFree(arena, arena.pools.heldPage, deref(arena, arena.pools.heldPage, held));
  }
}

/** Lets go of all pages that the process has pinned for long. */
export function* unpinAll(task: Task, process: Process): Steps<void> {
  for (const pfn of takeHeld(task.arena, xchg(task.arena, process + Process.pinned, 0))) yield* unpinUserPage(task, pfn);
}

/** References that open pipes and pins hold, by page frame: what the count oracle must know. */
export function pinnedPages(arena: Arena): Map<number, number> {
  const pinned = new Map<number, number>();
  const count = (pfn: Pfn, references: number): unknown => pinned.set(pfn, (pinned.get(pfn) ?? 0) + references);
  for (const first of pipesOf(arena)) for (const pfn of heldPages(arena, first)) count(pfn, 1);
  for (const process of liveObjects(arena, arena.pools.process))
    for (const pfn of heldPages(arena, load(arena, process + Process.pinned))) count(pfn, GUP_PIN_COUNTING_BIAS);
  return pinned;
}
