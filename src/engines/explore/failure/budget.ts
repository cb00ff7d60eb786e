/** How long a failure may be looked into: until a moment, and only as long as nobody says stop. */

export interface BudgetHooks {
  /** Somebody wants what there is, now. */
  readonly isStopped?: () => boolean;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** What is done after a failure is known takes so many seconds at most, or this share of the search that found it, if that is more. */
const LEAST_SECONDS = 5;
const SHARE = 1 / 10;

export const secondsFor = (searched: number): number => Math.max(LEAST_SECONDS, searched * SHARE);

export class Budget {
  readonly #until: number;
  readonly #isStopped: () => boolean;
  readonly #now: () => number;

  constructor(seconds: number, { isStopped = () => false, now = Date.now }: BudgetHooks = {}) {
    this.#until = now() + 1000 * seconds;
    this.#isStopped = isStopped;
    this.#now = now;
  }

  get isOver(): boolean {
    return this.#isStopped() || this.#now() >= this.#until;
  }

  /** A part of what is left: a share of it from 0 to 1, and no more than `seconds`. */
  part(share: number, seconds = Number.POSITIVE_INFINITY): Budget {
    const left = Math.max(0, this.#until - this.#now()) / 1000;
    return new Budget(Math.min(left * share, seconds), { isStopped: this.#isStopped, now: this.#now });
  }
}
