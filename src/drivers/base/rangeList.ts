/**
 * A list of intervals that a callback leaves to a worker: two words of a mirror, a spin lock and the handle of the first. The links
 * are in the intervals (`listed`), so an interval is on one list at most, and once.
 */

import { get, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { deref, handleOf } from '../../arena/pool.ts';
import { IntervalSub } from '../../arena/structures.ts';
import type { Word } from '../../arena/units.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';

/** Words of a list: the lock, and the first interval. */
const FIRST = 1;

/** What `listed` says of the last one. */
const END = -1;

export const isListed = (arena: Arena, sub: IntervalSub): boolean => get(arena, sub + IntervalSub.listed) !== 0;

/** Puts an interval on the list, unless it is on it. Under any lock but a page-table lock. */
export function* listAdd(task: Task, list: Word, sub: IntervalSub): Steps<void> {
  const { arena } = task;
  yield* spinLock(task, list, LockClass.deferredList);
  if (!isListed(arena, sub)) {
    set(arena, sub + IntervalSub.listed, get(arena, list + FIRST) || END);
    set(arena, list + FIRST, handleOf(arena, arena.pools.interval, sub));
  }
  yield* spinUnlock(task, list, LockClass.deferredList);
}

/** The first interval, 0 when the list is empty. It stays on it. */
export function* listFirst(task: Task, list: Word): Steps<IntervalSub> {
  const { arena } = task;
  yield* spinLock(task, list, LockClass.deferredList);
  const handle = get(arena, list + FIRST);
  const sub = handle === 0 ? 0 : deref(arena, arena.pools.interval, handle);
  yield* spinUnlock(task, list, LockClass.deferredList);
  return sub;
}

/** Takes an interval off the list, wherever it is, if it is on it. */
export function* listDelete(task: Task, list: Word, sub: IntervalSub): Steps<void> {
  const { arena } = task;
  yield* spinLock(task, list, LockClass.deferredList);
  if (isListed(arena, sub)) {
    const wanted = handleOf(arena, arena.pools.interval, sub);
    let word = list + FIRST;
    while (get(arena, word) !== wanted) word = deref(arena, arena.pools.interval, get(arena, word)) + IntervalSub.listed;
    const next = get(arena, sub + IntervalSub.listed);
    set(arena, word, word === list + FIRST && next === END ? 0 : next);
    set(arena, sub + IntervalSub.listed, 0);
  }
  yield* spinUnlock(task, list, LockClass.deferredList);
}
