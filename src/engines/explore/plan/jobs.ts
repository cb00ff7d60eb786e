/** The jobs of an exploration (job.ts) are done here, by the executor of one thread. */

import { UsageError } from '../../../input/usageError.ts';

import type { Executor } from '../machine/execution.ts';
import type { Failure } from '../machine/failure.ts';

import { Portfolio, strategies } from '../sampling/portfolio.ts';
import { Pump } from '../sampling/pump.ts';
import { runOnce } from '../sampling/run.ts';
import type { Scheduler } from '../sampling/scheduler.ts';
import type { Learnt } from '../search/crew.ts';
import { Patience } from '../search/patience.ts';
import { reduction } from '../search/reduction.ts';
import { search } from '../search/search.ts';
import { learn, type SavedShare, type Share, type ShareResult, searchTogether } from '../search/together.ts';
import { wholeRound } from '../search/wholeRound.ts';
import type { Control } from './control.ts';
import { runTwice } from './determinism.ts';
import { type Job, type JobResult, nothing, type SampleJob, type SearchJob } from './job.ts';

/** Most local states a search may meet: each is an object, and a search that meets so many is far from its end. */
const MOST_LOCAL_STATES = 1_000_000;

/** Most states a search may meet: 9 bytes each, and as much again when the table grows. */
const MOST_STATES = 40_000_000;

/** @throws UsageError for an unknown strategy. */
export function schedulerNamed(strategy: string, seed: number): Scheduler {
  if (strategy === 'portfolio') return new Portfolio(seed);
  const make = strategies[strategy];
  if (make === undefined) throw new UsageError(`unknown strategy '${strategy}'`);
  return make(seed);
}

/** Says how a search is doing, and whether it is enough. */
function enoughOf(executor: Executor, { executions, until }: SearchJob, control: Control, index: number, lane: number) {
  const watch = control.watch(index, lane);
  return (done: number, states: number, share: readonly [low: number, high: number], all = done): boolean => {
    watch.search(done, states, share);
    return all >= executions || states > MOST_STATES || executor.localStates > MOST_LOCAL_STATES || watch.stopped(until);
  };
}

/** Runs one thread's part of a search. See {@link searchTogether}. */
export function runShare(
  executor: Executor,
  job: SearchJob,
  share: Share,
  control: Control,
  index: number,
  onSave: (saved: SavedShare) => void,
): ShareResult {
  executor.coverage.begin();
  const enough = enoughOf(executor, job, control, index, share.lane);
  return searchTogether(executor, { preemptions: job.preemptions, ...reduction(job.reduction ?? 'all'), enough }, share, onSave);
}

/** A look for a fair round among all states. */
export interface RoundResult extends Pick<JobResult, 'failure' | 'schedule' | 'complete'> {
  /** See {@link ShareResult}: if there are more than before, the search that came to its end did not know all of a state. */
  readonly promoted: readonly number[];
}

/** Looks for a fair round among all states, after a search in which some come again, and which has learnt so much. */
export function runRound(
  executor: Executor,
  job: SearchJob,
  learnt: Learnt,
  control: Control,
  index: number,
  lane: number,
): RoundResult {
  // This thread need not have searched: the search may have been interrupted before this question, by the end of a process.
  learn(executor, learnt);
  const enough = enoughOf(executor, job, control, index, lane);
  const { failure, complete } = wholeRound(executor, job.preemptions, () => enough(0, 0, [1, 1]));
  const schedule = failure === null ? [] : [...executor.schedule.subarray(0, executor.steps)];
  return { failure, schedule, complete, promoted: executor.promoted };
}

function runSearch(executor: Executor, job: SearchJob, control: Control, index: number, lane: number): JobResult {
  const enough = enoughOf(executor, job, control, index, lane);
  const result = search(executor, { preemptions: job.preemptions, ...reduction(job.reduction ?? 'all'), enough });
  const schedule = result.failure === null ? [] : [...result.schedule];
  return { ...nothing, ...result, schedule, reached: executor.coverage.reached };
}

/** Executions between two looks at the clock. */
const OFTEN = 64;

/** One in so many samples is searched for rounds that only count: looking at every step takes time. */
const PUMPED = 8;

function runSamples(
  executor: Executor,
  { strategy, seed, executions, until, glance = false, steps = Number.POSITIVE_INFINITY }: SampleJob,
  control: Control,
  index: number,
  lane: number,
): JobResult {
  const watch = control.watch(index, lane);
  const scheduler = schedulerNamed(strategy, seed);
  const portfolio = scheduler instanceof Portfolio ? scheduler : null;
  const runnable = new Uint8Array(executor.count);
  const pump = executor.scenario.mayUndo === undefined ? new Pump() : null;
  const patience = new Patience(() => watch.stopped(until));
  let done = 0;
  let long = 0;
  let failure: Failure | null = null;
  let made = 0;
  const isToGoOn = (): boolean => failure === null && !patience.isOver && done < executions && made < steps;
  while (isToGoOn() && scheduler.newExecution(executor.count, executor)) {
    if (done % OFTEN === 0) {
      watch.samples(done, portfolio?.coverage ?? 0);
      if (watch.stopped(until)) break;
    }
    done++;
    failure = runOnce(executor, scheduler, runnable, portfolio, glance || done % PUMPED === 0 ? pump : null, patience);
    made += executor.steps;
    if (failure === null && executor.steps >= executor.limit) long++;
  }
  watch.samples(done, portfolio?.coverage ?? 0);
  return {
    ...nothing,
    failure,
    schedule: failure === null ? [] : [...executor.schedule.subarray(0, executor.steps)],
    executions: done,
    long,
    complete: failure === null && done >= executions,
    reached: executor.coverage.reached,
    orders: portfolio?.coverage ?? 0,
  };
}

/** Runs a job. `index` is its place among the jobs of the stage, `lane` the thread's in `control`. */
export function runJob(executor: Executor, job: Job, control: Control, index: number, lane: number): JobResult {
  executor.coverage.begin();
  switch (job.kind) {
    case 'determinism': {
      const met = runTwice(executor.scenario, job.seed, job.executions);
      return { ...nothing, ...met, executions: met.failure === null ? 0 : 1 };
    }
    case 'search':
      return runSearch(executor, job, control, index, lane);
    default:
      return runSamples(executor, job, control, index, lane);
  }
}
