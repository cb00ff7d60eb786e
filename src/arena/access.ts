/**
 * Every access of the model to shared words goes through these functions.
 *
 * The first seven are sequentially consistent and cost 8-16 ns in Node 20 (a call, not an instruction). `get` and
 * `set` are plain: 1-2 ns. A plain access is right in three places: under the lock that guards the word, on a word only
 * one actor writes, and in a lock-free reader whose result is believed only after a later atomic check (`READ_ONCE` in
 * the kernel), which is how the page walk of hmm_range_fault reads entries.
 */
import { erased } from '../steps/steps.ts';
import type { Arena } from './arena.ts';

/**
 * Sees every access of the model to shared words, in the stepped tree only: what an explorer needs to know what an actor has
 * observed, and to keep a hash of the arena. The erased tree has no trace of it.
 */
export interface AccessObserver {
  readonly read: (word: number, value: number) => void;
  readonly write: (word: number, old: number, value: number) => void;
  /** What the running actor has observed so far, and a way back to it. */
  readonly mark: () => unknown;
  readonly rewind: (mark: unknown) => void;
}

let observer: AccessObserver | null = null;

/** Hangs an observer in, or takes it out with null. */
export function observeAccess(next: AccessObserver | null): void {
  observer = next;
}

/**
 * Brackets a stretch of reads that leaves no memory, such as the attempts to take a lock: whatever was seen on the way, the
 * actor goes on in the same manner. Without it an explorer would take each number of attempts for another state.
 */
export const observed = (): unknown => (erased || observer === null ? null : observer.mark());
export function forgetSince(mark: unknown): void {
  if (!erased && observer !== null) observer.rewind(mark);
}

/** Reports a read-modify-write, and passes the old value on. */
function changed(word: number, old: number, value: number): number {
  if (observer !== null) {
    observer.read(word, old);
    if (value !== old) observer.write(word, old, value);
  }
  return old;
}

export function load(arena: Arena, word: number): number {
  const value = Atomics.load(arena.words, word);
  if (!erased && observer !== null) observer.read(word, value);
  return value;
}

export function store(arena: Arena, word: number, value: number): void {
  if (!erased && observer !== null) observer.write(word, arena.words[word] as number, value);
  Atomics.store(arena.words, word, value);
}

/** Returns the value before the addition. */
export function add(arena: Arena, word: number, value: number): number {
  const old = Atomics.add(arena.words, word, value);
  return erased ? old : changed(word, old, (old + value) | 0);
}

/** Compare and swap; returns what was there. */
export function cas(arena: Arena, word: number, expected: number, value: number): number {
  const old = Atomics.compareExchange(arena.words, word, expected, value);
  return erased ? old : changed(word, old, old === expected ? value : old);
}

/** Returns the value before the exchange. */
export function xchg(arena: Arena, word: number, value: number): number {
  const old = Atomics.exchange(arena.words, word, value);
  return erased ? old : changed(word, old, value);
}

/** Returns the value before the bits were set. */
export function or(arena: Arena, word: number, bits: number): number {
  const old = Atomics.or(arena.words, word, bits);
  return erased ? old : changed(word, old, old | bits);
}

/** Returns the value before the bits outside `bits` were cleared. */
export function and(arena: Arena, word: number, bits: number): number {
  const old = Atomics.and(arena.words, word, bits);
  return erased ? old : changed(word, old, old & bits);
}

export function get(arena: Arena, word: number): number {
  const value = arena.words[word] as number;
  if (!erased && observer !== null) observer.read(word, value);
  return value;
}

export function set(arena: Arena, word: number, value: number): void {
  if (!erased && observer !== null) observer.write(word, arena.words[word] as number, value);
  arena.words[word] = value;
}

/** Plain stores of one value to the words [from, to). */
export function fill(arena: Arena, value: number, from: number, to: number): void {
  if (!erased && observer !== null)
    for (let word = from; word < to; word++) observer.write(word, arena.words[word] as number, value);
  arena.words.fill(value, from, to);
}

/** Words of frames, by their index in `arena.frames`. An observer sees them as the words below zero. */
const frameWord = (at: number): number => -1 - at;

export function frameLoad(arena: Arena, at: number): number {
  const value = Atomics.load(arena.frames, at);
  if (!erased && observer !== null) observer.read(frameWord(at), value);
  return value;
}

export function frameStore(arena: Arena, at: number, value: number): void {
  if (!erased && observer !== null) observer.write(frameWord(at), arena.frames[at] as number, value);
  Atomics.store(arena.frames, at, value);
}

/** Returns the value before the addition. */
export function frameAdd(arena: Arena, at: number, value: number): number {
  const old = Atomics.add(arena.frames, at, value);
  return erased ? old : changed(frameWord(at), old, (old + value) | 0);
}
