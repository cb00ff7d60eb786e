/**
 * Interval notifiers of one mirror as aligned blocks of the address space, each made when the first fault falls into it
 * (drm_gpusvm does that with blocks of 512 MiB). Small blocks hear less of what does not concern them; each costs an entry in
 * the tree that every invalidation searches. The blocks of a mirror are in a radix table like those of page tables.
 */

import { cas, get, load, set, store } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { PTRS_PER_TABLE, VPN_LIMIT } from '../../arena/config.ts';
import { ENOMEM } from '../../arena/errno.ts';
import { nodeLast, nodeStart } from '../../arena/intervalTree.ts';
import { deref, handleOf, poolAlloc, poolFree } from '../../arena/pool.ts';
import { IntervalSub, Mirror } from '../../arena/structures.ts';
import type { Vpn } from '../../arena/units.ts';
import { ensureTable, forEachEntry, freeTables, lookupTable, pteAt, tableAlloc } from '../../mm/table/tables.ts';
import {
  mmuIntervalNotifierInsert,
  mmuIntervalNotifierInsertLocked,
  mmuIntervalNotifierRemove,
} from '../../notifier/interval.ts';
import { mmdrop, mmgrab } from '../../notifier/mmCount.ts';
import type { NotifierRange } from '../../notifier/range.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import type { MirrorNeeds } from './driver.ts';
import { mirrorMm } from './mirror.ts';

/** Words of the mirror this module keeps: the last two a driver could declare for itself. */
const ROOT = Mirror.private + 30;
const PAGES = Mirror.private + 31;

/** Pages of a block. */
const blockPages = (arena: Arena, mirror: Mirror): number => get(arena, mirror + PAGES);

/** First page after the block of `vpn`. */
export function blockEnd(arena: Arena, mirror: Mirror, vpn: Vpn): Vpn {
  const pages = blockPages(arena, mirror);
  return Math.min(VPN_LIMIT, (Math.floor(vpn / pages) + 1) * pages);
}

/** What the blocks over a region of `pages` pages, wherever it begins, need at most. */
export function blockNeeds(pages: number, blockPages: number): MirrorNeeds {
  const blocks = Math.ceil(pages / blockPages) + 1;
  // The root, and two levels below it that may begin and end anywhere.
  return { intervals: blocks, tables: 1 + 2 * (Math.ceil(blocks / PTRS_PER_TABLE) + 1) };
}

/** The same for a driver that knows nothing but blocks: one of 0 pages is the whole address space. */
export const wholeOr = (blockPages: number): number => (blockPages === 0 ? VPN_LIMIT : blockPages);

/** Prepares a mirror, with no block yet; with `kept` they stay once they are made. 0 or -ENOMEM. */
export function openBlocks(arena: Arena, mirror: Mirror, pages: number, kept = true): number {
  const root = kept ? tableAlloc(arena) : 0;
  if (kept && root === 0) return -ENOMEM;
  set(arena, mirror + PAGES, pages);
  set(arena, mirror + ROOT, root);
  // An interval keeps the mm; before there is one, and after the last one, nobody else would.
  mmgrab(arena, mirrorMm(arena, mirror));
  return 0;
}

/** Removes every block. No fault may be under way. */
export function* closeBlocks(task: Task, mirror: Mirror): Steps<void> {
  const { arena } = task;
  const root = get(arena, mirror + ROOT);
  const handles: number[] = [];
  if (root !== 0) forEachEntry(arena, root, (_, handle) => handles.push(handle));
  for (const handle of handles) yield* dropInterval(task, deref(arena, arena.pools.interval, handle));
  if (root !== 0) freeTables(arena, root);
  set(arena, mirror + ROOT, 0);
  mmdrop(arena, mirrorMm(arena, mirror));
}

/**
 * Ends the subscription of a block before its time: from here on nobody finds it, and no callback runs. Nobody may look for it
 * meanwhile, and no lock may be held that a callback takes. The caller frees it.
 */
export function* endBlock(task: Task, mirror: Mirror, sub: IntervalSub): Steps<void> {
  const { arena } = task;
  const block = Math.floor(nodeStart(arena, sub + IntervalSub.node) / blockPages(arena, mirror));
  // Pairs with the load in findBlock.
  store(arena, pteAt(arena, lookupTable(arena, get(arena, mirror + ROOT), block), block), 0);
  yield* mmuIntervalNotifierRemove(task, sub);
}

/** Ends a subscription, and frees it. */
export function* dropInterval(task: Task, sub: IntervalSub): Steps<void> {
  yield* mmuIntervalNotifierRemove(task, sub);
  poolFree(task.arena, task.arena.pools.interval, sub);
}

/**
 * Subscribes the mirror to the block of a page; `locked` says that mmap_lock is held for writing. 0 when there is no room, a
 * negative error, or the subscription.
 */
export function* makeInterval(task: Task, mirror: Mirror, vpn: Vpn, locked = false): Steps<number> {
  const { arena } = task;
  const sub = poolAlloc(arena, arena.pools.interval);
  if (sub === 0) return 0;
  const pages = blockPages(arena, mirror);
  const start = vpn - (vpn % pages);
  const length = Math.min(pages, VPN_LIMIT - start);
  const spec = { start, length, ops: get(arena, mirror + Mirror.driver), owner: mirror };
  const mm = mirrorMm(arena, mirror);
  const error = locked
    ? yield* mmuIntervalNotifierInsertLocked(task, sub, mm, spec)
    : yield* mmuIntervalNotifierInsert(task, sub, mm, spec);
  if (error === 0) return sub;
  poolFree(arena, arena.pools.interval, sub);
  return error;
}

/** The block of `vpn`, 0 when there is none: nobody has ever faulted there. */
export function findBlock(arena: Arena, mirror: Mirror, vpn: Vpn): IntervalSub {
  const block = Math.floor(vpn / blockPages(arena, mirror));
  const table = lookupTable(arena, get(arena, mirror + ROOT), block);
  const handle = table === 0 ? 0 : load(arena, pteAt(arena, table, block));
  return handle === 0 ? 0 : deref(arena, arena.pools.interval, handle);
}

/**
 * The block of `vpn`, made if need be; 0 when there is no room, -EINTR or -EINVAL as the insertion has it. The caller holds a
 * user of the mm, and no lock but, with `locked`, mmap_lock for writing.
 */
export function* ensureBlock(task: Task, mirror: Mirror, vpn: Vpn, locked = false): Steps<number> {
  const { arena } = task;
  const found = findBlock(arena, mirror, vpn);
  if (found !== 0) return found;
  const block = Math.floor(vpn / blockPages(arena, mirror));
  const table = yield* ensureTable(task, mirror + Mirror.tableLock, get(arena, mirror + ROOT), block);
  const sub = table === 0 ? 0 : yield* makeInterval(task, mirror, vpn, locked);
  if (sub <= 0) return sub;
  // Published only now: whoever finds it may begin a section at once. Pairs with the load in findBlock.
  if (cas(arena, pteAt(arena, table, block), 0, handleOf(arena, arena.pools.interval, sub)) === 0) return sub;
  // Another fault was faster.
  yield* dropInterval(task, sub);
  return findBlock(arena, mirror, vpn);
}

/** The part of an invalidated range that lies in the interval the callback is for. */
export function clipToInterval(arena: Arena, sub: IntervalSub, { start, end }: NotifierRange): readonly [number, number] {
  const node = sub + IntervalSub.node;
  return [Math.max(start, nodeStart(arena, node)), Math.min(end, nodeLast(arena, node) + 1)];
}
