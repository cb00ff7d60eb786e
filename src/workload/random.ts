/** Seeded random numbers for the race: a stream for each actor and purpose, from one seed. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export interface RandomStream {
  /** Uniform in [0, 1). */
  readonly unit: () => number;
  /** Uniform whole number in [0, bound). */
  readonly below: (bound: number) => number;
}

/** Stream number `stream` of a seed. Streams are spread over the seeds by a multiplicative hash. */
export function randomStream(seed: number, stream: number): RandomStream {
  const generator = xoroshiro128plus(Math.imul(seed ^ Math.imul(stream + 1, 0x9e3779b1), 0x85ebca6b));
  const unit = (): number => (generator.next() >>> 0) / 2 ** 32;
  return { unit, below: (bound) => Math.floor(unit() * bound) };
}

/** Time to the next of random arrivals, exponentially distributed, in milliseconds. */
export const nextArrival = (random: RandomStream, ratePerSecond: number): number =>
  (-Math.log(1 - random.unit()) / ratePerSecond) * 1000;
