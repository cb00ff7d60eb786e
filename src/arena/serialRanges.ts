/** What stands for serial numbers (serials.ts) while an explorer takes states that differ only in how far they have counted for one. */
import { erased } from '../steps/steps.ts';
import type { Word } from './units.ts';

declare const opaque: unique symbol;

/** A serial number, or a copy of one. It never is a symbol: a compiler refuses to calculate with one, to order it, or to make a text of it. */
export type Serial = symbol & { readonly [opaque]: true };

/** What an explorer puts in place of serial numbers. */
export interface SerialRanges {
  /** The first value of the one at `word`, which the kernel lets begin at `first`. */
  begin(word: Word, first: number, isSequence: boolean): number;
  /** The word is looked at, or changed, as a serial number. */
  read<A>(arena: A, word: Word, read: (arena: A, word: Word) => number): number;
  write<A>(arena: A, word: Word, write: (arena: A, word: Word, value: number) => void, value: number): void;
  /** What stands for the value in a variable, and the value of what stands for it. */
  shown(value: number): Serial;
  valueOf(serial: Serial): number;
  /** The word, which has the value, is about to count, perhaps as only a sequence does. */
  counts(word: Word, value: number, asSequence: boolean): void;
  isOdd(serial: Serial): boolean;
  /** The word is about to hold a copy. */
  copied(word: Word): void;
  compared(one: Serial, other: Serial): void;
}

/** What is put in place of them; with null they are what the kernel has. */
export const inUse: { ranges: SerialRanges | null } = { ranges: null };

/** Gives serial numbers ranges from now on; with null they are what the kernel has. Returns what was so before. */
export function useRanges(next: SerialRanges | null): SerialRanges | null {
  const before = inUse.ranges;
  inUse.ranges = next;
  return before;
}

/** So many words from `at` on, which are 0, begin to count there. Nobody runs yet. */
export function serialsBegin(words: Int32Array, at: Word, count: number): void {
  if (erased || inUse.ranges === null) return;
  for (let word = at; word < at + count; word++) words[word] = inUse.ranges.begin(word, 0, false);
}
