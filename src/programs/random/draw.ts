/** What random programs and scripts are drawn with. */
import type { RandomStream } from '../../workload/random.ts';

export class Draw {
  readonly #random: RandomStream;
  readonly #step: number;
  #value: number;

  /** Values that are written begin after `first`, and are so far apart: each comes up once. */
  constructor(random: RandomStream, first: number, step: number) {
    this.#random = random;
    this.#value = first;
    this.#step = step;
  }

  below(bound: number): number {
    return this.#random.below(bound);
  }

  one<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  get value(): number {
    this.#value += this.#step;
    return this.#value;
  }

  weighted<T extends { readonly weight: number }>(choices: readonly T[]): T {
    let left = this.below(choices.reduce((sum, { weight }) => sum + weight, 0));
    return choices.find(({ weight }) => {
      left -= weight;
      return left < 0;
    }) as T;
  }
}
