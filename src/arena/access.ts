/**
 * Every access of the model to shared words goes through these functions.
 *
 * The atomic ones are sequentially consistent and cost 8-16 ns in Node 20 (a call, not an instruction). `get` and
 * `set` are plain: 1-2 ns. A plain access is right in three places: under the lock that guards the word, on a word only
 * one actor writes, and in a lock-free reader whose result is believed only after a later atomic check (`READ_ONCE` in
 * the kernel), which is how the page walk of hmm_range_fault reads entries.
 */
import { erased } from '../steps/steps.ts';
import type { Arena } from './arena.ts';
import { POISON } from './config.ts';
import type { FrameWord, Word } from './units.ts';

/**
 * Stands in for the shared words in the stepped tree, so that an explorer learns what an actor reads and writes, can take a
 * write back, and can lead an actor to where it once was by giving it the values it read then. One thread at a time. The erased
 * tree has no trace of it. A frame word number `at` is the word `~at`, below zero.
 */
export interface Memory {
  read(word: Word): number;
  write(word: Word, value: number): void;
  /** An addition whose result nobody looks at. */
  increase(word: Word, by: number): void;
  /** See {@link namesOwner} and {@link acquired}. */
  namesOwner(word: Word): void;
  acquired(word: Word): void;
  /** See {@link overActors}. */
  overActors(begins: boolean): void;
  /** Who waits on the word may go on. */
  wake(word: Word): void;
  /** What the running actor has observed so far, and a way back to it: to after a stretch, or to the very beginning of it. */
  mark(): unknown;
  rewind(mark: unknown): void;
  restart(mark: unknown): void;
  /** The read of the word that follows and the write after it, if any, are one access; `compares` in a compare-and-swap. */
  indivisible?(word: Word, compares: boolean): void;
  /** See {@link isRawLock}. */
  isRawLock?(word: Word): void;
  /** Of the word that is read next only these bits matter. */
  looksAt?(bits: number): void;
}

let memory: Memory | null = null;

/** Lets all accesses go through `next`, or straight to the arena with null. Returns what they went through before. */
export function useMemory(next: Memory | null): Memory | null {
  const before = memory;
  memory = next;
  return before;
}

/**
 * Says that a word names an actor by its tag, while somebody owns what the word stands for. Needed before a tag is stored, so that an
 * explorer can take actors that do the same for one another.
 */
export function namesOwner(word: Word): void {
  if (!erased && memory !== null) memory.namesOwner(word);
}

/**
 * Says that the running actor has taken a lock for which it would have waited. Kernel locks are queued, or handed over to who has
 * waited long enough: so an explorer takes no round for endless in which somebody is kept from such a lock.
 */
export function acquired(word: Word): void {
  if (!erased && memory !== null) memory.acquired(word);
}

/**
 * Says that the word is a raw lock, before it is taken. Its holder comes to no point: who looks for steps that are none takes what is done
 * under it for one access.
 */
export function isRawLock(word: Word): void {
  if (!erased && memory !== null) memory.isRawLock?.(word);
}

/**
 * Brackets a loop over the records of all actors. It must do the same to each record, and what it has found out afterwards must
 * not depend on the numbers of the actors: then an explorer can still take actors that do the same for one another.
 */
export function overActors(begins: boolean): void {
  if (!erased && memory !== null) memory.overActors(begins);
}

/**
 * Brackets a stretch of reads that the actor does not remember, such as the attempts to take a lock: it continues in the same way,
 * independent of what it has read. Without it an explorer would take each number of attempts for another state.
 */
export const observed = (): unknown => (erased || memory === null ? null : memory.mark());
export function forgetSince(mark: unknown): void {
  if (!erased && memory !== null) memory.rewind(mark);
}

/**
 * Says that a loop begins another round as it began the one at `mark`: with the same local variables, remembering nothing of
 * the round that failed. An explorer then sees one place where it would have seen as many as there are rounds. Not for loops
 * that do something else after so many rounds. A count at which the loop is reported as a violation does no harm: it stands guard in a
 * race, and an explorer reports such a loop as soon as it comes back to a state. Give such a variable as `rounds`, and it does not count.
 *
 * An explorer that knows the variables that a loop will still use needs it for loops with such a count only (docs/explore.md).
 */
export function forgetRound(mark: unknown, _rounds?: number): void {
  if (!erased && memory !== null) memory.restart(mark);
}

/** The read of a read-modify-write through a memory. Nobody runs before its write. */
function readToChange(through: Memory, word: Word, compares = false): number {
  through.indivisible?.(word, compares);
  return through.read(word);
}

/** Its write. Passes the old value on. */
function change(through: Memory, word: Word, old: number, value: number): number {
  if (value !== old) through.write(word, value);
  return old;
}

export function load(arena: Arena, word: Word): number {
  return !erased && memory !== null ? memory.read(word) : Atomics.load(arena.words, word);
}

export function store(arena: Arena, word: Word, value: number): void {
  if (!erased && memory !== null) memory.write(word, value);
  else Atomics.store(arena.words, word, value);
}

/** Returns the value before the addition. */
export function add(arena: Arena, word: Word, value: number): number {
  if (erased || memory === null) return Atomics.add(arena.words, word, value);
  const old = readToChange(memory, word);
  return change(memory, word, old, (old + value) | 0);
}

/** Addition for callers that do not care for the value before: to an explorer it is no observation. */
export function increase(arena: Arena, word: Word, by: number): void {
  if (!erased && memory !== null) memory.increase(word, by);
  else Atomics.add(arena.words, word, by);
}

