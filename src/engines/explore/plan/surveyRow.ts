/** One scenario of a survey: what its searches have come to so far. */

import type { Listed } from './list.ts';
import type { Verdict } from './options.ts';
import type { SearchTask, TaskResult } from './tasks.ts';
import { type Covered, withCovers } from './vacuous.ts';

/** What came of one scenario. */
export interface SurveyRow {
  readonly scenario: string;
  readonly verdict: Verdict;
  readonly basis: string;
  /** Every interleaving with so many preemptions was covered; -1 for none. */
  readonly bound: number;
  /** The search with so many preemptions came to its end, but for paths that were left out: too long, or an actor only went round. */
  readonly searched: number;
  readonly states: number;
  readonly schedules: number;
  /** Of thread time. */
  readonly seconds: number;
  readonly covers: readonly Covered[];
}

/** What is known of a scenario so far. */
export class Row {
  readonly listed: Listed;
  readonly #reached = new Set<number>();
  bound = -1;
  #searched = -1;
  #states = 0;
  #all = 0;
  #schedules = 0;
  #ms = 0;
  isProved = false;

  constructor(listed: Listed) {
    this.listed = listed;
  }

  get states(): number {
    return this.#states;
  }

  take({ preemptions }: SearchTask, result: TaskResult, ms: number): void {
    for (const cover of result.reached) this.#reached.add(cover);
    this.#schedules += result.executions;
    this.#states = Math.max(this.#states, result.states);
    this.#ms += ms;
    if (result.complete && result.failure === null && preemptions < Number.POSITIVE_INFINITY) this.#searched = preemptions;
    // What left something out, for its length or as it only counted, has not covered everything.
    if (!result.complete || result.failure !== null || result.long > 0 || result.spins > 0) return;
    if (preemptions < Number.POSITIVE_INFINITY) this.bound = preemptions;
    else {
      this.isProved = true;
      this.#all = result.states;
    }
  }

  result(): SurveyRow {
    const { scenario, covers: names } = this.listed;
    const covers = names.map((what, i) => ({ what, reached: this.#reached.has(i) }));
    const [verdict, basis]: [Verdict, string] = this.isProved
      ? ['proved', `all ${this.#all} states of every interleaving were reached`]
      : this.bound >= 0
        ? ['bounded', `every interleaving with at most ${this.bound} preemptions`]
        : ['sampled', 'no search was finished'];
    return {
      scenario,
      ...withCovers({ verdict, basis }, this.bound, covers, scenario),
      bound: this.bound,
      searched: this.#searched,
      states: this.#states,
      schedules: this.#schedules,
      seconds: this.#ms / 1000,
      covers,
    };
  }
}
