/**
 * Raw lock of an allocator: a few plain instructions long, never held across a point, so no other actor can see it
 * taken except a thread that really runs at the same time. Everything else uses the locks of src/sync.
 */
import { cas, isRawLock, store } from './access.ts';
import type { Arena } from './arena.ts';
import type { Word } from './units.ts';

const SPINS = 200;
const NAP_MS = 0.2;

export function rawLock(arena: Arena, word: Word): void {
  isRawLock(word);
  for (let spins = 0; cas(arena, word, 0, 1) !== 0; spins++) {
    // The holder may have been preempted by the operating system: give it the core.
    if (spins > SPINS) Atomics.wait(arena.words, word, 1, NAP_MS);
  }
}

/** The store pairs with the compare-and-swap of the next rawLock: what was written under the lock is seen there. */
export function rawUnlock(arena: Arena, word: Word): void {
  store(arena, word, 0);
}
