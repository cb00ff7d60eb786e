/** Guesses of how far a depth-first search has come. */
import type { Executor } from '../machine/execution.ts';
import { grown } from '../machine/grown.ts';

/** Ones in a word. */
export function bits(word: number): number {
  let n = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) n++;
  return n;
}

export class Shares {
  /** How many choices there were at each state on the path. */
  #choices = new Uint8Array(64);
  /** Most steps of a path, of those looked at. */
  #deepest = 1;

  /** The path goes on from a state with these choices. */
  note(depth: number, choices: number): void {
    if (depth >= this.#choices.length) this.#choices = grown(this.#choices, 2 * depth);
    this.#choices[depth] = bits(choices);
  }

  /**
   * Share of the states that were met: a guess that is mostly too low, and one that is mostly too high. The low one takes every
   * choice to have as much below it as the others, although later ones lead to states that are known. The high one takes what is
   * below a place to grow as a power of the steps left from it, although early steps make more of a difference than late ones.
   */
  of({ steps, count }: Executor, untried: Int32Array): readonly [low: number, high: number] {
    this.#deepest = Math.max(this.#deepest, steps);
    let [low, weight, first] = [0, 1, -1];
    for (let depth = 0; depth < steps; depth++) {
      const choices = this.#choices[depth] as number;
      const done = choices - bits(untried[depth] as number) - 1;
      if (done > 0 && first === -1) first = depth;
      weight /= choices;
      low += weight * done;
      if (first !== -1 && weight < 1e-9) break;
    }
    const high = Math.max(1 - (first === -1 ? steps : first) / this.#deepest, 1 / this.#deepest) ** count;
    return [Math.min(low, high), high];
  }
}
