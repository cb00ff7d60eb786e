/** One scenario of a survey: what is to be looked at next, and what its searches have come to so far. */

import type { Conclusion, Exploration, Found } from './exploration.ts';
import { type Job, type JobResult, TWICE } from './job.ts';
import { ALIKE_BUT_FOR_SERIALS, counted, type LeftOut, leftOut } from './leftOut.ts';
import type { Listed } from './list.ts';
import type { ExploreVerdict } from './options.ts';
import { type Covered, withCovers } from './vacuous.ts';

/** Preemption bounds tried in turn; then all interleavings. */
export const BOUNDS: readonly number[] = [0, 1, 2, 3];
const ALL = Number.POSITIVE_INFINITY;

/** A failure that random runs have met is told when the searches up to this bound have not found one with fewer preemptions. */
const SOON = 2;

/** A search that did not come to its end is made again later, with so many times the time; others have so many turns before. */
const GROWTH = 4;
const TURNS = 2;

/** States that a long scenario is taken to have more than were seen. */
const LONG = 1e9;

const SEED = 1;

/** What came of one scenario. */
export interface SurveyRow {
  readonly scenario: string;
  readonly verdict: ExploreVerdict;
  readonly basis: string;
  /** Every interleaving with so many preemptions was covered; -1 for none. */
  readonly bound: number;
  /** The search with so many preemptions came to its end, but for paths that were left out: too long, or an actor only went round. */
  readonly searched: number;
  /** Paths left out in that search. */
  readonly leftOut: LeftOut;
  /** The search that was begun and did not come to its end: `at most 3 preemptions` or `all interleavings`; null for none. */
  readonly unfinished: string | null;
  readonly states: number;
  readonly schedules: number;
  /** Of thread time. */
  readonly seconds: number;
  readonly covers: readonly Covered[];
}

export const boundText = (bound: number): string =>
  bound === ALL ? 'all interleavings' : `at most ${counted(bound, 'preemption')}`;

/** What a job looks at. */
export const jobText = (job: Job): string =>
  job.kind === 'search' ? boundText(job.preemptions) : 'checking that schedules repeat';

/** What is known of a scenario so far. */
export class Row {
  readonly listed: Listed;
  /** Names of its actors, how many devices it has and, in words, its covers: known when it was set up. */
  actors: readonly string[] = [];
  devices = 0;
  covers: readonly string[] = [];
  bound = -1;
  isProved = false;
  /** What random runs have met. */
  met: Found | null = null;
  /** How often a search has run out of its time: the next one has so many times as much. */
  #delays = 0;
  readonly #bounds: number[];
  readonly #soon: number;
  /** Of the bound that comes next; -1 before the check that schedules repeat. */
  #place = -1;
  #isTooLarge = false;
  readonly #reached = new Set<number>();
  #searched = -1;
  /** Bound of the last search that came to its end, and what it left out. */
  #last = -1;
  #leftOut: LeftOut = { long: 0, spins: 0 };
  #unfinished: string | null = null;
  #states = 0;
  #all = 0;
  #isAlike = false;
  #schedules = 0;
  #transitions = 0;
  #ms = 0;

  /** `most` preemptions are asked for; Infinity for all interleavings. */
  constructor(listed: Listed, most: number) {
    this.listed = listed;
    this.#soon = Math.min(SOON, most);
    this.#bounds = [...BOUNDS.filter((bound) => bound < most), most];
  }

  get states(): number {
    return this.#states;
  }

  /** How large it may be: its states so far, and many for a long one, of which that is not known at first. */
  get size(): number {
    return this.#states + (this.listed.isLong ? LONG : 0);
  }

  get schedules(): number {
    return this.#schedules;
  }

