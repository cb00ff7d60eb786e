/** What budgets are measured against, timed in the same run: A, L and C. */
import { POISON } from '../src/arena/config.ts';

const PAGES = 512;
const WORDS = 1024;

const word = new Int32Array(new SharedArrayBuffer(128));
const first = performance.now() < 0 ? 1 : 0;
const sets = [0, 1].map(() => ({
  from: new Int32Array(new SharedArrayBuffer(4 * PAGES)).fill((77 << 12) | 3),
  to: new Int32Array(PAGES),
}));
const frames = new Int32Array(new SharedArrayBuffer(4 * WORDS * 64)).fill(POISON);
let frame = 0;

/** A: uncontended Atomics.compareExchange. */
export function atomics(times: number): void {
  for (let i = 0; i < times; i++) Atomics.compareExchange(word, 0, i, i + 1);
}

/** L: a plain loop that makes the same words from the same entries. Two sets in turn: a walk does not know its arrays either. */
export function plainLoop(times: number): void {
  for (let n = 0; n < times; n++) {
    const { from, to } = sets[n & 1] as (typeof sets)[0];
    copyEntries(from, to, first, PAGES);
  }
}

/** In memory, where the compiler does not know it. */
const length = new Int32Array([PAGES]);

/** The loop of L over a length that the compiler does not know, as a walk's. L's it knows, and Node 24 unrolls that loop. */
export function plainLoopOfUnknownLength(times: number): void {
  for (let n = 0; n < times; n++) {
    const { from, to } = sets[n & 1] as (typeof sets)[0];
    copyEntries(from, to, first, length[0] as number);
  }
}

function copyEntries(from: Int32Array, to: Int32Array, first: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const pte = from[first + i] as number;
    to[i] = ((to[i] as number) & 0x1c000000) | (pte >>> 12) | (1 << 31) | ((pte & 2) << 29);
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
