/**
 * Chooses among programs at random, by what the ones before have come to: of several candidates it takes the one of which most pairs of
 * points are to be expected that no two actors have stood at yet.
 */
import type { Abilities } from '../matrix/abilities.ts';
import type { Operation } from '../operation.ts';
import type { Column, Program } from '../program.ts';
import { randomProgram } from './randomProgram.ts';

/** Where the actors of a program have stood in a search; see engines/explore/machine/meetings.ts. */
export interface Seen {
  readonly pairs: readonly number[];
  readonly stood: readonly (readonly number[])[];
}

/** The number of a pair of points. */
export type PairOf = (one: number, other: number) => number;

/** Programs of which one is taken. */
const CANDIDATES = 24;

/** What an operation is, whatever its pages and values are. */
const kindOf = ({ text }: Operation): string => text.replaceAll(/\d+/g, '').replaceAll(/\s+/g, ' ').trim();

export class Guide {
  readonly #seed: number;
  readonly #can: Abilities;
  readonly #learns: boolean;
  readonly #pairOf: PairOf;
  readonly #met = new Set<number>();
  /** By kind of operation: points that actors have stood at who do it. */
  readonly #points = new Map<string, Set<number>>();
  /** By pair: programs of which it was expected in vain. */
  readonly #vain = new Map<number, number>();

  /** One that does not learn draws the same programs each time, whatever comes of them. */
  constructor(seed: number, can: Abilities, learns: boolean, pairOf: PairOf) {
    this.#seed = seed;
    this.#can = can;
    this.#learns = learns;
    this.#pairOf = pairOf;
  }

  /** Pairs of points that were met so far. */
  get pairs(): ReadonlySet<number> {
    return this.#met;
  }

  /** The program of that number, as it is drawn now. */
  program(number: number): Program {
    let best = randomProgram(this.#seed, number, this.#can);
    if (!this.#learns || this.#met.size === 0) return best;
    let most = this.#promises(best);
    for (let candidate = 1; candidate < CANDIDATES; candidate++) {
      const program = randomProgram(this.#seed, number, this.#can, candidate);
      const promises = this.#promises(program);
      if (promises > most) [best, most] = [program, promises];
    }
    return best;
  }

  /** What was seen in searches of the program. How many pairs were met for the first time. */
  learn(program: Program, searches: readonly Seen[]): number {
    const before = this.#met.size;
    for (const { pairs, stood } of searches) {
      for (const pair of pairs) this.#met.add(pair);
      for (const [i, points] of stood.entries()) this.#note(program.columns[i], points);
    }
    for (const pair of this.#expected(program)) this.#vain.set(pair, (this.#vain.get(pair) ?? 0) + 1);
    return this.#met.size - before;
  }

  /** Where one has stood who does one thing is of that; of several, each is given those that nothing is known of. */
  #note(column: Column | undefined, points: readonly number[]): void {
    const kinds = [...new Set(column?.operations.map(kindOf))];
    for (const kind of kinds) {
      const known = this.#points.get(kind);
      if (known !== undefined && kinds.length > 1) continue;
      this.#points.set(kind, new Set([...(known ?? []), ...points]));
    }
  }

  /** Pairs that were not met yet, and may be met in the program: of points of two columns. */
  #expected({ columns }: Program): Set<number> {
    const places = columns.map(
      ({ operations }) => new Set(operations.flatMap((operation) => [...(this.#points.get(kindOf(operation)) ?? [])])),
    );
    const pairs = new Set<number>();
    for (const [i, ones] of places.entries())
      for (const others of places.slice(i + 1))
        for (const one of ones)
          for (const other of others) {
            const pair = this.#pairOf(one, other);
            if (!this.#met.has(pair)) pairs.add(pair);
          }
    return pairs;
  }

  /** Their number, each the less the more often it was expected in vain; and much for an operation that nobody has done yet. */
  #promises(program: Program): number {
    let sum = 0;
    for (const pair of this.#expected(program)) sum += 1 / (1 + (this.#vain.get(pair) ?? 0)) ** 2;
    const kinds = new Set(program.columns.flatMap(({ operations }) => operations.map(kindOf)));
    for (const kind of kinds) if (!this.#points.has(kind)) sum += UNKNOWN;
    return sum;
  }
}

/** Pairs that an operation is good for of which nothing is known. */
const UNKNOWN = 100;