/** Compare and swap; returns what was there. */
export function cas(arena: Arena, word: Word, expected: number, value: number): number {
  if (erased || memory === null) return Atomics.compareExchange(arena.words, word, expected, value);
  const old = readToChange(memory, word, true);
  return change(memory, word, old, old === expected ? value : old);
}

/** Returns the value before the exchange. */
export function xchg(arena: Arena, word: Word, value: number): number {
  if (erased || memory === null) return Atomics.exchange(arena.words, word, value);
  return change(memory, word, readToChange(memory, word), value);
}

/** Returns the value before the bits were set. */
export function or(arena: Arena, word: Word, bits: number): number {
  if (erased || memory === null) return Atomics.or(arena.words, word, bits);
  const old = readToChange(memory, word);
  return change(memory, word, old, old | bits);
}

/** Returns the value before the bits outside `bits` were cleared. */
export function and(arena: Arena, word: Word, bits: number): number {
  if (erased || memory === null) return Atomics.and(arena.words, word, bits);
  const old = readToChange(memory, word);
  return change(memory, word, old, old & bits);
}

export function get(arena: Arena, word: Word): number {
  return !erased && memory !== null ? memory.read(word) : (arena.words[word] as number);
}

/** Says that of the word that is read next only these bits matter. */
export function looksAt(bits: number): void {
  if (!erased && memory !== null) memory.looksAt?.(bits);
}

/** Some bits of a word, with a plain load. */
export function getBits(arena: Arena, word: Word, bits: number): number {
  looksAt(bits);
  return get(arena, word) & bits;
}

export function set(arena: Arena, word: Word, value: number): void {
  if (!erased && memory !== null) memory.write(word, value);
  else arena.words[word] = value;
}

/** Adds to a word that only this actor writes: a statistic. An explorer leaves it out of the state until somebody reads it. */
export function tally(arena: Arena, word: Word, by: number): void {
  if (!erased && memory !== null) memory.increase(word, by);
  else arena.words[word] = (arena.words[word] as number) + by;
}

/** Plain stores of one value to the words [from, to). */
export function fill(arena: Arena, value: number, from: Word, to: Word): void {
  if (!erased && memory !== null) for (let word = from; word < to; word++) memory.write(word, value);
  else arena.words.fill(value, from, to);
}

/** Wakes up to `count` waiters of a word; an explorer wakes all of them. */
export function notify(arena: Arena, word: Word, count: number): void {
  if (!erased && memory !== null) memory.wake(word);
  else Atomics.notify(arena.words, word, count);
}

/** The following take indices in `arena.frames`. */
export function frameGet(arena: Arena, at: FrameWord): number {
  return !erased && memory !== null ? memory.read(~at) : (arena.frames[at] as number);
}

export function frameLoad(arena: Arena, at: FrameWord): number {
  return !erased && memory !== null ? memory.read(~at) : Atomics.load(arena.frames, at);
}

export function frameStore(arena: Arena, at: FrameWord, value: number): void {
  if (!erased && memory !== null) memory.write(~at, value);
  else Atomics.store(arena.frames, at, value);
}

/** Returns the value before the addition. */
export function frameAdd(arena: Arena, at: FrameWord, value: number): number {
  if (erased || memory === null) return Atomics.add(arena.frames, at, value);
  const old = readToChange(memory, ~at);
  return change(memory, ~at, old, (old + value) | 0);
}

/** Plain stores of `value` to all words of the frame that begins at `at`. */
export function frameFill(arena: Arena, at: FrameWord, value: number): void {
  if (erased || memory === null) fillWords(arena, at, value);
  else for (let i = 0; i < arena.frameWords; i++) memory.write(~(at + i), value);
}

/** Two words of poison as one double. It is no NaN, the bits of which might change on the way. */
const POISON_PAIR = new Float64Array(new Int32Array([POISON, POISON]).buffer)[0] as number;

/**
 * `set` and `fill` store shared memory word by word in Node 24, and checked. Eight doubles a round take a quarter of their
 * time, and on Node 20 half of it.
 */
function fillWords({ frames, frameDoubles, frameWords }: Arena, at: FrameWord, value: number): void {
  if (frameWords % 16 !== 0 || (value !== 0 && value !== POISON)) {
    frames.fill(value, at, at + frameWords);
    return;
  }
  const pair = value === 0 ? 0 : POISON_PAIR;
  const end = (at + frameWords) / 2;
  for (let i = at / 2; i < end; i += 8) {
    frameDoubles[i] = pair;
    frameDoubles[i + 1] = pair;
    frameDoubles[i + 2] = pair;
    frameDoubles[i + 3] = pair;
    frameDoubles[i + 4] = pair;
    frameDoubles[i + 5] = pair;
    frameDoubles[i + 6] = pair;
    frameDoubles[i + 7] = pair;
  }
}

/** Plain stores of `contents` from `at` on. */
export function frameWrite(arena: Arena, at: FrameWord, contents: Int32Array): void {
  if (erased || memory === null) arena.frames.set(contents, at);
  else for (let i = 0; i < contents.length; i++) memory.write(~(at + i), contents[i] as number);
}

/** Copies `count` words that do not overlap. What they are is no observation: whoever copies goes on in the same manner. */
export function frameCopy(arena: Arena, to: FrameWord, from: FrameWord, count: number): void {
  if (erased || memory === null) {
    arena.frames.copyWithin(to, from, from + count);
    return;
  }
  const mark = memory.mark();
  for (let i = 0; i < count; i++) memory.write(~(to + i), memory.read(~(from + i)));
  memory.rewind(mark);
}
