/** dmirror's interval notifier: one over the whole address space, or blocks of notifierPages made on demand, for good or for a fault. */

import { get, load, store } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { VPN_LIMIT } from '../../arena/config.ts';
import { ENOMEM } from '../../arena/errno.ts';
import { handleOf, poolAlloc, poolFree } from '../../arena/pool.ts';
import { type IntervalSub, Mirror } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import { mmuIntervalNotifierInsert, mmuIntervalNotifierRemove } from '../../notifier/interval.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import type { MirrorNeeds } from '../base/driver.ts';
import { mirrorInterval, mirrorMm } from '../base/mirror.ts';
import {
  blockEnd,
  blockNeeds,
  closeBlocks,
  dropInterval,
  ensureBlock,
  makeInterval,
  openBlocks,
} from '../base/notifierBlocks.ts';
import { Is, numberOption, optionIs, places } from './options.ts';

export function intervalNeeds(words: readonly number[], pages: number): MirrorNeeds {
  const size = words[places.notifierPages] as number;
  // A snapshot makes one of its own for a moment.
  const kept = words[places.notifierLife] === 0;
  return size === 0 || !kept ? { intervals: 2, tables: 0 } : blockNeeds(pages, size);
}

const isWhole = (arena: Arena, mirror: Mirror): boolean => load(arena, mirror + Mirror.interval) !== 0;

/** Subscribes the mirror. 0 or an error. */
export function* openIntervals(task: Task, mirror: Mirror): Steps<Errno> {
  const { arena } = task;
  const pages = numberOption(arena, mirror, 'notifierPages');
  if (pages !== 0) return openBlocks(arena, mirror, pages, optionIs(arena, mirror, Is.notifierLifeKept));
  const sub = poolAlloc(arena, arena.pools.interval);
  if (sub === 0) return -ENOMEM;
  store(arena, mirror + Mirror.interval, handleOf(arena, arena.pools.interval, sub));
  const ops = get(arena, mirror + Mirror.driver);
  const spec = { start: 0, length: VPN_LIMIT, ops, owner: mirror };
  const error = yield* mmuIntervalNotifierInsert(task, sub, mirrorMm(arena, mirror), spec);
  if (error !== 0) poolFree(arena, arena.pools.interval, sub);
  return error;
}

/** No more callbacks from here on. */
export function* closeIntervals(task: Task, mirror: Mirror): Steps<void> {
  const { arena } = task;
  if (!isWhole(arena, mirror)) {
    yield* closeBlocks(task, mirror);
    return;
  }
  const sub = mirrorInterval(arena, mirror);
  yield* mmuIntervalNotifierRemove(task, sub);
  poolFree(arena, arena.pools.interval, sub);
}

/**
 * The interval that covers a page, until {@link intervalDone}. 0 when there is no room for it, or a negative error. May sleep; no
 * lock may be held.
 */
export function* intervalAt(task: Task, mirror: Mirror, vpn: Vpn): Steps<number> {
  const { arena } = task;
  if (isWhole(arena, mirror)) return mirrorInterval(arena, mirror);
  return optionIs(arena, mirror, Is.notifierLifeKept)
    ? yield* ensureBlock(task, mirror, vpn)
    : yield* makeInterval(task, mirror, vpn);
}

/** The interval is not needed any more: one that was made for a fault is removed. */
export function* intervalDone(task: Task, mirror: Mirror, sub: IntervalSub): Steps<void> {
  if (get(task.arena, mirror + Mirror.interval) !== 0 || optionIs(task.arena, mirror, Is.notifierLifeKept)) return;
  yield* dropInterval(task, sub);
}

/** First page after the interval of `vpn`. */
export const intervalEnd = (arena: Arena, mirror: Mirror, vpn: Vpn): Vpn =>
  isWhole(arena, mirror) ? VPN_LIMIT : blockEnd(arena, mirror, vpn);
