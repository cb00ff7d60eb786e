/** What an exploration has come to. */
import type { ExploreFailure } from '../failure/report.ts';
import type { Stretch } from '../failure/trace.ts';
import type { Exploration } from './exploration.ts';
import type { ExploreOptions, ExploreVerdict } from './options.ts';
import { type Covered, withCovers } from './vacuous.ts';

export interface ExploreResult {
  readonly scenario: string;
  readonly verdict: ExploreVerdict;
  readonly strategy: string;
  /** What the searches might leave out: none, orders or all. */
  readonly reduction: string;
  readonly seed: number;
  /** Threads. */
  readonly workers: number;
  readonly schedules: number;
  readonly states: number;
  /** Steps between states that the searches made. */
  readonly transitions: number;
  /** Orders the samples have met: pairs of points at which one actor was left and another taken up. */
  readonly orders: number;
  /** Every interleaving with so many preemptions was covered; -1 for none. */
  readonly bound: number;
  readonly seconds: number;
  readonly schedulesPerSecond: number;
  /** Stopped before its time by the user. */
  readonly interrupted: boolean;
  /** What the verdict rests on, in a sentence. */
  readonly basis: string;
  /** What the scenario is there for, and whether it was reached. */
  readonly covers: readonly Covered[];
  readonly failure: ExploreFailure | null;
  /** Of one schedule that was followed and passes: what happened. */
  readonly passed?: { readonly stretches: readonly Stretch[]; readonly table: readonly string[] };
}

/** What is known of a run beside what its exploration says. */
export interface RunFacts {
  readonly seconds: number;
  readonly workers: number;
  readonly interrupted: boolean;
  /** What the covers of the scenario are, in words. */
  readonly covers: readonly string[];
}

/** What the exploration of `scenario` has come to; `failure` is the report of what was found. */
export function resultOf(
  scenario: string,
  exploration: Exploration,
  options: ExploreOptions,
  failure: ExploreFailure | null,
  { seconds, workers, interrupted, covers: names }: RunFacts,
): ExploreResult {
  const { executions, states, transitions, orders, bound, reached } = exploration;
  const covers = names.map((what, i) => ({ what, reached: reached.has(i) }));
  return {
    scenario,
    strategy: options.strategy,
    reduction: options.reduction ?? 'all',
    seed: options.seed,
    workers,
    schedules: executions,
    states,
    transitions,
    orders,
    bound,
    seconds,
    schedulesPerSecond: Math.round(executions / Math.max(seconds, 1e-9)),
    interrupted,
    ...withCovers(exploration.conclusion(), bound, covers, { scenario, settings: options.settings }),
    covers,
    failure,
  };
}

/** The result of a schedule that was run again. */
export const replayed = (
  scenario: string,
  failure: ExploreFailure | null,
  more: Partial<Pick<ExploreResult, 'basis' | 'passed'>> = {},
): ExploreResult => ({
  scenario,
  verdict: failure === null ? 'sampled' : 'violation',
  strategy: 'replay',
  reduction: 'none',
  seed: 0,
  workers: 1,
  schedules: 1,
  states: 0,
  transitions: 0,
  orders: 0,
  bound: -1,
  seconds: 0,
  schedulesPerSecond: 0,
  interrupted: false,
  basis: 'found in schedule 1',
  covers: [],
  failure,
  ...more,
});
