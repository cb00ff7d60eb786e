/** Making and finding mirrors: what a driver keeps for one address space on one device. */

import { add, cas, get, load, or, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { deref, handleOf, liveObjects, poolAlloc, poolFree } from '../../arena/pool.ts';
import { serialBegin } from '../../arena/serials.ts';
import { type IntervalSub, Mirror, type Mm, type Pgmap } from '../../arena/structures.ts';
import type { Vpn } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import type { HmmRange } from '../../hmm/hmmRange.ts';
import { freeTables, tableAlloc } from '../../mm/table/tables.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { waitWhile, wake } from '../../sync/wait.ts';

export interface MirrorSpec {
  /** Id the driver is registered under. */
  readonly driver: number;
  /** Address of the mm. */
  readonly mm: Mm;
  /** Address of the pagemap; 0 for a device without memory. */
  readonly pgmap: Pgmap;
  /** Device number, above 0: owner of its pagemap and of its notifier events. */
  readonly device: number;
}

/** A mirror with an empty device page table, 0 when out of memory. The driver's `open` subscribes it. */
export function mirrorAlloc(arena: Arena, { driver, mm, pgmap, device }: MirrorSpec): Mirror {
  const mirror = poolAlloc(arena, arena.pools.mirror);
  if (mirror === 0) return 0;
  const table = tableAlloc(arena);
  if (table === 0) {
    poolFree(arena, arena.pools.mirror, mirror);
    return 0;
  }
  set(arena, mirror + Mirror.table, table);
  set(arena, mirror + Mirror.driver, driver);
  set(arena, mirror + Mirror.device, device);
  set(arena, mirror + Mirror.mm, handleOf(arena, arena.pools.mm, mm));
  serialBegin(arena, mirror + Mirror.foreignSeq, 1);
  set(arena, mirror + Mirror.pgmap, pgmap === 0 ? 0 : handleOf(arena, arena.pools.pgmap, pgmap));
  return mirror;
}

/** After the driver's `close`. */
export function mirrorFree(arena: Arena, mirror: Mirror): void {
  if (load(arena, mirror + Mirror.work) !== 0)
    throw new Violation('I-QUIET', `mirror ${mirror} is freed while work of it is queued or runs`);
  const users = load(arena, mirror + Mirror.users) & ~CLOSING;
  if (users !== 0)
    throw new Violation('I-UAF', `mirror ${mirror} is freed while ${users} CPU faults bring pages home through it`);
  freeTables(arena, get(arena, mirror + Mirror.table));
  poolFree(arena, arena.pools.mirror, mirror);
}

/** In the users of a mirror: it is being closed. */
const CLOSING = 1 << 30;

/**
 * A reference of the mirror that `find` finds, for a thread that is no user of the device's file, such as a CPU fault that brings a
 * page home; 0 when there is none, or it is being closed. Nothing keeps the mirror until it has its reference, so it is looked
 * for once more then. To be put by {@link putMirror}.
 */
export function* getMirror({ arena }: Task, find: () => number): Steps<Mirror> {
  for (;;) {
    const mirror = find();
    if (mirror === 0) return 0;
    yield Point.driverFound;
    const users = load(arena, mirror + Mirror.users);
    if ((users & CLOSING) !== 0) return 0;
    if (cas(arena, mirror + Mirror.users, users, users + 1) !== users) continue;
    if (find() === mirror) return mirror;
    yield Point.driverLooked;
    putMirror(arena, mirror);
    yield Point.driverLooked;
  }
}

export function putMirror(arena: Arena, mirror: Mirror): void {
  if ((add(arena, mirror + Mirror.users, -1) & CLOSING) !== 0) wake(arena, mirror + Mirror.users);
}

/** A driver's `close` begins: nobody takes a reference any more, and those that are taken are waited for. */
export function* closeMirror(task: Task, mirror: Mirror): Steps<void> {
  const { arena } = task;
  const word = mirror + Mirror.users;
  for (let users = or(arena, word, CLOSING) | CLOSING; users !== CLOSING; ) {
    yield* waitWhile(task, word, users);
    yield Point.driverLooked;
    users = load(arena, word);
  }
}

export const mirrorMm = (arena: Arena, mirror: Mirror): Mm => deref(arena, arena.pools.mm, get(arena, mirror + Mirror.mm));

export const mirrorPgmap = (arena: Arena, mirror: Mirror): Pgmap =>
  deref(arena, arena.pools.pgmap, get(arena, mirror + Mirror.pgmap));

/** Address of the mirror's interval notifier. A removed one is caught here. */
export const mirrorInterval = (arena: Arena, mirror: Mirror): IntervalSub =>
  deref(arena, arena.pools.interval, load(arena, mirror + Mirror.interval));

/** The mirror of an address space on the device a pagemap belongs to, 0 for none (a forked child has none). */
export function mirrorFor(arena: Arena, pgmap: Pgmap, mm: Mm): Mirror {
  const owner = handleOf(arena, arena.pools.pgmap, pgmap);
  const space = handleOf(arena, arena.pools.mm, mm);
  for (const mirror of liveObjects(arena, arena.pools.mirror)) {
    if (get(arena, mirror + Mirror.pgmap) === owner && get(arena, mirror + Mirror.mm) === space) return mirror;
  }
  return 0;
}

/** A range fault for a mirror, and what programming the device from it came to. */
export interface MirrorRange extends HmmRange {
  defaultFlags: number;
  /** After -EACCES: a page the device has of its own, and may not write to as it is. */
  readOnly: Vpn;
}

/** A look at all pages of [start, end), into the task's own array. To ask for something, set `defaultFlags`. */
export const mirrorRange = (task: Task, mirror: Mirror, notifier: IntervalSub, start: Vpn, end: Vpn): MirrorRange => ({
  notifier,
  notifierSeq: 0,
  start,
  end,
  hmmPfns: task.pfns,
  defaultFlags: 0,
  pfnFlagsMask: 0,
  devPrivateOwner: get(task.arena, mirror + Mirror.device),
  readOnly: 0,
});
