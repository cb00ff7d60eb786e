/**
 * The array a task keeps from one operation to the next (`task.pfns`), as part of its local state: an operation may use what an
 * earlier round or operation has left there. Contents are kept once each.
 */
import { SCRATCH_PAGES } from '../../../sync/task.ts';
import { mixHigh, mixLow } from './hash.ts';

/** Contents of an array: the words up to the last that is not 0, and a hash of them. */
export interface Scratch {
  readonly words: Int32Array;
  readonly low: number;
  readonly high: number;
}

export const EMPTY: Scratch = { words: new Int32Array(0), low: 0, high: 0 };

function isSame({ words }: Scratch, array: Int32Array): boolean {
  for (let i = 0; i < words.length; i++) if (words[i] !== array[i]) return false;
  for (let i = words.length; i < SCRATCH_PAGES; i++) if (array[i] !== 0) return false;
  return true;
}

/** The contents of `array`; `before` itself if they are the same. */
export function scratchOf(array: Int32Array, before: Scratch): Scratch {
  if (isSame(before, array)) return before;
  let length = SCRATCH_PAGES;
  while (length > 0 && array[length - 1] === 0) length--;
  if (length === 0) return EMPTY;
  let [low, high] = [0, 0];
  for (let i = 0; i < length; i++) {
    low ^= mixLow(i, array[i] as number);
    high ^= mixHigh(i, array[i] as number);
  }
  return { words: array.slice(0, length), low, high };
}

/** Brings an array to the contents. */
export function restore(array: Int32Array, { words }: Scratch): void {
  array.set(words);
  array.fill(0, words.length);
}
