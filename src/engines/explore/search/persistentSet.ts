/**
 * Which actors a search must try at a state: a persistent set. Whatever the others do meanwhile, as long as none of the set makes a
 * step, conflicts with no next step of the set. So their steps can as well be made later, and nothing is missed (docs/explore.md).
 *
 * What the others can do is known exactly: either it is one of them, who has no choice when it is alone, or they are apart from each
 * other, so that each of them does what it does alone. Only on a round could somebody be put off for ever: where paths close one, all
 * orders are looked at once more (wholeRound.ts).
 */
import type { Executor } from '../machine/execution.ts';
import type { Symmetry } from '../machine/symmetry.ts';
import { AloneRuns } from './aloneRuns.ts';
import type { Patience } from './patience.ts';

/** With more actors somebody is in the way of somebody at nearly every state: looking for it takes longer than what is saved. */
export const MOST_ACTORS = 4;

const isOne = (mask: number): boolean => (mask & (mask - 1)) === 0;

export class PersistentSets {
  readonly #executor: Executor;
  readonly #runs: AloneRuns;
  readonly #symmetry: Symmetry | null;
  /** All actors, in the order in which they are looked at. */
  readonly #order: number[];

  constructor(executor: Executor, symmetry: Symmetry | null, patience: Patience) {
    this.#executor = executor;
    this.#symmetry = symmetry;
    this.#runs = new AloneRuns(executor, patience);
    this.#order = Array.from({ length: executor.count }, (_, i) => i);
  }

  /** The search goes on from a new state: the first one, or where its last step has led. */
  arrive(): void {
    this.#runs.arrive();
  }

  /** Actors to be tried at the state, of those that can run, a bit each. It follows from the state, not from the path that led there. */
  at(runnable: number): number {
    if (this.#symmetry !== null) this.#order.sort(this.#compare);
    let best = runnable;
    let left = runnable;
    for (const seed of this.#order) {
      if ((left & (1 << seed)) === 0) continue;
      const seeds = this.#meeting(1 << seed, runnable);
      if (seeds === runnable) return runnable;
      left &= ~seeds;
      const set = sizeOf(seeds) < sizeOf(best) ? this.#grownFrom(seeds, runnable) : runnable;
      if (sizeOf(set) < sizeOf(best)) best = set;
      if (isOne(best)) return best;
    }
    return best;
  }

  /** With `seed`, all whose next steps conflict with each other, directly or over others: they are in one set or in none. */
  #meeting(seed: number, runnable: number): number {
    let all = seed;
    for (let more = seed; more !== 0; ) {
      const shape = this.#runs.next(lowestOf(more));
      more &= more - 1;
      for (let rest = runnable & ~all; rest !== 0; rest &= rest - 1) {
        const other = this.#runs.next(lowestOf(rest));
        if (shape !== null && other !== null && !this.#executor.shapes.conflict(shape, other)) continue;
        all |= rest & -rest;
        more |= rest & -rest;
      }
    }
    return all;
  }

  /** Like actors come in the order of what they have done so far, so that it does not matter which one of them is where. */
  readonly #compare = (one: number, other: number): number => {
    const { first } = this.#symmetry as Symmetry;
    const [a, b] = [this.#executor.localOf(one), this.#executor.localOf(other)];
    return (first[one] as number) - (first[other] as number) || a.anonymousLow - b.anonymousLow || one - other;
  };

  /** A persistent set that has these in it. */
  #grownFrom(seeds: number, runnable: number): number {
    let set = seeds;
    while (set !== runnable) {
      const more = this.#inTheWay(set, runnable) || this.#together(set, runnable);
      if (more === 0) return set;
      set |= more;
    }
    return set;
  }

  /** One that is not in the set and might do something that conflicts with a next step of the set; 0 for nobody. */
  #inTheWay(set: number, runnable: number): number {
    for (const other of this.#order) {
      if ((runnable & ~set & (1 << other)) === 0) continue;
      for (let rest = set; rest !== 0; rest &= rest - 1) if (this.#runs.conflicts(lowestOf(rest), other)) return 1 << other;
    }
    return 0;
  }

  /** One that is not in the set and, together with another one that is not, might do something else than alone; 0 for nobody. */
  #together(set: number, runnable: number): number {
    const order = this.#order;
    for (let i = 0; i < order.length; i++) {
      const one = order[i] as number;
      if ((set & (1 << one)) !== 0) continue;
      for (let j = i + 1; j < order.length; j++) {
        const other = order[j] as number;
        const both = runnable & ((1 << one) | (1 << other));
        if ((set & (1 << other)) === 0 && both !== 0 && !this.#runs.areApart(one, other))
          return runnable & (1 << one) || 1 << other;
      }
    }
    return 0;
  }
}

/** The first actor of some. */
const lowestOf = (mask: number): number => 31 - Math.clz32(mask & -mask);

function sizeOf(mask: number): number {
  let n = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) n++;
  return n;
}
