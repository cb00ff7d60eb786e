/** Open files: one is in the slots of the processes that have it open, and in use by commands under way. Whoever is the last releases it. */
import { add, cas, get, load, set, xchg } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { deref, handleOf, liveAddress, liveObjects, poolAlloc, poolFree } from '../arena/pool.ts';
import { Device, HeldPage, OpenFile } from '../arena/structures.ts';
import type { Handle, Pfn, Word } from '../arena/units.ts';
import { mirrorFree } from '../drivers/base/mirror.ts';
import type { Probed } from '../drivers/base/probe.ts';
import { putAddressSpace } from '../mm/file/addressSpace.ts';
import { putPage } from '../mm/page/zone.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { closeLog } from './events.ts';
import type { Machine } from './machine.ts';

export const FileKind = { device: 1, memory: 2, pipe: 3, log: 4 } as const;

/** An open file that nobody knows yet, 0 when there are too many. */
export function openFileAlloc(arena: Arena, kind: number, object: number, device = 0): OpenFile {
  const file = poolAlloc(arena, arena.pools.openFile);
  if (file === 0) return 0;
  set(arena, file + OpenFile.kind, kind);
  set(arena, file + OpenFile.object, object);
  set(arena, file + OpenFile.device, device);
  set(arena, file + OpenFile.users, 1);
  return file;
}

/** fd_install. Returns the handle of what was in the slot. */
export const install = (arena: Arena, slot: Word, file: OpenFile): Handle<'openFile'> =>
  xchg(arena, slot, file === 0 ? 0 : handleOf(arena, arena.pools.openFile, file));

/** fdget: the file in the slot, which cannot go until {@link fdput}; 0 for none. */
export function fdget({ arena, isFixed }: Machine, slot: Word): OpenFile {
  if (!isFixed) return fget(arena, slot);
  const handle = load(arena, slot);
  return handle === 0 ? 0 : deref(arena, arena.pools.openFile, handle);
}

export function* fdput(task: Task, machine: Machine, file: OpenFile): Steps<void> {
  if (!machine.isFixed) yield* fput(task, machine, file);
}

/** The file of a handle, for this step: nobody keeps it. 0 for none, or one that is about to be released. */
export function stillOpen(arena: Arena, handle: Handle<'openFile'>): OpenFile {
  const file = handle === 0 ? 0 : liveAddress(arena, arena.pools.openFile, handle);
  return file === 0 || load(arena, file + OpenFile.users) === 0 ? 0 : file;
}

/** fget: keeps the file, whatever others do. */
function fget(arena: Arena, slot: Word): OpenFile {
  for (;;) {
    const handle = load(arena, slot);
    if (handle === 0) return 0;
    const file = liveAddress(arena, arena.pools.openFile, handle);
    const users = file === 0 ? 0 : load(arena, file + OpenFile.users);
    // Pairs with the subtraction in fput: a file whose last user is gone gets none any more, and its slot has changed.
    if (users > 0 && cas(arena, file + OpenFile.users, users, users + 1) === users) return file;
  }
}

/** One more file is open of a device. False for one that has gone, or goes. */
export function getDevice({ arena, devices }: Machine, device: number): boolean {
  const at = liveAddress(arena, arena.pools.device, (devices[device] as Probed).device);
  for (;;) {
    const users = at === 0 ? -1 : load(arena, at + Device.users);
    if (users < 0) return false;
    if (cas(arena, at + Device.users, users, users + 1) === users) return true;
  }
}

/** One less. It is there as long as one is open. */
function putDevice({ arena, devices }: Machine, device: number): void {
  add(arena, deref(arena, arena.pools.device, (devices[device] as Probed).device) + Device.users, -1);
}

/** The last one releases it, which evicts a device, gives up a file in memory, or lets the pages of a pipe go. */
function* fput(task: Task, machine: Machine, file: OpenFile): Steps<void> {
  const { arena } = task;
  if (add(arena, file + OpenFile.users, -1) > 1) return;
  const object = get(arena, file + OpenFile.object);
  switch (get(arena, file + OpenFile.kind)) {
    case FileKind.device:
      yield* machine.driver.close(task, object);
      yield Point.call;
      mirrorFree(arena, object);
      putDevice(machine, get(arena, file + OpenFile.device));
      break;
    case FileKind.memory:
      yield* putAddressSpace(task, object);
      break;
    case FileKind.pipe:
      for (const pfn of takeHeld(arena, object)) yield* putPage(task, pfn);
      break;
    default:
      yield* closeLog(task, object);
  }
  poolFree(arena, arena.pools.openFile, file);
}

/** Closes what is in the slot. False if nothing is. */
export function* closeSlot(task: Task, machine: Machine, slot: Word): Steps<boolean> {
  return yield* closeHandle(task, machine, install(task.arena, slot, 0));
}

/** Closes what was in a slot. False if nothing was. */
export function* closeHandle(task: Task, machine: Machine, handle: Handle<'openFile'>): Steps<boolean> {
  if (handle === 0) return false;
  yield* fput(task, machine, deref(task.arena, task.arena.pools.openFile, handle));
  return true;
}

/** One more slot, of a child, has it open. */
export function shareSlot(arena: Arena, from: Word, to: Word): void {
  const file = fget(arena, from);
  if (file !== 0) install(arena, to, file);
}

/** Keeps one more page in front of those of the handle `first`. The handle of all of them; 0 when there are too many. */
export function hold(arena: Arena, first: Handle<'heldPage'>, pfn: Pfn): Handle<'heldPage'> {
  const held = poolAlloc(arena, arena.pools.heldPage);
  if (held === 0) return 0;
  set(arena, held + HeldPage.pfn, pfn);
  set(arena, held + HeldPage.next, first);
  return handleOf(arena, arena.pools.heldPage, held);
}

/** The pages that are kept there, first come first; they are kept no more. */
export function takeHeld(arena: Arena, first: Handle<'heldPage'>): Pfn[] {
  const pages: Pfn[] = [];
  for (let handle = first; handle !== 0; ) {
    const held = deref(arena, arena.pools.heldPage, handle);
    pages.unshift(get(arena, held + HeldPage.pfn));
    handle = get(arena, held + HeldPage.next);
    poolFree(arena, arena.pools.heldPage, held);
  }
  return pages;
}

/** The pages that are kept there, for a look. */
export function heldPages(arena: Arena, first: Handle<'heldPage'>): Pfn[] {
  const pages: Pfn[] = [];
  for (let handle = first; handle !== 0; ) {
    const held = deref(arena, arena.pools.heldPage, handle);
    pages.push(get(arena, held + HeldPage.pfn));
    handle = get(arena, held + HeldPage.next);
  }
  return pages;
}

/** First pages of all pipes. */
export const pipesOf = (arena: Arena): Handle<'heldPage'>[] =>
  liveObjects(arena, arena.pools.openFile)
    .filter((file) => get(arena, file + OpenFile.kind) === FileKind.pipe)
    .map((file) => get(arena, file + OpenFile.object));
