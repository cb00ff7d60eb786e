/**
 * What is claimed for a device and goes with it (drivers/base/devres.c): page frames for its memory, and their page structures. When
 * the device goes everything is given back, what was claimed last first: page structures before the page frames they are of.
 */
import { get, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { ENOMEM } from '../../arena/errno.ts';
import { deref, handleOf, poolAlloc, poolFree } from '../../arena/pool.ts';
import { Device, Devres } from '../../arena/structures.ts';
import type { Address, Handle } from '../../arena/units.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { memremapPages, memunmapPages, type PagemapSpec } from './devPagemap.ts';
import { releaseMemRegion, requestFreeMemRegion } from './resource.ts';

/** A device, until it goes. */
export type DeviceHandle = Handle<'device'>;

/** How a thing is given back; `Devres.release` is a place in this table. */
const releases: readonly ((task: Task, object: number) => Steps<void>)[] = [
  releaseMemRegion,
  function* unmap(task, pgmap) {
    yield* memunmapPages(task, deref(task.arena, task.arena.pools.pgmap, pgmap));
  },
];
const REGION = 0;
const PAGEMAP = 1;

/** device_add: the handle of a device that owns nothing yet, or -ENOMEM. */
export function deviceAdd(arena: Arena): number {
  const device = poolAlloc(arena, arena.pools.device);
  return device === 0 ? -ENOMEM : handleOf(arena, arena.pools.device, device);
}

/** devres_alloc, before anything is claimed: its address, 0 when there is no room. */
const devresAlloc = (arena: Arena): Address<'devres'> => poolAlloc(arena, arena.pools.devres);

/** devres_add, after `object` was claimed. */
function devresAdd(arena: Arena, device: DeviceHandle, devres: Address<'devres'>, release: number, object: number): void {
  const owner = deref(arena, arena.pools.device, device) + Device.devres;
  set(arena, devres + Devres.next, get(arena, owner));
  set(arena, devres + Devres.release, release);
  set(arena, devres + Devres.object, object);
  set(arena, owner, handleOf(arena, arena.pools.devres, devres));
}

/**
 * devm_request_free_mem_region: as requestFreeMemRegion, until the device goes.
 *
 * @kernel kernel/resource.c devm_request_free_mem_region
 */
export function* devmRequestFreeMemRegion(task: Task, device: DeviceHandle, pages: number): Steps<number> {
  const { arena } = task;
  const devres = devresAlloc(arena);
  if (devres === 0) return -ENOMEM;
  const region = yield* requestFreeMemRegion(task, pages);
  if (region < 0) poolFree(arena, arena.pools.devres, devres);
  else devresAdd(arena, device, devres, REGION, region);
  return region;
}

/**
 * devm_memremap_pages: as memremapPages, until the device goes. Address of the pagemap, or its error.
 *
 * @kernel mm/memremap.c devm_memremap_pages
 */
export function devmMemremapPages(arena: Arena, device: DeviceHandle, spec: PagemapSpec): number {
  const devres = devresAlloc(arena);
  if (devres === 0) return -ENOMEM;
  const pgmap = memremapPages(arena, spec);
  if (pgmap < 0) poolFree(arena, arena.pools.devres, devres);
  else devresAdd(arena, device, devres, PAGEMAP, handleOf(arena, arena.pools.pgmap, pgmap));
  return pgmap;
}

/**
 * device_del with devres_release_all: everything goes, what was claimed last first, and then the device. Nobody claims anything for it
 * any more. Waits for pages of its memory that are in use.
 *
 * @kernel drivers/base/devres.c devres_release_all
 */
export function* deviceDel(task: Task, device: DeviceHandle): Steps<void> {
  const { arena } = task;
  const owner = deref(arena, arena.pools.device, device);
  for (let handle = get(arena, owner + Device.devres); handle !== 0; handle = get(arena, owner + Device.devres)) {
    const devres = deref(arena, arena.pools.devres, handle);
    set(arena, owner + Device.devres, get(arena, devres + Devres.next));
    yield* (releases[get(arena, devres + Devres.release)] as (typeof releases)[number])(task, get(arena, devres + Devres.object));
    poolFree(arena, arena.pools.devres, devres);
  }
  poolFree(arena, arena.pools.device, owner);
}
