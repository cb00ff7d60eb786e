/**
 * One scenario that is to be proved. The search of all interleavings comes first, as it alone can prove anything. Where it was not
 * finished, left something out or found a failure, those with few preemptions follow: they say what was covered, or what it needs.
 */
import type { ExploreFailure } from '../failure/report.ts';
import { collisionChance } from '../machine/hash.ts';
import type { Conclusion, Found } from './exploration.ts';
import { type Job, type JobResult, TWICE } from './job.ts';
import { ALIKE_BUT_FOR_SERIALS, apartText, type LeftOut, leftOut } from './leftOut.ts';
import type { Listed } from './list.ts';
import type { ExploreVerdict } from './options.ts';
import { BOUNDS, boundText } from './surveyRow.ts';
import { type Covered, withCovers } from './vacuous.ts';

/** Of the time there is for a scenario, the share that the search of all interleavings may take. */
const SHARE = 3 / 4;

const SEED = 1;
const ALL = Number.POSITIVE_INFINITY;

/** What came of one scenario. */
export interface ProofRow {
  readonly scenario: string;
  readonly verdict: ExploreVerdict;
  /** What the verdict rests on, in a sentence. */
  readonly basis: string;
  /** Every interleaving with so many preemptions was covered by a search of its own; -1 for none. A proof needs none. */
  readonly bound: number;
  /** Of the search of all interleavings, whether or not it was finished; and the steps between them that it made. */
  readonly states: number;
  readonly transitions: number;
  /** Paths that it followed to an end, or to a state known already; and those that it left out. */
  readonly schedules: number;
  readonly leftOut: LeftOut;
  /** How long it took, in seconds of a thread; and the memory of it at its end, in bytes, with what was not collected yet. */
  readonly seconds: number;
  readonly bytes: number;
  /** No order of steps was left out because another one comes to the same. */
  readonly allOrders: boolean;
  /** Like actors that it did not tell apart; and why they had to be told apart, null if they had not or there are none. */
  readonly interchangeable: number;
  readonly asymmetry: string | null;
  /** States that differ only in how far sequence numbers and generations have counted were taken for one. */
  readonly serialsAlike: boolean;
  /** What the scenario is there for, and whether it was reached. */
  readonly covers: readonly Covered[];
  /** What broke, with a token for it; neither made smaller nor explained, which `explore` does. Null if nothing did. */
  readonly failure: ProofFailure | null;
}

export type ProofFailure = Pick<ExploreFailure, 'oracle' | 'message' | 'token' | 'steps' | 'preemptions' | 'minimal' | 'program'>;

/** A scenario, and the driver in place of its own where its name does not say so. */
export interface Asked extends Listed {
  readonly driver?: string | undefined;
}

/** How far it is looked at. */
export interface ProofLimits {
  /** Time for all its searches together. */
  readonly seconds: number;
  /** Most states of each of them; without it, as many as there is time for. */
  readonly states?: number | undefined;
  /** Most preemptions of the searches that follow one that was not finished. Default: as many as a survey has. */
  readonly preemptions?: number | undefined;
  /** Schedules that are run twice before. Default {@link TWICE}. */
  readonly repeats?: number | undefined;
  /** What they may leave out: a name of search/reduction.ts. Default all. */
  readonly reduction?: string | undefined;
}

/** What a thread tells of a scenario that was set up. */
interface Opened {
  readonly scenario: string;
  readonly actors: readonly string[];
  readonly devices: number;
  readonly covers: readonly string[];
}

/** A job's result, how long it took and how much memory there was at its end. */
export interface Measured {
  readonly result: JobResult;
  readonly ms: number;
  readonly bytes: number;
}

const nothingYet: Opened = { scenario: '', actors: [], devices: 0, covers: [] };

export class Proof {
  readonly asked: Asked;
  opened = nothingYet;
  /** Something was looked at. */
  isBegun = false;
  /** Its last step does not end. */
  isStuck = false;
  failure: ProofFailure | null = null;
  readonly #limits: ProofLimits;
  #began = 0;
  #isOver = false;
  /** Bounds that are left. */
  #bounds: number[];
  #isRepeatable = false;
  #bound = -1;
  /** What the first runs or the search of all interleavings have met: one with fewer preemptions is looked for. */
  #met: Found | null = null;
  #found: Found | null = null;
  #all: Measured | null = null;
  /** What was searched to its end, but for what it left out. */
  #last: { readonly bound: number; readonly leftOut: LeftOut } | null = null;
  #gaveUp: string | null = null;
  readonly #reached = new Set<number>();

  constructor(asked: Asked, limits: ProofLimits) {
    this.asked = asked;
    this.#limits = limits;
    this.#bounds = [ALL, ...this.#few];
  }

