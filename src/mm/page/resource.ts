/**
 * Regions of page frames (kernel/resource.c). Device memory that no CPU reaches has no addresses of its own: a driver claims page
 * frames that nothing uses, and they get page structures (devPagemap.ts). The root of the tree, iomem_resource, is all page frames
 * of the arena; system memory is the lowest part of it, and busy.
 *
 * A kernel claims whole sections of memory (128 MiB on x86-64); here a section is a page.
 */
import { get, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { EBUSY, EINVAL, ENOMEM, ERANGE } from '../../arena/errno.ts';
import { deref, handleOf, poolAlloc, poolFree } from '../../arena/pool.ts';
import { Header, Resource } from '../../arena/structures.ts';
import type { Address, Handle, Pfn, Word } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';

/** A region, or 0: iomem_resource. */
export type Region = Handle<'resource'>;

const at = (arena: Arena, handle: Region): Address<'resource'> => deref(arena, arena.pools.resource, handle);

/** First page frame of a region. */
export const resourceStart = (arena: Arena, handle: Region): Pfn => get(arena, at(arena, handle) + Resource.start);

/** Page frames of a region. */
export const resourcePages = (arena: Arena, handle: Region): number => get(arena, at(arena, handle) + Resource.pages);

const resourceEnd = (arena: Arena, handle: Region): Pfn => resourceStart(arena, handle) + resourcePages(arena, handle);

/** The word that names the first part of a region; 0 stands for iomem_resource. */
const childOf = (arena: Arena, parent: Region): Word => (parent === 0 ? Header.iomemChild : at(arena, parent) + Resource.child);

/**
 * Where a region of [start, end) belongs: below which region, and in which word it is to be named. Null when it lies across the border of
 * another one, or in a busy one.
 */
function placeFor(arena: Arena, start: Pfn, end: Pfn): { parent: Region; link: Word } | null {
  let parent: Region = 0;
  let link: Word = childOf(arena, parent);
  if (start < arena.config.systemPages) return null;
  for (let next = get(arena, link); next !== 0; next = get(arena, link)) {
    if (resourceStart(arena, next) >= end) break;
    if (resourceEnd(arena, next) <= start) {
      link = at(arena, next) + Resource.sibling;
      continue;
    }
    const holds = resourceStart(arena, next) <= start && end <= resourceEnd(arena, next);
    if (!holds || get(arena, at(arena, next) + Resource.busy) !== 0) return null;
    parent = next;
    link = childOf(arena, parent);
  }
  return { parent, link };
}

/** region_intersects: does any region, or system memory, have a page frame of [start, end)? */
function intersects(arena: Arena, start: Pfn, end: Pfn): boolean {
  if (start < arena.config.systemPages) return true;
  // A part lies in its region, so the outermost ones tell.
  for (let next = get(arena, Header.iomemChild); next !== 0; next = get(arena, at(arena, next) + Resource.sibling)) {
    if (resourceStart(arena, next) < end && start < resourceEnd(arena, next)) return true;
  }
  return false;
}

/** __request_region, with the lock held: the handle of a new region, -EBUSY or -ENOMEM. */
function claim(arena: Arena, start: Pfn, pages: number, busy: boolean): number {
  const place = placeFor(arena, start, start + pages);
  if (place === null) return -EBUSY;
  const region = poolAlloc(arena, arena.pools.resource);
  if (region === 0) return -ENOMEM;
  const handle = handleOf(arena, arena.pools.resource, region);
  set(arena, region + Resource.start, start);
  set(arena, region + Resource.pages, pages);
  set(arena, region + Resource.busy, busy ? 1 : 0);
  set(arena, region + Resource.parent, place.parent);
  set(arena, region + Resource.sibling, get(arena, place.link));
  set(arena, place.link, handle);
  return handle;
}

/**
 * request_mem_region for `pages` page frames from `start`; with `busy` false, insert_resource: a range, of a bus for example, of which
 * parts may be claimed.
 *
 * @returns the handle of the region, -EBUSY (system memory, or somebody else's), -EINVAL (no such page frames) or -ENOMEM.
 * @kernel kernel/resource.c request_mem_region, insert_resource
 */
export function* requestMemRegion(task: Task, start: Pfn, pages: number, busy = true): Steps<number> {
  const { arena } = task;
  if (pages < 1 || start < 0 || start + pages > arena.pageCount) return -EINVAL;
  yield* spinLock(task, Header.resourceLock, LockClass.resource);
  const result = claim(arena, start, pages, busy);
  yield* spinUnlock(task, Header.resourceLock, LockClass.resource);
  return result;
}

/**
 * request_free_mem_region: claims `pages` page frames that nobody has, the highest there are. Tried are the last ones, those before
 * them, and so on in steps of as many. Looking and claiming are one under the lock: two devices that ask at once get different frames.
 *
 * @returns the handle of the region, -ERANGE (nothing is free), -EINVAL (no page is asked for) or -ENOMEM (no more regions).
 * @kernel kernel/resource.c request_free_mem_region
 */
export function* requestFreeMemRegion(task: Task, pages: number): Steps<number> {
  const { arena } = task;
  if (pages < 1) return -EINVAL;
  let result = -ERANGE;
  yield* spinLock(task, Header.resourceLock, LockClass.resource);
  for (let start = arena.pageCount - pages; start > 0 && result === -ERANGE; start -= pages) {
    if (!intersects(arena, start, start + pages)) result = claim(arena, start, pages, true);
  }
  yield* spinUnlock(task, Header.resourceLock, LockClass.resource);
  return result;
}

/**
 * release_mem_region. A region with parts, or none at all, is a violation (I-QUIET, I-UAF).
 *
 * @kernel kernel/resource.c release_mem_region
 */
export function* releaseMemRegion(task: Task, handle: Region): Steps<void> {
  const { arena } = task;
  yield* spinLock(task, Header.resourceLock, LockClass.resource);
  const region = at(arena, handle);
  if (get(arena, region + Resource.child) !== 0)
    throw new Violation(
      'I-QUIET',
      `the region of page frame ${resourceStart(arena, handle)} is released, and parts of it are not`,
    );
  let link: Word = childOf(arena, get(arena, region + Resource.parent));
  while (get(arena, link) !== handle) link = at(arena, get(arena, link)) + Resource.sibling;
  set(arena, link, get(arena, region + Resource.sibling));
  poolFree(arena, arena.pools.resource, region);
  yield* spinUnlock(task, Header.resourceLock, LockClass.resource);
}
