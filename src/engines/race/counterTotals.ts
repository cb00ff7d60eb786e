/**
 * Sums of what the actors count. Their counters are words of 32 bits that wrap around, in a race of hours; whoever looks at them now
 * and then adds up the differences, and has numbers that do not wrap.
 */
import type { Arena } from '../../arena/arena.ts';
import { type CounterName, counterNames } from '../../arena/counters.ts';
import { Actor } from '../../arena/structures.ts';

export type Counters = Record<CounterName, number>;

/** How far a word that counts up has come since it was `before`: right as long as that is less than 2^31. */
export const advance = (before: number, now: number): number => (now - before) | 0;

export class CounterTotals {
  readonly #arena: Arena;
  /** The words as they were last seen, actor by actor. */
  readonly #seen: Int32Array;
  readonly #totals = new Float64Array(counterNames.length);

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#seen = new Int32Array(arena.config.actors * counterNames.length);
  }

  /** The sums so far. Each word has one writer; a sum may lag, and never goes back. To be called every few minutes at least. */
  read(): Counters {
    const { words, actors, config } = this.#arena;
    for (let id = 0, place = 0; id < config.actors; id++) {
      const at = actors + id * Actor.shape.size + Actor.counters;
      for (let i = 0; i < counterNames.length; i++, place++) {
        const now = words[at + i] as number;
        this.#totals[i] = (this.#totals[i] as number) + advance(this.#seen[place] as number, now);
        this.#seen[place] = now;
      }
    }
    return Object.fromEntries(counterNames.map((name, i) => [name, this.#totals[i] as number])) as Counters;
  }
}
