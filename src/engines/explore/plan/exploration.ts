/**
 * An exploration, stage by stage: first a check that schedules repeat; then all interleavings with no preemption, with one and
 * with two; then all of them, and beside that samples. What a failure needs at the least is thereby known when it is found.
 *
 * A stage is a list of tasks. Its outcome is that of the first task in the list that settles the matter, however many threads
 * work on it and in whatever order they end. So a seed and a budget of schedules give one result for any number of threads.
 */

import type { ExploreOptions, Verdict } from '../explore.ts';
import type { Failure } from '../machine/execution.ts';
import { LONGEST } from '../search.ts';
import type { Task, TaskResult } from './tasks.ts';

/** Preemption bounds tried in turn before all interleavings. */
const BOUNDS = [0, 1, 2];

/** Executions that are made twice before anything else. */
const TWICE = 10;

/** Executions of a chunk of samples: enough for a portfolio to learn, few enough to share them out. */
const CHUNK = 20_000;

/** Share of the budget that the search of all interleavings may use, if samples are to come after it. */
const SEARCH_SHARE = 0.5;

export interface Found {
  readonly failure: Failure;
  readonly schedule: readonly number[];
  /** No schedule with fewer preemptions fails: they were all tried. */
  readonly minimal: boolean;
}

export interface Conclusion {
  readonly verdict: Verdict;
  /** What the verdict rests on, in a sentence. */
  readonly basis: string;
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

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
  #found: Found | null = null;
  /** The search of all interleavings. */
  #all: TaskResult | null = null;
  #sampled = 0;

  constructor(options: ExploreOptions, now: number) {
    this.#options = options;
    this.#began = now;
  }

  get found(): Found | null {
    return this.#found;
  }

  /** The next tasks; none when all is done. `now` in milliseconds since the epoch. */
  next(now: number): readonly Task[] {
    if (this.#found !== null || this.#isProved || this.#left <= 0 || now >= this.#until) return [];
    switch (this.#stage++) {
      case 0:
        return [{ kind: 'determinism', seed: this.#options.seed, executions: TWICE, until: this.#until }];
      case 1:
        return this.#searches ? this.#boundedSearches() : this.#samples();
      case 2:
        return this.#searches ? this.#everything(now) : [];
      default:
        return [];
    }
  }

  get #searches(): boolean {
    return ['portfolio', 'search'].includes(this.#options.strategy);
  }

  get #until(): number {
    return this.#began + 1000 * this.#options.seconds;
  }

  get #left(): number {
    return this.#options.schedules - this.executions;
  }

  get #isProved(): boolean {
    return this.#all?.complete === true && this.#all.long === 0 && this.#all.failure === null;
  }

  #boundedSearches(): Task[] {
    const { preemptions } = this.#options;
    const bounds =
      preemptions < Number.POSITIVE_INFINITY ? [...BOUNDS.filter((bound) => bound < preemptions), preemptions] : BOUNDS;
    const limits = { executions: this.#left, until: this.#until };
    return bounds.map((bound) => ({ kind: 'search', preemptions: bound, ...limits }));
  }

  /** All interleavings, unless fewer were asked for; and samples, unless the search is all that was asked for. */
  #everything(now: number): Task[] {
    const { strategy, preemptions } = this.#options;
    const isBounded = preemptions < Number.POSITIVE_INFINITY;
    // A bounded search that left nothing out has covered everything, but counts states in its own way.
    if (isBounded && this.bound === preemptions && this.#cut > 0) return [];
    const share = strategy === 'search' ? 1 : SEARCH_SHARE;
    const executions = Math.ceil(this.#left * share);
    const until = now + (this.#until - now) * share;
    const search: Task = { kind: 'search', preemptions: Number.POSITIVE_INFINITY, executions, until };
    return strategy === 'search' || isBounded ? [search] : [search, ...this.#samples(this.#left - executions)];
  }

  #samples(budget = this.#left): Task[] {
    const { strategy, seed } = this.#options;
    return Array.from({ length: Math.ceil(budget / CHUNK) }, (_, i) => ({
      kind: 'sample',
      strategy,
      seed: seed * 65_537 + i,
      executions: Math.min(CHUNK, budget - i * CHUNK),
      until: this.#until,
    }));
  }

  /** Does the result of this task make the ones after it superfluous? */
  settles(task: Task, { failure, complete, long }: TaskResult): boolean {
    if (failure !== null) return true;
    if (task.kind !== 'search') return false;
    return task.preemptions < Number.POSITIVE_INFINITY ? !complete : complete && long === 0;
  }

  /** Takes the results of a stage, in order, as far as they count: up to the one that settles the matter. */
  take(tasks: readonly Task[], results: readonly (TaskResult | undefined)[]): void {
    for (const [i, result] of results.entries()) if (result !== undefined) this.#takeOne(tasks[i] as Task, result);
  }

  #takeOne(task: Task, result: TaskResult): void {
    this.executions += result.executions;
    for (const cover of result.reached) this.reached.add(cover);
    if (task.kind === 'sample') {
      this.#sampled += result.executions;
      this.orders = Math.max(this.orders, result.orders);
    }
    if (task.kind === 'search') {
      this.transitions += result.transitions;
      if (task.preemptions === Number.POSITIVE_INFINITY) {
        this.#all = result;
        this.states = result.complete ? result.states : Math.max(this.states, result.states);
      } else {
        this.states = Math.max(this.states, result.states);
        if (result.complete && result.failure === null && this.bound === task.preemptions - 1) {
          this.bound = task.preemptions;
          this.#cut = result.cut;
        }
      }
    }
    if (result.failure !== null && this.#found === null) {
      const minimal = task.kind === 'search' && task.preemptions - 1 === this.bound;
      this.#found = { failure: result.failure, schedule: result.schedule, minimal };
    }
  }

  /** A failure that is no task's result: a thread that had made so many executions does not come out of one. */
  fail(found: Found, executions: number): void {
    this.executions += executions;
    this.#found = found;
  }

  conclusion(): Conclusion {
    const { strategy, preemptions } = this.#options;
    if (this.#found !== null) return { verdict: 'violation', basis: `found in schedule ${this.executions}` };
    if (this.#isProved) {
      const alike = this.#all?.interchangeable ?? 0;
      const once = alike === 0 ? '' : ` (not counting states in which like actors, ${alike} of them, have only changed places)`;
      return { verdict: 'proved', basis: `all ${this.states} states of every interleaving were reached${once}` };
    }
    const covered =
      this.bound < 0
        ? ''
        : `every interleaving with at most ${counted(this.bound, 'preemption')}; ${counted(this.#cut, 'choice')} that would have cost one more were left out`;
    if (this.bound === preemptions) return { verdict: 'bounded', basis: covered };
    if (this.#all?.complete === true) {
      const long = `${counted(this.#all.long, 'longer path')} were left out`;
      return { verdict: 'bounded', basis: `every interleaving of at most ${LONGEST} steps, ${this.states} states; ${long}` };
    }
    const also = covered === '' ? '' : `; ${covered}`;
    if (strategy === 'search' || this.#sampled === 0) {
      return { verdict: 'sampled', basis: `the search was not finished: ${this.states} states of unknown many${also}` };
    }
    const bound = (3 / this.#sampled).toExponential(1);
    const confidence = `no failure in ${counted(this.#sampled, 'schedule')}: fewer than ${bound} a schedule at 95 %, for this way of choosing them`;
    return { verdict: 'sampled', basis: `${confidence}${also}` };
  }
}
