/**
 * Pools of objects addressed by word address, named by handle.
 *
 * A handle is `generation << 16 | index + 1`. It is what shared memory stores and what survives a dropped lock; {@link
 * deref} turns it into an address and catches an object that was freed meanwhile. 65535 objects a pool; a generation
 * wraps after 32767 frees of one slot.
 */
import { fill, get, set } from './access.ts';
import type { Arena } from './arena.ts';
import type { Pool } from './places.ts';
import { rawLock, rawUnlock } from './raw.ts';
import type { Address, Handle } from './units.ts';
import { Violation } from './violation.ts';

const LOCK = 0;
const FREE = 1;
const FRESH = 2;
const LIVE = 3;
const LINK = 1;
const GENERATION_MASK = 0x7fff;

/** Takes an object, all words zero but its handle. Returns its address, or 0 when the pool is empty. */
export function poolAlloc<N extends string>(arena: Arena, pool: Pool<N>): Address<N> {
  const { control, base, size } = pool;
  rawLock(arena, control + LOCK);
  let at = get(arena, control + FREE);
  let generation = 1;
  if (at !== 0) {
    set(arena, control + FREE, get(arena, at + LINK));
    generation = -get(arena, at);
  } else {
    const fresh = get(arena, control + FRESH);
    if (fresh < pool.count) {
      at = base + fresh * size;
      set(arena, control + FRESH, fresh + 1);
    }
  }
  if (at !== 0) set(arena, control + LIVE, get(arena, control + LIVE) + 1);
  rawUnlock(arena, control + LOCK);
  if (at === 0) return 0;
  fill(arena, 0, at, at + size);
  set(arena, at, (generation << 16) | ((at - base) / size + 1));
  return at;
}

/** Gives the object back and poisons it: every later use of its handle is caught. */
export function poolFree<N extends string>(arena: Arena, pool: Pool<N>, at: Address<NoInfer<N>>): void {
  const { control } = pool;
  const handle = get(arena, at);
  if (handle <= 0) throw new Violation('I-UAF', `${pool.name} at ${at} is freed twice`);
  const generation = (((handle >> 16) & GENERATION_MASK) % GENERATION_MASK) + 1;
  fill(arena, 0x6b6b6b6b, at, at + pool.size);
  rawLock(arena, control + LOCK);
  set(arena, at, -generation);
  set(arena, at + LINK, get(arena, control + FREE));
  set(arena, control + FREE, at);
  set(arena, control + LIVE, get(arena, control + LIVE) - 1);
  rawUnlock(arena, control + LOCK);
}

/** Address of the live object a handle names. A stale handle is a use after free. */
export function deref<N extends string>(arena: Arena, pool: Pool<N>, handle: Handle<NoInfer<N>>): Address<N> {
  const at = pool.base + ((handle & 0xffff) - 1) * pool.size;
  if (handle <= 0 || get(arena, at) !== handle) {
    throw new Violation('I-UAF', `${pool.name} handle ${handle} is used after the object was freed`);
  }
  return at;
}

/**
 * Address of the object a handle names if it is live, else 0. For names that may outlive what they name: without a reference nothing
 * keeps it, and what is read there may be of another one by then.
 */
export function liveAddress<N extends string>(arena: Arena, pool: Pool<N>, handle: Handle<NoInfer<N>>): Address<N> {
  const at = pool.base + ((handle & 0xffff) - 1) * pool.size;
  return handle > 0 && get(arena, at) === handle ? at : 0;
}

/** The handle of a live object. */
export function handleOf<N extends string>(arena: Arena, pool: Pool<N>, at: Address<NoInfer<N>>): Handle<N> {
  const handle = get(arena, at);
  if (handle <= 0) throw new Violation('I-UAF', `${pool.name} at ${at} is used after it was freed`);
  return handle;
}

/** Objects handed out and not given back. */
export const poolLive = (arena: Arena, pool: Pool): number => get(arena, pool.control + LIVE);

/** Addresses of the live objects, for checks at quiescent points. */
export function liveObjects<N extends string>(arena: Arena, pool: Pool<N>): Address<N>[] {
  const live: Address<N>[] = [];
  const fresh = get(arena, pool.control + FRESH);
  for (let i = 0; i < fresh; i++) {
    const at = pool.base + i * pool.size;
    if (get(arena, at) > 0) live.push(at);
  }
  return live;
}
