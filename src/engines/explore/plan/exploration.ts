/**
 * An exploration, stage by stage: first a check that schedules repeat; then all interleavings with no preemption, with one and
 * with two; then all of them, and beside that samples. What a failure needs at the least is thereby known when it is found.
 * What is most likely small is searched whole at first: a proof needs no more.
 *
 * A stage is a list of jobs. Its outcome is that of the first job in the list that settles the matter, however many threads
 * work on it and in whatever order they end. So a seed and a budget of schedules give one result for any number of threads.
 */

import type { Failure } from '../machine/failure.ts';
import { collisionChance } from '../machine/hash.ts';
import { type Job, type JobResult, TWICE } from './job.ts';
import { ALIKE_BUT_FOR_SERIALS, apartText, counted, leftOut } from './leftOut.ts';
import type { ExploreOptions, ExploreVerdict } from './options.ts';

/** Preemption bounds tried in turn before all interleavings. */
const BOUNDS = [0, 1, 2];

/** Executions of a chunk of samples: enough for a portfolio to learn, few enough to share them out. */
const CHUNK = 20_000;

/** Executions of the first look, and the most steps of all of them: rounds that only count show in a few samples, if at all. */
const GLANCE = 100;
const GLANCE_STEPS = 30_000;

/** Share of the budget that a search of all interleavings may use, if anything is to come after it. */
const SEARCH_SHARE = 0.5;

export interface Found {
  readonly failure: Failure;
  readonly schedule: readonly number[];
  /** No schedule with fewer preemptions fails: they were all tried. */
  readonly minimal: boolean;
}

export interface Conclusion {
  readonly verdict: ExploreVerdict;
  /** What the verdict rests on, in a sentence. */
  readonly basis: string;
}

const isGlance = (job: Job): boolean => job.kind === 'sample' && job.glance === true;

/** Is it the search that comes before those with few preemptions, and ends at so many states? */
const isShort = (job: Job): boolean => job.kind === 'search' && job.states !== undefined;

export class Exploration {
  readonly #options: ExploreOptions;
  readonly #began: number;
  #stage = 0;
  executions = 0;
  states = 0;
  transitions = 0;
  orders = 0;
  /** Covers of the scenario that were reached, by their places in its list. */
  readonly reached = new Set<number>();
  /** Highest bound on preemptions within which every interleaving was covered, -1 for none. */
  bound = -1;
  #cut = 0;
  /** Paths that the highest bound within which a search came to its end has left: too long, and spinning. */
  #leftOut = { bound: -1, long: 0, spins: 0 };
  /** Samples that were cut off. */
  #cutOff = 0;
  #found: Found | null = null;
  /** A failure met at the first look, or while it was looked whether schedules repeat. A search may find one with fewer preemptions. */
  #met: Found | null = null;
  /** The search of all interleavings. */
  #all: JobResult | null = null;
  #sampled = 0;

  constructor(options: ExploreOptions, now: number) {
    this.#options = options;
    this.#began = now;
  }

  /** What was found; if the searches and samples have found nothing, what the runs before them met. */
  get found(): Found | null {
    return this.#found ?? this.#met;
  }

  /** The next jobs; none when all is done. `now` in milliseconds since the epoch. */
  next(now: number): readonly Job[] {
    if (this.#found !== null || this.#isProved || this.#left <= 0 || now >= this.#until) return [];
    switch (this.#stage++) {
      case 0:
        return [
          { kind: 'determinism', seed: this.#options.seed, executions: this.#options.repeats ?? TWICE, until: this.#until },
          ...(this.#glances ? [...this.#shortSearch(now), this.#glance] : []),
        ];
      case 1:
        return this.#searches ? this.#boundedSearches() : this.#samples();
      case 2:
        return this.#searches && this.#met === null ? this.#everything(now) : [];
      default:
        return [];
    }
  }

  get #searches(): boolean {
    return ['portfolio', 'search'].includes(this.#options.strategy);
  }

  /** A look at some samples first, where samples are asked for as well as searches. */
  get #glances(): boolean {
    const { strategy, preemptions } = this.#options;
    return strategy === 'portfolio' && preemptions === Number.POSITIVE_INFINITY;
  }

  get #until(): number {
    return this.#began + 1000 * this.#options.seconds;
  }

  get #left(): number {
    return this.#options.schedules - this.executions;
  }

