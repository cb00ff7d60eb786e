/**
 * What an exploration consists of: searches and chunks of samples. A job gives the same result in any thread and beside any
 * number of other jobs, as long as its limit is a number of executions and not the time. jobs.ts does them.
 */
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
  reached: [],
  orders: 0,
};
