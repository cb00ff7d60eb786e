/** What budgets are measured against, timed in the same run: A, L and C. */
import { POISON } from '../src/arena/arena.ts';

const PAGES = 512;
const WORDS = 1024;

const word = new Int32Array(new SharedArrayBuffer(128));
const entries = new Int32Array(new SharedArrayBuffer(4 * PAGES)).fill((77 << 12) | 3);
const out = new Int32Array(PAGES);
const frames = new Int32Array(new SharedArrayBuffer(4 * WORDS * 64)).fill(POISON);
let frame = 0;

/** A: uncontended Atomics.compareExchange. */
export function atomics(times: number): void {
  for (let i = 0; i < times; i++) Atomics.compareExchange(word, 0, i, i + 1);
}

/** L: a plain loop over 512 entries that makes the same words as the walk does. */
export function plainLoop(times: number): void {
  for (let n = 0; n < times; n++) {
    for (let i = 0; i < PAGES; i++) {
      const pte = entries[i] as number;
      out[i] = ((out[i] as number) & 0x1c000000) | (pte >>> 12) | 0x80000000 | ((pte & 2) << 29);
    }
  }
}

/** C: copying 4 KiB with TypedArray.set. */
export function copies(times: number): void {
  for (let i = 0; i < times; i++) {
    const to = (frame & 31) * WORDS;
    frames.set(frames.subarray((32 + (frame & 31)) * WORDS, (33 + (frame & 31)) * WORDS), to);
    frame++;
  }
}
