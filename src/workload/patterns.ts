/** Which address comes next: hot and cold places of a region of equal slots. */
import type { RandomStream } from './random.ts';

export const patternKinds = ['uniform', 'zipf', 'streaming', 'chase'] as const;
export type PatternKind = (typeof patternKinds)[number];

/** Exponent of the Zipf distribution, as in the YCSB benchmarks. */
const ZIPF = 0.99;

/** Each call gives the next slot, in [0, slots). */
export type Pattern = () => number;

/** The slots in a random order. */
function shuffled(slots: number, random: RandomStream): Uint32Array {
  const order = Uint32Array.from({ length: slots }, (_, i) => i);
  for (let i = slots - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const kept = order[i] as number;
    order[i] = order[j] as number;
    order[j] = kept;
  }
  return order;
}

/** First index whose value is above `target`. */
function firstAbove(values: Float64Array, target: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) > target) high = middle;
    else low = middle + 1;
  }
  return low;
}

function zipf(slots: number, random: RandomStream): Pattern {
  const cumulative = new Float64Array(slots);
  let sum = 0;
  for (let rank = 0; rank < slots; rank++) {
    sum += 1 / (rank + 1) ** ZIPF;
    cumulative[rank] = sum;
  }
  const place = shuffled(slots, random);
  return () => place[firstAbove(cumulative, random.unit() * sum)] as number;
}

/**
 * `uniform`: any slot. `zipf`: few slots are hot, and they lie anywhere. `streaming`: one after another, from the start again
 * after the end. `chase`: a pointer chase, each slot once a round in a random order that stays the same.
 */
export function pattern(kind: PatternKind, slots: number, random: RandomStream): Pattern {
  if (kind === 'uniform') return () => random.below(slots);
  if (kind === 'zipf') return zipf(slots, random);
  const order = kind === 'chase' ? shuffled(slots, random) : null;
  let at = random.below(slots);
  return () => {
    at = (at + 1) % slots;
    return order === null ? at : (order[at] as number);
  };
}