  get #isProved(): boolean {
    return this.#all?.complete === true && this.#all.long === 0 && this.#all.spins === 0 && this.#all.failure === null;
  }

  #boundedSearches(): Job[] {
    const { preemptions, reduction } = this.#options;
    const bounds =
      preemptions < Number.POSITIVE_INFINITY ? [...BOUNDS.filter((bound) => bound < preemptions), preemptions] : BOUNDS;
    const limits = { executions: this.#left, until: this.#until };
    return bounds.map((bound) => ({ kind: 'search', preemptions: bound, reduction, ...limits }));
  }

  /** All interleavings, given up where there are many. */
  #shortSearch(now: number): Job[] {
    const { shortSearch: states, reduction } = this.#options;
    if (states === undefined) return [];
    const limits = { states, executions: Math.ceil(this.#left * SEARCH_SHARE), until: now + (this.#until - now) * SEARCH_SHARE };
    return [{ kind: 'search', preemptions: Number.POSITIVE_INFINITY, reduction, ...limits }];
  }

  /** All interleavings, unless fewer were asked for; and samples, unless the search is all that was asked for. */
  #everything(now: number): Job[] {
    const { strategy, preemptions, reduction } = this.#options;
    const isBounded = preemptions < Number.POSITIVE_INFINITY;
    // A bounded search that left nothing out has covered everything, but counts states in its own way.
    if (isBounded && this.bound === preemptions && this.#cut > 0) return [];
    const share = strategy === 'search' ? 1 : SEARCH_SHARE;
    const executions = Math.ceil(this.#left * share);
    const until = now + (this.#until - now) * share;
    const search: Job = { kind: 'search', preemptions: Number.POSITIVE_INFINITY, reduction, executions, until };
    return strategy === 'search' || isBounded ? [search] : [search, ...this.#samples(this.#left - executions)];
  }

  /** A few samples before anything else: what they meet is told if the searches with few preemptions find nothing. */
  get #glance(): Job {
    const { seed } = this.#options;
    return {
      kind: 'sample',
      glance: true,
      strategy: 'portfolio',
      seed,
      executions: GLANCE,
      steps: GLANCE_STEPS,
      until: this.#until,
    };
  }

  #samples(budget = this.#left): Job[] {
    const { strategy, seed } = this.#options;
    return Array.from({ length: Math.ceil(budget / CHUNK) }, (_, i) => ({
      kind: 'sample',
      strategy,
      seed: seed * 65_537 + i,
      executions: Math.min(CHUNK, budget - i * CHUNK),
      until: this.#until,
    }));
  }

  /** Does the result of this job make the ones after it superfluous? */
  settles(job: Job, { failure, complete, long, spins }: JobResult): boolean {
    if (isGlance(job)) return false;
    if (failure !== null) return true;
    if (job.kind !== 'search') return false;
    return job.preemptions < Number.POSITIVE_INFINITY ? !complete : complete && long === 0 && spins === 0;
  }

  /** Takes the results of a stage, in order, as far as they count: up to the one that settles the matter. */
  take(jobs: readonly Job[], results: readonly (JobResult | undefined)[]): void {
    for (const [i, result] of results.entries()) if (result !== undefined) this.#takeOne(jobs[i] as Job, result);
  }

  #takeOne(job: Job, result: JobResult): void {
    this.executions += result.executions;
    for (const cover of result.reached) this.reached.add(cover);
    if (job.kind === 'sample' && !isGlance(job)) {
      this.#sampled += result.executions;
      this.orders = Math.max(this.orders, result.orders);
      this.#cutOff += result.long;
    }
    if (job.kind === 'search') {
      this.transitions += result.transitions;
      if (isShort(job) && !result.complete) {
        this.states = Math.max(this.states, result.states);
      } else if (job.preemptions === Number.POSITIVE_INFINITY) {
        this.#all = result;
        this.states = result.complete ? result.states : Math.max(this.states, result.states);
      } else {
        this.states = Math.max(this.states, result.states);
        if (result.complete && result.failure === null) {
          const { long, spins } = result;
          if (this.#leftOut.bound === job.preemptions - 1) this.#leftOut = { bound: job.preemptions, long, spins };
          if (this.bound === job.preemptions - 1 && long === 0 && spins === 0) {
            this.bound = job.preemptions;
            this.#cut = result.cut;
          }
        }
      }
    }
    const isFirstLook = isGlance(job) || isShort(job) || (job.kind === 'determinism' && result.failure?.rule !== 'I-DETERM');
    if (isFirstLook && result.failure !== null) {
      this.#met ??= { failure: result.failure, schedule: result.schedule, minimal: false };
      return;
    }
    if (result.failure !== null && this.#found === null) {
      const minimal = job.kind === 'search' && job.preemptions - 1 === this.bound;
      this.#found = { failure: result.failure, schedule: result.schedule, minimal };
    }
  }

  /** A failure that is no job's result: a thread that had made so many executions does not come out of one. */
  fail(found: Found, executions: number): void {
    this.executions += executions;
    this.#found = found;
  }

  conclusion(): Conclusion {
    const { strategy, preemptions } = this.#options;
    if (this.found !== null) return { verdict: 'violation', basis: `found in schedule ${this.executions}` };
    if (this.#isProved)
      return { verdict: 'proved', basis: `all ${this.states} states of every interleaving were reached${this.#once}` };
    const covered = [this.#covered, this.#allButSome].filter((part) => part !== '').join('; ');
    if (this.bound >= 0 && this.bound === preemptions) return { verdict: 'bounded', basis: covered };
    const also = covered === '' ? '' : `; ${covered}`;
    if (this.#all?.complete === true) {
      return {
        verdict: 'sampled',
        basis: `every interleaving but for ${leftOut(this.#all)}${apartText(this.#all)}, ${this.states} states${also}`,
      };
    }
    if (this.#leftOut.bound === preemptions) return { verdict: 'sampled', basis: covered };
    if (strategy === 'search' || this.#sampled === 0) {
      return { verdict: 'sampled', basis: `the search was not finished: ${this.states} states of unknown many${also}` };
    }
    const bound = (3 / this.#sampled).toExponential(1);
    const long = this.#cutOff === 0 ? '' : ` (${counted(this.#cutOff, 'schedule')} had no end and were cut off)`;
    const confidence = `no failure in ${counted(this.#sampled, 'schedule')}${long}: fewer than ${bound} a schedule at 95 %, for this way of choosing them`;
    return { verdict: 'sampled', basis: `${confidence}${also}` };
  }

  /** How the states of a proof were told apart. */
  get #once(): string {
    const { interchangeable = 0, asymmetry = null, allOrders = true, serials = null } = this.#all ?? {};
    const notCounted = [
      allOrders ? '' : 'those that only other orders of independent steps pass',
      interchangeable > 0 ? `those in which like actors, ${interchangeable} of them, have only changed places` : '',
      serials?.apart === null ? ALIKE_BUT_FOR_SERIALS : '',
    ].filter((part) => part !== '');
    const apart = asymmetry === null ? '' : ` (like actors were told apart, as ${asymmetry})`;
    return `${notCounted.length > 0 ? ` (not counting ${notCounted.join(', and ')})` : ''}${apart}; that two of them were taken for one has a chance of ${collisionChance(this.states)}`;
  }

  /** What the searches with few preemptions have covered, without exception. */
  get #covered(): string {
    if (this.bound < 0) return '';
    return `every interleaving with at most ${counted(this.bound, 'preemption')}; ${counted(this.#cut, 'choice')} that would have cost one more were left out`;
  }

  /** What they have covered beyond that, but for some paths. */
  get #allButSome(): string {
    const { bound } = this.#leftOut;
    if (bound <= this.bound) return '';
    return `with at most ${counted(bound, 'preemption')} every interleaving but for ${leftOut(this.#leftOut)}`;
  }
}