  get #few(): number[] {
    const { preemptions = ALL } = this.#limits;
    return BOUNDS.filter((bound) => bound <= preemptions);
  }

  /** What was found; null for nothing. */
  get found(): Found | null {
    return this.#found ?? this.#met;
  }

  get isProved(): boolean {
    return this.#all !== null && isWhole(this.#all.result);
  }

  /** What is to be done next; null when nothing is left. `now` in milliseconds since the epoch, as all times of jobs. */
  next(now: number): Job | null {
    if (!this.isBegun) this.#began = now;
    this.isBegun = true;
    const { seconds, states, repeats = TWICE, reduction = 'all' } = this.#limits;
    const end = this.#began + 1000 * seconds;
    if (this.#isOver || this.isProved || this.#found !== null || now >= end) return null;
    if (!this.#isRepeatable) return { kind: 'determinism', seed: SEED, executions: repeats, until: end };
    const [preemptions] = this.#bounds;
    if (preemptions === undefined) return null;
    const until = preemptions === ALL ? this.#began + SHARE * 1000 * seconds : end;
    return { kind: 'search', preemptions, reduction, states, executions: Number.MAX_SAFE_INTEGER, until };
  }

  /** Takes what came of the job. */
  take(job: Job, measured: Measured): void {
    const { result } = measured;
    const { failure, schedule } = result;
    const found = failure === null ? null : { failure, schedule, minimal: false };
    if (job.kind !== 'search') {
      this.#isRepeatable = true;
      if (failure?.rule === 'I-DETERM') this.#found = found;
      else this.#met = found;
      if (found !== null) this.#bounds = this.#few;
      return;
    }
    for (const cover of result.reached) this.#reached.add(cover);
    this.#bounds.shift();
    const { complete, long, spins } = result;
    const isFinished = complete && failure === null;
    if (isFinished) this.#last = { bound: job.preemptions, leftOut: { long, spins } };
    if (job.preemptions === ALL) {
      this.#all = measured;
      this.#met = found;
      return;
    }
    // What was not finished with so many is not begun with more.
    if (!isFinished) this.#isOver = true;
    if (found !== null) this.#found = { ...found, minimal: this.#bound === job.preemptions - 1 };
    else if (isWhole(result) && this.#bound === job.preemptions - 1) this.#bound = job.preemptions;
  }

  /** A step of it does not end, and its thread is gone. */
  stop(found: Found): void {
    this.#found = found;
    this.isStuck = true;
  }

  /** Its thread was brought down: the sentence says how. */
  giveUp(why: string): void {
    this.#gaveUp = why;
    this.#isOver = true;
  }

  result(): ProofRow {
    const { settings } = this.asked;
    const { scenario, covers: names } = this.opened;
    const { result, ms = 0, bytes = 0 } = this.#all ?? {};
    const covers = names.map((what, i) => ({ what, reached: this.#reached.has(i) }));
    return {
      scenario,
      ...withCovers(this.#conclusion, this.#bound, covers, { scenario, settings }),
      bound: this.#bound,
      states: result?.states ?? 0,
      transitions: result?.transitions ?? 0,
      schedules: result?.executions ?? 0,
      leftOut: { long: result?.long ?? 0, spins: result?.spins ?? 0 },
      seconds: ms / 1000,
      bytes,
      allOrders: result?.allOrders ?? true,
      interchangeable: result?.interchangeable ?? 0,
      asymmetry: result?.asymmetry ?? null,
      serialsAlike: result?.serials?.apart === null,
      covers,
      failure: this.failure,
    };
  }

  get #conclusion(): Conclusion {
    if (this.found !== null) return { verdict: 'violation', basis: this.found.failure.message };
    const { result } = this.#all ?? {};
    if (result !== undefined && isWhole(result)) {
      const once = `that two of them were taken for one has a chance of ${collisionChance(result.states)}`;
      const but = result.serials?.apart === null ? ` (not counting ${ALIKE_BUT_FOR_SERIALS})` : '';
      return { verdict: 'proved', basis: `all ${result.states} states of every interleaving were reached${but}; ${once}` };
    }
    const parts = [
      this.#gaveUp ?? '',
      this.#bound < 0 ? '' : `every interleaving with ${boundText(this.#bound)}`,
      ...this.#butFor(),
      result?.complete === false ? `the search of all interleavings was not finished after ${result.states} states` : '',
    ].filter((part) => part !== '');
    return { verdict: this.#bound >= 0 ? 'bounded' : 'sampled', basis: parts.join('; ') || 'no search was finished' };
  }

  /** What was covered but for some paths: all interleavings, and the highest bound above the one that was covered whole. */
  #butFor(): string[] {
    const all = this.#all?.result;
    const some = [
      ...(all?.complete === true ? [{ bound: ALL, leftOut: all, why: apartText(all) }] : []),
      ...(this.#last !== null && this.#last.bound !== ALL && this.#last.bound > this.#bound ? [{ ...this.#last, why: '' }] : []),
    ];
    return some.map((one) => `${boundText(one.bound)}: every interleaving but for ${leftOut(one.leftOut)}${one.why}`);
  }
}

const isWhole = ({ complete, failure, long, spins }: JobResult): boolean =>
  complete && failure === null && long === 0 && spins === 0;
