/** What an actor waits for and who is in the way, read from the arena, even while everybody runs. */
import { get, load } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { liveObjects } from '../../arena/pool.ts';
import { Actor, AnonVma, Mirror, Mm, Subscriptions } from '../../arena/structures.ts';
import { lockOwner } from '../../sync/spinlock.ts';

export interface WaitedFor {
  readonly what: string;
  /** Actor that has to do something first, -1 when unknown. */
  readonly owner: number;
}

/** The object a wait word belongs to. */
export function describeWord(arena: Arena, word: number): WaitedFor {
  const { page, table, pools } = arena;
  if (word >= page.flags && word < page.flags + arena.pageCount) {
    const pfn = word - page.flags;
    return { what: `the lock of page ${pfn}`, owner: get(arena, page.lockOwner + pfn) - 1 };
  }
  if (word >= table.lock && word < table.lock + arena.config.tables) {
    return { what: `the page-table lock of table ${word - table.lock}`, owner: lockOwner(load(arena, word)) };
  }
  for (const mm of liveObjects(arena, pools.mm)) {
    // A semaphore names its writer; its readers are found by what actors say they hold.
    if (word === mm + Mm.mmapLock) return { what: 'mmap_lock', owner: get(arena, word + 1) - 1 };
    if (word === mm + Mm.pageTableLock) return { what: 'page_table_lock', owner: lockOwner(load(arena, word)) };
  }
  for (const anonVma of liveObjects(arena, pools.anonVma)) {
    if (word === anonVma + AnonVma.lock) return { what: 'an anon_vma lock', owner: get(arena, word + 1) - 1 };
  }
  for (const mirror of liveObjects(arena, pools.mirror)) {
    if (word === mirror + Mirror.work) return { what: `the work of device ${get(arena, mirror + Mirror.device)}`, owner: -1 };
    if (word === mirror + Mirror.updateLock) {
      return { what: `the update lock of device ${get(arena, mirror + Mirror.device)}`, owner: lockOwner(load(arena, word)) };
    }
  }
  for (const subs of liveObjects(arena, pools.subscriptions)) {
    if (word === subs + Subscriptions.invalidateSeq) {
      return { what: `the end of ${get(arena, subs + Subscriptions.active)} open invalidations`, owner: -1 };
    }
    if (word === subs + Subscriptions.lock) return { what: 'subscriptions->lock', owner: lockOwner(load(arena, word)) };
  }
  return { what: `word ${word}`, owner: -1 };
}

/** The actors, out of the first `actors`, that hold a lock word: the owner it names, or whoever lists it as held. */
export function holdersOf(arena: Arena, actors: number, word: number): number[] {
  const { owner } = describeWord(arena, word);
  const holds = (id: number): boolean => {
    const actor = arena.actors + id * Actor.shape.size;
    const count = get(arena, actor + Actor.heldCount);
    return Array.from({ length: count }, (_, i) => get(arena, actor + Actor.held + 2 * i)).includes(word);
  };
  return Array.from({ length: actors }, (_, id) => id).filter((id) => id === owner || holds(id));
}
