/** struct dev_pagemap and the life of ZONE_DEVICE pages (mm/memremap.c). */

import { add, cas, fill, forgetSince, get, increase, load, observed, set, store } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { EINVAL, ENOMEM } from '../../arena/errno.ts';
import { poisonFrame } from '../../arena/frames.ts';
import { deref, handleOf, liveObjects, poolAlloc, poolFree } from '../../arena/pool.ts';
import { serialCount } from '../../arena/serials.ts';
import { Pgmap } from '../../arena/structures.ts';
import type { Pfn, VmFault } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { mightSleep } from '../../sync/lockdep.ts';
import type { Task } from '../../sync/task.ts';
import { waitWhile, wake } from '../../sync/wait.ts';
import type { Fault } from '../table/vmFault.ts';
import { clearAnonMapping, isDevicePage, PG_DEVICE, resetFlags } from './page.ts';
import { lockPage } from './pageLock.ts';

export const MEMORY_DEVICE_PRIVATE = 1;
/** Room for coherent device memory: the type is accepted, nothing maps it yet. */
export const MEMORY_DEVICE_COHERENT = 2;

/** struct dev_pagemap_ops. */
export interface PagemapOps {
  /** The last reference is gone. May run under a page-table lock: must not sleep. */
  readonly folioFree: (task: Task, pfn: Pfn) => Steps<void>;
  /** A CPU touched a device-private page; `fault.page` is it, locked and referenced. Returns VM_FAULT bits. */
  readonly migrateToRam: (task: Task, fault: Fault) => Steps<VmFault>;
}

const table = new Map<number, PagemapOps>();

/** Registers operations in this thread; the id is what the arena holds (see notifier/ops.ts). */
export function registerPagemapOps(id: number, ops: PagemapOps): void {
  table.set(id, ops);
}

export function pagemapOps(arena: Arena, pgmap: Pgmap): PagemapOps {
  const id = get(arena, pgmap + Pgmap.ops);
  const ops = table.get(id);
  if (ops === undefined) throw new Error(`pagemap operations ${id} are not registered in this thread`);
  return ops;
}

/** The pagemap of a device page. */
export const pgmapOf = (arena: Arena, pfn: Pfn): Pgmap => deref(arena, arena.pools.pgmap, get(arena, arena.page.pgmap + pfn));

/** The owner of the pagemap of a device page, read without a lock or reference as the kernel does. */
export const pgmapOwner = (arena: Arena, pfn: Pfn): number => get(arena, pgmapOf(arena, pfn) + Pgmap.owner);

/** is_device_private_page: device memory a CPU cannot reach; coherent device memory is mapped like system memory. */
export const isDevicePrivatePage = (arena: Arena, pfn: Pfn): boolean =>
  isDevicePage(arena, pfn) && get(arena, pgmapOf(arena, pfn) + Pgmap.type) === MEMORY_DEVICE_PRIVATE;

/** is_device_coherent_page. */
export const isDeviceCoherentPage = (arena: Arena, pfn: Pfn): boolean =>
  isDevicePage(arena, pfn) && get(arena, pgmapOf(arena, pfn) + Pgmap.type) === MEMORY_DEVICE_COHERENT;

/** What memremap_pages is asked for. */
export interface PagemapSpec {
  readonly type: number;
  /** Non-zero; compared by collect, by range fault and by notifier callbacks. */
  readonly owner: number;
  readonly ops: number;
  readonly start: Pfn;
  readonly pages: number;
  /** Does an engine of the device copy pages, by DMA? Else a CPU does. */
  readonly dma?: boolean;
}

/**
 * memremap_pages: makes the page structures of a device range usable. They start free, with no references.
 *
 * @returns the address of the pagemap, -EINVAL (type, owner or range) or -ENOMEM (range in use, or too many pagemaps).
 * @kernel mm/memremap.c memremap_pages
 */
export function memremapPages(arena: Arena, { type, owner, ops, start, pages, dma = false }: PagemapSpec): number {
  if ((type !== MEMORY_DEVICE_PRIVATE && type !== MEMORY_DEVICE_COHERENT) || owner === 0) return -EINVAL;
  if (start < arena.config.systemPages || pages < 1 || start + pages > arena.pageCount) return -EINVAL;
  for (const other of liveObjects(arena, arena.pools.pgmap)) {
    const first = get(arena, other + Pgmap.start);
    if (start < first + get(arena, other + Pgmap.pages) && first < start + pages) return -ENOMEM;
  }
  const pgmap = poolAlloc(arena, arena.pools.pgmap);
  if (pgmap === 0) return -ENOMEM;
  set(arena, pgmap + Pgmap.type, type);
  set(arena, pgmap + Pgmap.owner, owner);
  set(arena, pgmap + Pgmap.ops, ops);
  set(arena, pgmap + Pgmap.start, start);
  set(arena, pgmap + Pgmap.pages, pages);
  set(arena, pgmap + Pgmap.dma, dma ? 1 : 0);
  set(arena, pgmap + Pgmap.fresh, start);
  set(arena, pgmap + Pgmap.hugeLow, start + pages);
  store(arena, pgmap + Pgmap.ref, 1);
  const handle = handleOf(arena, arena.pools.pgmap, pgmap);
  fill(arena, handle, arena.page.pgmap + start, arena.page.pgmap + start + pages);
  fill(arena, PG_DEVICE, arena.page.flags + start, arena.page.flags + start + pages);
  return pgmap;
}