  /**
   * Rows of a lower rank come first; Infinity when nothing is left to do. Each bound is a rank. A long scenario, which costs as much as
   * many short ones, gives way for two of them, and so does one that has run out of its time.
   */
  get rank(): number {
    if (this.isProved || this.#isTooLarge || this.#place >= this.#bounds.length) return Number.POSITIVE_INFINITY;
    return 1 + this.#place + TURNS * (this.#delays + (this.listed.isLong ? 1 : 0));
  }

  /** How many times as much time the next job may take as one at first. Without a preemption there are few paths, and no limit. */
  get patience(): number {
    return this.#place <= 0 ? Number.POSITIVE_INFINITY : GROWTH ** this.#delays;
  }

  open({ actors, devices, covers }: Pick<Row, 'actors' | 'devices' | 'covers'>): void {
    this.actors = actors;
    this.devices = devices;
    this.covers = covers;
  }

  next(until: number): Job {
    const preemptions = this.#bounds[this.#place];
    if (preemptions === undefined) return { kind: 'determinism', seed: SEED, executions: TWICE, until };
    return { kind: 'search', preemptions, executions: Number.MAX_SAFE_INTEGER, until };
  }

  /** Takes what came of the job, which took `ms`, and may have been stopped before its end. What is found by it, or null. */
  take(job: Job, result: JobResult, { ms, wasStopped }: { readonly ms: number; readonly wasStopped: boolean }): Found | null {
    const { failure, schedule } = result;
    this.#schedules += result.executions;
    this.#ms += ms;
    const before = this.bound;
    if (job.kind === 'search') this.#takeSearch(job.preemptions, result, wasStopped);
    else this.#place++;
    if (failure === null) return this.#searched >= this.#soon || this.#unfinished !== null ? this.met : null;
    const minimal = job.kind === 'search' && job.preemptions - 1 === before;
    const found = { failure, schedule, minimal };
    if (job.kind === 'search' || failure.rule === 'I-DETERM') return found;
    this.met = found;
    return null;
  }

  #takeSearch(bound: number, result: JobResult, wasStopped: boolean): void {
    const { complete, failure, states, cut, long, spins, serials } = result;
    for (const cover of result.reached) this.#reached.add(cover);
    this.#states = Math.max(this.#states, states);
    this.#transitions += result.transitions;
    if (!complete || failure !== null) {
      this.#unfinished = boundText(bound);
      this.#delays++;
      this.#isTooLarge = failure === null && !wasStopped;
      return;
    }
    this.#unfinished = null;
    this.#leftOut = { long, spins };
    this.#place++;
    this.#last = bound;
    if (bound < ALL) this.#searched = bound;
    // What left something out, for its length or as it only counted, has not covered everything.
    if (long > 0 || spins > 0) return;
    if (bound === ALL) {
      this.isProved = true;
      this.#all = states;
      this.#isAlike = serials?.apart === null;
      return;
    }
    this.bound = bound;
    // Where no choice would have cost more, all interleavings are no more work. They are looked at once more, for endless rounds in which somebody is preempted.
    if (cut === 0) this.#bounds.splice(this.#place, this.#bounds.length, ALL);
  }

  /** Tells an exploration of the scenario what is known. */
  tell(exploration: Exploration): void {
    exploration.bound = this.bound;
    exploration.states = this.#states;
    exploration.transitions = this.#transitions;
    for (const cover of this.#reached) exploration.reached.add(cover);
  }

  result(): SurveyRow {
    const { scenario } = this.listed;
    const covers = this.covers.map((what, i) => ({ what, reached: this.#reached.has(i) }));
    return {
      scenario,
      ...withCovers(this.#conclusion, this.bound, covers, this.listed),
      bound: this.bound,
      searched: this.#searched,
      leftOut: this.#leftOut,
      unfinished: this.#unfinished,
      states: this.#states,
      schedules: this.#schedules,
      seconds: this.#ms / 1000,
      covers,
    };
  }

  get #conclusion(): Conclusion {
    if (this.isProved) {
      const but = this.#isAlike ? ` (not counting ${ALIKE_BUT_FOR_SERIALS})` : '';
      return { verdict: 'proved', basis: `all ${this.#all} states of every interleaving were reached${but}` };
    }
    const parts = [
      this.bound < 0 ? '' : `every interleaving with ${boundText(this.bound)}`,
      this.#last > this.bound ? `${boundText(this.#last)}: every interleaving but for ${leftOut(this.#leftOut)}` : '',
      this.#unfinished === null
        ? ''
        : `${this.#unfinished}: the search was not finished${this.#isTooLarge ? ', as there are too many states' : ''}`,
    ].filter((part) => part !== '');
    return { verdict: this.bound >= 0 ? 'bounded' : 'sampled', basis: parts.join('; ') || 'no search was begun' };
  }
}
