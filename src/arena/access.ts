/**
 * Every access of the model to shared words goes through these functions.
 *
 * The first seven are sequentially consistent and cost 8-16 ns in Node 20 (a call, not an instruction). `get` and
 * `set` are plain: 1-2 ns. A plain access is right in three places: under the lock that guards the word, on a word only
 * one actor writes, and in a lock-free reader whose result is believed only after a later atomic check (`READ_ONCE` in
 * the kernel), which is how the page walk of hmm_range_fault reads entries.
 */
import type { Arena } from './arena.ts';

export const load = (arena: Arena, word: number): number => Atomics.load(arena.words, word);
export const store = (arena: Arena, word: number, value: number): void => {
  Atomics.store(arena.words, word, value);
};
/** Returns the value before the addition. */
export const add = (arena: Arena, word: number, value: number): number => Atomics.add(arena.words, word, value);
/** Compare and swap; returns what was there. */
export const cas = (arena: Arena, word: number, expected: number, value: number): number =>
  Atomics.compareExchange(arena.words, word, expected, value);
/** Returns the value before the exchange. */
export const xchg = (arena: Arena, word: number, value: number): number => Atomics.exchange(arena.words, word, value);
/** Returns the value before the bits were set. */
export const or = (arena: Arena, word: number, bits: number): number => Atomics.or(arena.words, word, bits);
/** Returns the value before the bits outside `bits` were cleared. */
export const and = (arena: Arena, word: number, bits: number): number => Atomics.and(arena.words, word, bits);

export const get = (arena: Arena, word: number): number => arena.words[word] as number;
export const set = (arena: Arena, word: number, value: number): void => {
  arena.words[word] = value;
};
