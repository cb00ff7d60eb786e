/**
 * Serial numbers: words that only count up, such as sequences and generations, and copies of them.
 *
 * Whoever has one can do nothing with it but keep it, and ask whether it is the same as another one, or odd: to the compiler it is no
 * number. So nobody acts on how far serial numbers have counted, and an explorer may take states that differ only in that for one. There
 * each begins in a range of its own, which tells it from the others, and a variable holds an object in place of it, which refuses to be
 * a number (docs/explore.md). In a race, and wherever nobody asks for ranges, it is the number in the word.
 */
import { erased } from '../steps/steps.ts';
import { get, increase, load, set, store } from './access.ts';
import type { Arena } from './arena.ts';
import { inUse, type Serial, type SerialRanges } from './serialRanges.ts';
import type { Word } from './units.ts';

export type { Serial } from './serialRanges.ts';

/** A word as it is, in place of its serial number, and the other way round. */
const plain = (value: number): Serial => value as unknown as Serial;
const number = (serial: Serial): number => serial as unknown as number;

/** The word begins to count. A `sequence` is odd now and then; of any other serial number it is never asked whether it is odd. */
export function serialBegin(arena: Arena, word: Word, first: number, isSequence = false): void {
  if (erased || inUse.ranges === null) store(arena, word, first);
  else inUse.ranges.write(arena, word, store, inUse.ranges.begin(word, first, isSequence));
}

/** What is in the word: by an atomic load. */
export const serialLoad = (arena: Arena, word: Word): Serial =>
  erased || inUse.ranges === null ? plain(load(arena, word)) : inUse.ranges.shown(inUse.ranges.read(arena, word, load));

/** The same by a plain load. */
export const serialGet = (arena: Arena, word: Word): Serial =>
  erased || inUse.ranges === null ? plain(get(arena, word)) : inUse.ranges.shown(inUse.ranges.read(arena, word, get));

/** Puts a copy into a word that does not count itself: by an atomic store. */
export function serialStore(arena: Arena, word: Word, serial: Serial): void {
  if (erased || inUse.ranges === null) store(arena, word, number(serial));
  else {
    inUse.ranges.copied(word);
    inUse.ranges.write(arena, word, store, inUse.ranges.valueOf(serial));
  }
}

/** The same by a plain store. */
export function serialSet(arena: Arena, word: Word, serial: Serial): void {
  if (erased || inUse.ranges === null) set(arena, word, number(serial));
  else {
    inUse.ranges.copied(word);
    inUse.ranges.write(arena, word, set, inUse.ranges.valueOf(serial));
  }
}

/** The word counts: by the only one that may write it, with a plain store. */
export function serialCount(arena: Arena, word: Word): void {
  if (erased || inUse.ranges === null) set(arena, word, (get(arena, word) + 1) | 0);
  else inUse.ranges.write(arena, word, set, countable(inUse.ranges, arena, word, false) + 1);
}

/** The word counts, whoever else may let it. */
export function serialIncrease(arena: Arena, word: Word): void {
  if (erased || inUse.ranges === null) increase(arena, word, 1);
  else inUse.ranges.write(arena, word, (there, at) => increase(there, at, 1), 0);
}

/** Makes a sequence odd, unless it is, and even. By the only one that may write it. */
export function serialSeal(arena: Arena, word: Word): void {
  if (erased || inUse.ranges === null) store(arena, word, get(arena, word) | 1);
  else inUse.ranges.write(arena, word, store, countable(inUse.ranges, arena, word, true) | 1);
}

export function serialUnseal(arena: Arena, word: Word): void {
  if (erased || inUse.ranges === null) store(arena, word, (get(arena, word) + 1) | 0);
  else inUse.ranges.write(arena, word, store, countable(inUse.ranges, arena, word, true) + 1);
}

/** Of a sequence that is even: what it was before it became so, or one less than its first value. */
export const serialPast = (arena: Arena, word: Word): Serial =>
  erased || inUse.ranges === null
    ? plain((get(arena, word) - 1) | 0)
    : inUse.ranges.shown(countable(inUse.ranges, arena, word, true) - 1);

function countable(there: SerialRanges, arena: Arena, word: Word, asSequence: boolean): number {
  const value = there.read(arena, word, get);
  there.counts(word, value, asSequence);
  return value;
}

/** 0 stands for none, and is the same as no other. */
export function isSame(one: Serial | 0, other: Serial | 0): boolean {
  if (!erased && inUse.ranges !== null && one !== 0 && other !== 0) inUse.ranges.compared(one, other);
  return one === other;
}

/** Of a sequence, or a copy of one. */
export const isOdd = (serial: Serial): boolean =>
  erased || inUse.ranges === null ? (number(serial) & 1) !== 0 : inUse.ranges.isOdd(serial);

/** What a word is to be compared with by {@link isStill}: for a wait (sync/wait.ts). */
export const waitedFor = (value: number | Serial): number =>
  erased || inUse.ranges === null || typeof value === 'number' ? (value as number) : inUse.ranges.valueOf(value);

/** Is the word, whether or not it is a serial number, what it was? */
export const isStill = (arena: Arena, word: Word, value: number): boolean =>
  (erased || inUse.ranges === null ? load(arena, word) : inUse.ranges.read(arena, word, load)) === value;

/** For people. */
export const serialText = (serial: Serial): string =>
  String(erased || inUse.ranges === null ? number(serial) : inUse.ranges.valueOf(serial));
