/**
 * Hashes of a word and its value, in two halves of 32 bits. The halves are made with different constants throughout, so that
 * together they tell states apart by 64 bits: of n different states two have the same hash with a chance of n * n / 2^65.
 */

export function mixLow(word: number, value: number): number {
  let h = Math.imul(word ^ 0x1b873593, 0x85ebca6b) ^ Math.imul(value + 0x7ed55d16, 0xc2b2ae35);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return h ^ (h >>> 13);
}

export function mixHigh(word: number, value: number): number {
  let h = Math.imul(word ^ 0x68e31da4, 0x9e3779b1) ^ Math.imul(value + 0x3c6ef372, 0x27d4eb2f);
  h ^= h >>> 16;
  h = Math.imul(h, 0x7feb352d);
  return h ^ (h >>> 14);
}

/** How many of `n` pairwise different states are expected to be taken for another one, as text such as `3e-8`. */
export const collisionChance = (n: number): string => ((n * n) / 2 ** 65).toExponential(0);
