/** The jobs of an exploration (job.ts) are done here, by the executor of one thread. */

import { UsageError } from '../../../input/usageError.ts';
import { activeBug } from '../../../package/activeBug.ts';

import type { Executor } from '../machine/execution.ts';
import type { Failure } from '../machine/failure.ts';
import { takeMeetings } from '../machine/meetings.ts';

import { Portfolio, strategies } from '../sampling/portfolio.ts';
import { Pump } from '../sampling/pump.ts';
import { runOnce } from '../sampling/run.ts';
import type { Scheduler } from '../sampling/scheduler.ts';
import type { Learnt } from '../search/crew.ts';
import type { SearchResult } from '../search/options.ts';
import { Patience } from '../search/patience.ts';
import { reduction } from '../search/reduction.ts';
import { search } from '../search/search.ts';
import { serialSearch } from '../search/serialSearch.ts';
import { learn, type SavedShare, type Share, type ShareResult, searchTogether } from '../search/together.ts';
import { wholeRound } from '../search/wholeRound.ts';
import type { Control } from './control.ts';
import { runTwice } from './determinism.ts';
import {
  isDecided,
  isToBeSearchedAgain,
  isUnbounded,
  type Job,
  type JobResult,
  nothing,
  type SampleJob,
  type SearchJob,
} from './job.ts';

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
function enoughOf(
  executor: Executor,
  { executions, until, states: most = MOST_STATES }: SearchJob,
  control: Control,
  index: number,
  lane: number,
) {
  const watch = control.watch(index, lane);
  return (done: number, states: number, share: readonly [low: number, high: number], all = done): boolean => {
    watch.search(done, states, share);
    return all >= executions || states > most || executor.localStates > MOST_LOCAL_STATES || watch.stopped(until);
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
  const atOnce = runBySerials(executor, job, control, index, lane);
  // Without a word about why it says nothing it was only too long: so is the other one.
  if (atOnce !== null && (isDecided(atOnce) || atOnce.serials === null)) return atOnce;
  const enough = enoughOf(executor, job, control, index, lane);
  const options = { preemptions: job.preemptions, ...reduction(job.reduction ?? 'all'), enough };
  const allOf = (result: SearchResult): JobResult => {
    const schedule = result.failure === null ? [] : [...result.schedule];
    return { ...nothing, ...result, schedule, serials: atOnce?.serials ?? null, reached: executor.coverage.reached };
  };
  if (atOnce !== null || !isUnbounded(job) || isForeign(executor)) {
    const found = allOf(search(executor, options));
    return isToBeSearchedAgain(job, found) ? runAgain(executor, job, found, control, index, lane) : found;
  }
  // A search that has left a path on which somebody counts proves nothing any more: the other one begins at once.
  let spins = false;
  const onSpin = (): void => {
    spins = true;
  };
  const first = allOf(search(executor, { ...options, onSpin, enough: (...how) => enough(...how) || spins }));
  if (!spins || first.failure !== null) return first;
  const again = runAgain(executor, job, first, control, index, lane);
  if (again.serials === null || isDecided(again)) return again;
  // It says nothing: what is left of the time is for failures.
  return { ...allOf(search(executor, options)), serials: again.serials };
}

/** Where a search that tells serial numbers apart has no end, the other one is the first. Null where it has one; see {@link isDecided}. */
export function runBySerials(
  executor: Executor,
  job: SearchJob,
  control: Control,
  index: number,
  lane: number,
): JobResult | null {
  const isEndless = executor.scenario.mayUndo !== undefined && isUnbounded(job);
  return isEndless ? runAgain(executor, job, nothing, control, index, lane) : null;
}

const NO_SCHEDULE = new Uint8Array(0);

/** The compiler has seen to it that the lab only compares serial numbers. It has not seen a module of the user's, nor a bug that was put in. */
const isForeign = ({ scenario }: Executor): boolean => scenario.sources !== undefined || activeBug !== null;
const FOREIGN = "nobody knows whether code that is not the lab's only compares them";

/** Makes that other search. See {@link serialSearch}. */
export function runAgain(
  executor: Executor,
  job: SearchJob,
  first: JobResult,
  control: Control,
  index: number,
  lane: number,
): JobResult {
  if (isForeign(executor)) return { ...first, serials: { apart: FOREIGN } };
  const enough = enoughOf(executor, job, control, index, lane);
  const options = { preemptions: job.preemptions, ...reduction(job.reduction ?? 'all'), enough };
  const { result, reached } = serialSearch(executor, { ...first, schedule: NO_SCHEDULE }, options);
  const schedule = result.failure === null ? [] : [...result.schedule];
  return { ...first, ...result, schedule, reached: [...new Set([...first.reached, ...reached])] };
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
  takeMeetings();
  return { ...resultOf(executor, job, control, index, lane), meetings: takeMeetings() };
}

function resultOf(executor: Executor, job: Job, control: Control, index: number, lane: number): JobResult {
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
