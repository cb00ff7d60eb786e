/**
 * What an exploration consists of: searches and chunks of samples. A job gives the same result in any thread and beside any
 * number of other jobs, as long as its limit is a number of executions or of states and not the time. jobs.ts does them.
 */
import type { Meetings } from '../machine/meetings.ts';
import type { SearchResult } from '../search/options.ts';

/** Schedules that are run twice before anything is believed. */
export const TWICE = 10;

interface Limits {
  /** Most executions. */
  readonly executions: number;
  /** When to stop, in milliseconds since the epoch. */
  readonly until: number;
}

/** Runs some schedules twice, and compares every step. */
export interface DeterminismJob extends Limits {
  readonly kind: 'determinism';
  readonly seed: number;
}

/** All interleavings with so many preemptions at most; all of them for Infinity. */
export interface SearchJob extends Limits {
  readonly kind: 'search';
  readonly preemptions: number;
  /** What it may leave out; see {@link reduction}. Default all. */
  readonly reduction?: string | undefined;
  /** Most states. Default 40 million. */
  readonly states?: number | undefined;
}

/** Executions chosen by a strategy. */
export interface SampleJob extends Limits {
  readonly kind: 'sample';
  /** It is only a first look: every sample is searched for rounds that only count, and what it finds does not end the exploration. */
  readonly glance?: boolean;
  /** Most steps of all of them together. */
  readonly steps?: number;
  readonly strategy: string;
  readonly seed: number;
}

export type Job = DeterminismJob | SearchJob | SampleJob;

/** What came of a job. What only a search has is 0 for samples. */
export interface JobResult extends Omit<SearchResult, 'schedule'> {
  /** Schedule of the failure; empty without one. */
  readonly schedule: readonly number[];
  /** Covers of the scenario that were reached, by their places in its list. */
  readonly reached: readonly number[];
  /** Of samples: orders seen, that is, pairs of points at which one actor was left and another taken up. */
  readonly orders: number;
  /** Where actors have stood at the same time; of a search that several threads made, nothing. */
  readonly meetings: Meetings;
}

/** Of a job in which nothing was to be done. */
export const nothing: JobResult = {
  failure: null,
  schedule: [],
  executions: 0,
  states: 0,
  transitions: 0,
  complete: true,
  cut: 0,
  long: 0,
  spins: 0,
  interchangeable: 0,
  asymmetry: null,
  allOrders: true,
  serials: null,
  reached: [],
  orders: 0,
  meetings: { pairs: [], stood: [] },
};

/** Are all interleavings to be searched, in whatever way takes least? */
export const isUnbounded = ({ preemptions, reduction = 'all' }: SearchJob): boolean =>
  preemptions === Number.POSITIVE_INFINITY && reduction === 'all';

/** Has a search in which states are one that differ only in how far something has counted come to a result? */
export const isDecided = ({ serials }: JobResult): boolean => serials !== null && serials.apart === null;

/** Has a search of all interleavings left only paths on which somebody counts, and may another one follow them to an end? */
export const isToBeSearchedAgain = (job: SearchJob, { complete, failure, spins, serials }: JobResult): boolean =>
  isUnbounded(job) && complete && failure === null && spins > 0 && serials === null;
