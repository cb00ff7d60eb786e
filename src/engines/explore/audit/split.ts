/**
 * A step that was stopped in its middle, while others went on. It was no step at all if others came between its parts in such a
 * way that there is no order of whole steps with the same result: something they did must come after an access of the first
 * part, and something that follows from that must come before an access of the second.
 */
import { type Access, disturbs, type StepLog } from './stepLog.ts';

/** An access of another actor, in its step. */
export interface Foreign {
  readonly actor: number;
  readonly access: Access;
}

/** What shows that a step is none: the first access, the one it is disturbed by, the one that disturbs the second, the second. */
export interface Circle {
  readonly first: Access;
  readonly after: Foreign;
  readonly before: Foreign;
  readonly second: Access;
}

export class Split {
  readonly #step: StepLog;
  /** Accesses of the step so far: what comes later is the second part. */
  readonly #firstPart: number;
  /** By actor: the accesses of the first part that its steps come after, with how each was met first. */
  readonly #follows = new Map<number, Map<Access, Foreign>>();
  /** By word: what steps did that come after the first part, and what they come after. */
  readonly #later = new Map<number, (readonly [Foreign, ReadonlyMap<Access, Foreign>])[]>();

  /** The words of the first part. */
  readonly #words: ReadonlySet<number>;

  /** All that is done to the word of one lock on the way to it is one access. */
  readonly #lockWords: ReadonlySet<number>;

  constructor(step: StepLog, lockWords: ReadonlySet<number>) {
    this.#step = step;
    this.#lockWords = lockWords;
    this.#firstPart = step.accesses.length;
    this.#words = new Set(step.accesses.map(({ word }) => word));
  }

  /** Another actor has made a step. Inside of it there is no order. */
  onStep({ actor, accesses }: StepLog): void {
    const follows = new Map(this.#follows.get(actor));
    for (const access of accesses) {
      for (let i = 0; i < this.#firstPart && this.#words.has(access.word); i++) {
        const first = this.#step.accesses[i] as Access;
        if (first.role !== 'takes' && !follows.has(first) && disturbs(first, access)) follows.set(first, { actor, access });
      }
      for (const [{ access: earlier }, its] of this.#later.get(access.word) ?? [])
        if (disturbs(earlier, access)) for (const [first, met] of its) if (!follows.has(first)) follows.set(first, met);
    }
    if (follows.size === 0) return;
    this.#follows.set(actor, follows);
    for (const access of accesses) {
      const known = this.#later.get(access.word);
      if (known === undefined) this.#later.set(access.word, [[{ actor, access }, follows]]);
      else known.push([{ actor, access }, follows]);
    }
  }

  /** A copy of a frame counts as one access as well. */
  #areOne(first: Access, second: Access): boolean {
    if (first.unit === second.unit || (first.word < 0 && second.word < 0)) return true;
    return first.word === second.word && this.#lockWords.has(first.word);
  }

  /** The step has come to its end. The circle with the nearest two accesses, or null if it was a step after all. */
  circle(): Circle | null {
    const { accesses } = this.#step;
    for (let i = this.#firstPart; i < accesses.length; i++) {
      const second = accesses[i] as Access;
      if (second.role === 'releases') continue;
      for (const [before, follows] of this.#later.get(second.word) ?? []) {
        if (!disturbs(before.access, second)) continue;
        const [nearest] = [...follows]
          .filter(([first]) => !first.forgotten && first.role !== 'takes' && !this.#areOne(first, second))
          .sort(([one], [other]) => other.unit - one.unit);
        if (nearest !== undefined) return { first: nearest[0], after: nearest[1], before, second };
      }
    }
    return null;
  }
}