/**
 * zone_device_page_init: a free device page, or `pages` that become a huge one, comes into use: locked, with one reference to each.
 *
 * @kernel mm/memremap.c zone_device_page_init
 */
export function* zoneDevicePageInit(task: Task, pgmap: Pgmap, first: Pfn, pages = 1): Steps<void> {
  const { arena } = task;
  yield Point.zoneDevicePageInit;
  if (get(arena, pgmap + Pgmap.dead) !== 0)
    throw new Violation('I-PGMAP', `device page ${first} is initialised in a dying pagemap`);
  increase(arena, pgmap + Pgmap.ref, pages);
  for (let pfn = first; pfn < first + pages; pfn++) {
    // Whoever finds a piece by its frame must find whose lock it has.
    if (pages > 1) set(arena, arena.page.compound + pfn, first);
    if (cas(arena, arena.page.refcount + pfn, 0, 1) !== 0)
      throw new Violation('I-REF', `device page ${pfn} was on the free list with references`);
    if (get(arena, arena.page.mapping + pfn) !== 0)
      throw new Violation('I-ENTRY', `device page ${pfn} comes into use with a stale mapping`);
    set(arena, arena.page.deviceData + pfn, 0);
  }
  // Count first, lock second, as in the kernel: an eviction by page frame may see the page in between, lock it, find a
  // reference too many and let go again. So this may sleep.
  yield* lockPage(task, first);
}

/**
 * zone_device_data of a page that has moved, from its commit on: nothing. The page is locked. Until its last reference is put it can
 * be found by its frame, and nothing else tells that nobody needs its contents any more.
 */
export const disownDevicePage = (arena: Arena, pfn: Pfn): void => set(arena, arena.page.deviceData + pfn, 0);

/** Does a driver still answer for the page? Whoever found it by its frame asks with the page locked. */
export const isOwnedDevicePage = (arena: Arena, pfn: Pfn): boolean => get(arena, arena.page.deviceData + pfn) !== 0;

/**
 * free_zone_device_folio: the last reference of a device page is gone.
 *
 * @kernel mm/memremap.c free_zone_device_folio
 */
export function* freeZoneDevicePage(task: Task, pfn: Pfn): Steps<void> {
  const { arena } = task;
  // Read before the callback: afterwards somebody else may own the page already.
  const pgmap = pgmapOf(arena, pfn);
  resetFlags(arena, pfn, PG_DEVICE);
  clearAnonMapping(arena, pfn);
  serialCount(arena, arena.page.generation + pfn);
  poisonFrame(arena, pfn);
  yield* pagemapOps(arena, pgmap).folioFree(task, pfn);
  putPgmap(arena, pgmap);
}

function putPgmap(arena: Arena, pgmap: Pgmap): void {
  const left = add(arena, pgmap + Pgmap.ref, -1) - 1;
  if (left < 0) throw new Violation('I-PGMAP', `references of pagemap ${pgmap} fell below 0`);
  if (left === 0) wake(arena, pgmap + Pgmap.ref);
}

/**
 * memunmap_pages: kills the pagemap, waits until every page of it is free, and takes the page structures away. The driver
 * has stopped allocating and has evicted what it could; a page that stays mapped makes this wait for ever.
 *
 * @kernel mm/memremap.c memunmap_pages
 */
export function* memunmapPages(task: Task, pgmap: Pgmap): Steps<void> {
  const { arena } = task;
  mightSleep(task, 'memunmapPages');
  store(arena, pgmap + Pgmap.dead, 1);
  putPgmap(arena, pgmap);
  yield Point.unlocked;
  const mark = observed();
  for (let ref = load(arena, pgmap + Pgmap.ref); ref !== 0; ref = load(arena, pgmap + Pgmap.ref)) {
    yield* waitWhile(task, pgmap + Pgmap.ref, ref);
    forgetSince(mark);
  }
  forgetSince(mark);
  const start = get(arena, pgmap + Pgmap.start);
  const end = start + get(arena, pgmap + Pgmap.pages);
  fill(arena, 0, arena.page.pgmap + start, arena.page.pgmap + end);
  fill(arena, 0, arena.page.flags + start, arena.page.flags + end);
  poolFree(arena, arena.pools.pgmap, pgmap);
}
