/** Explores in several threads. The result is the one that a single thread has, for a seed and a budget of schedules. */

import { UsageError } from '../../../input/usageError.ts';
import { activeBug } from '../../../package/activeBug.ts';
import type { JudgedAudit } from '../audit/judgedAudit.ts';
import { secondsFor } from '../failure/budget.ts';
import type { PassedPoints } from '../failure/passedPoints.ts';
import type { ExploreFailure } from '../failure/report.ts';
import type { Stops } from '../failure/stops.ts';
import { explorerHash, modelHash } from '../failure/token.ts';
import { Control, LANES } from '../plan/control.ts';
import { Exploration, type Found } from '../plan/exploration.ts';
import { isToBeSearchedAgain, type Job, type JobResult, type SearchJob } from '../plan/job.ts';
import { checkStrategy, type ExploreOptions } from '../plan/options.ts';
import { type ExploreResult, replayed, resultOf } from '../plan/result.ts';
import type { Identity } from './checkpoint.ts';
import { type CheckpointOptions, KeptSearches } from './keptSearches.ts';
import { searchShared } from './searchShared.ts';
import { type ParallelHooks, supervised } from './supervised.ts';
import { Stuck, Threads } from './threads.ts';
import type { Answers, Started, Subject } from './work.ts';

const doing = (jobs: readonly Job[]): string => {
  const [first] = jobs;
  if (first?.kind === 'determinism') return 'checking that schedules repeat';
  if (first?.kind === 'sample') return 'sampling';
  if (first !== undefined && first.preemptions < Number.POSITIVE_INFINITY) return 'searching with few preemptions';
  return jobs.length > 1 ? 'searching all interleavings, and sampling' : 'searching all interleavings';
};

/** How the work is spread. */
export interface Spread {
  /** Threads that do one job each. */
  readonly workers: number;
  /** Threads that make one search together. */
  readonly threads: number;
  /** Where searches are kept, if they are. */
  readonly kept: KeptSearches | null;
}

/** One search in threads that make it together, or what is known of it from before. */
async function searchTogether(
  threads: Threads,
  { threads: count, kept }: Spread,
  job: SearchJob,
  index: number,
  control: Control,
): Promise<JobResult> {
  const known = kept?.result;
  const lanes: Pick<Threads, 'count' | 'run'> = { count, run: (work, lane) => threads.run(work, lane) };
  const result = known ?? (await searchShared(lanes, job, index, control, undefined, kept?.begin() ?? null));
  const isCutOff = control.isStopped || Date.now() >= job.until;
  const isThrough = result.complete && !isToBeSearchedAgain(job, result);
  if (isThrough || result.failure !== null || !isCutOff) kept?.finish(result);
  return result;
}

/** Runs the jobs of a stage, `workers` at a time and begun in order. Results up to the first that settles the matter. */
async function runStage(
  threads: Threads,
  spread: Spread,
  jobs: readonly Job[],
  exploration: Exploration,
  control: Control,
): Promise<(JobResult | undefined)[]> {
  const results: (JobResult | undefined)[] = [];
  let settled = jobs.length;
  let next = 0;
  control.beginStage();
  // The searches come first.
  for (const job of spread.threads > 1 || spread.kept !== null ? jobs : []) {
    if (job.kind !== 'search' || control.isStopped || Date.now() >= job.until) break;
    const result = await searchTogether(threads, spread, job, next, control);
    results[next++] = result;
    if (exploration.settles(job, result)) return results;
  }
  const lane = async (number: number): Promise<void> => {
    while (next < settled && !control.isStopped && Date.now() < (jobs[next] as Job).until) {
      const index = next++;
      const job = jobs[index] as Job;
      const result = await threads.run({ kind: 'job', job, index }, number);
      control.clear(number);
      results[index] = result;
      if (!exploration.settles(job, result)) continue;
      settled = Math.min(settled, index + 1);
      control.settle(index);
    }
  };
  await Promise.all(Array.from({ length: spread.workers }, (_, number) => lane(number)));
  // A stop leaves gaps, and what there is counts.
  if (control.isStopped) return results;
  const gap = Array.from({ length: settled }, (_, i) => results[i]).indexOf(undefined);
  return results.slice(0, gap === -1 ? settled : gap);
}

/** The report of what was found, by a thread that has not met it before. It comes at once when `control` says stop. */
export async function report(
  subject: Subject,
  work: Answers['report' | 'reportStuck']['work'],
  control: Control,
): Promise<ExploreFailure> {
  const { threads } = await Threads.start(subject, 1, control);
  await using _ = threads;
  try {
    return await threads.run(work);
  } catch (error) {
    // It was made smaller, or continued at random, into a step that does not end. The failure itself was seen before.
    if (!(error instanceof Stuck) || work.kind === 'reportStuck' || work.options.explain !== true) throw error;
    return await report(subject, { ...work, options: { ...work.options, explain: false } }, control);
  }
}

const foundIn = ({ failure, schedule }: Stuck): Found => ({ failure, schedule, minimal: false });

/** How an exploration makes its searches. */
export interface Searching {
  /** Threads that make each of them together. Default 1. */
  readonly threads?: number;
  /** Where they are kept, to be gone on with. */
  readonly checkpoint?: CheckpointOptions | undefined;
}

/** Names all that decides what a search comes to. */
const identityOf = (options: ExploreOptions, { scenario, sources }: Started): Identity => ({
  scenario,
  driver: options.driver ?? 'that of the scenario',
  'driver options': JSON.stringify(options.settings),
  bug: activeBug ?? 'none',
  model: modelHash(sources),
  explorer: explorerHash(),
  preemptions: `${options.preemptions}`,
  reduction: options.reduction ?? 'all',
  seed: `${options.seed}`,
  'number of schedules': `${options.schedules}`,
});

/**
 * Explores a scenario, of the catalogue or of a module of the user's, in `workers` threads, and makes each of its searches in so many together.
 *
 * @throws UsageError for an unknown scenario, strategy or reduction, a module that is no scenario or does not end loading, for more threads than there
 * are lanes, and for a checkpoint that is of another search, is damaged or cannot be written.
 */
export async function exploreParallel(
  scenario: string,
  options: ExploreOptions,
  workers: number,
  hooks: ParallelHooks = {},
  { threads: together = 1, checkpoint }: Searching = {},
): Promise<ExploreResult> {
  checkStrategy(options);
  if (workers < 1 || workers > LANES) throw new UsageError(`1 to ${LANES} workers are possible, not ${workers}`);
  if (together < 1 || together > LANES) throw new UsageError(`1 to ${LANES} threads are possible, not ${together}`);
  if (checkpoint !== undefined && options.strategy !== 'search')
    throw new UsageError(`a checkpoint keeps searches: it goes with strategy 'search', not '${options.strategy}'`);
  const control = new Control();
  const { settings, driver } = options;
  const subject: Subject = { scenario, settings, driver };
  let stage = 'starting';
  let began = Date.now();
  let exploration = new Exploration(options, began);
  using _progress = supervised(control, hooks, (now) => ({
    elapsedSeconds: (Date.now() - began) / 1000,
    doing: stage,
    executions: exploration.executions + now.executions,
    states: Math.max(exploration.states, now.states),
    guesses: now.guesses,
    orders: Math.max(exploration.orders, now.orders),
  }));
  const conclude = ({ scenario, covers }: Started, failure: ExploreFailure | null, seconds: number): ExploreResult =>
    resultOf(scenario, exploration, options, failure, { seconds, workers, interrupted: control.isStopped, covers });
  const { threads, started } = await Threads.start(subject, Math.max(workers, together), control, 'search');
  await using _threads = threads;
  const kept = checkpoint === undefined ? null : new KeptSearches(checkpoint, identityOf(options, started));
  began = Date.now();
  exploration = new Exploration(options, began);
  try {
    for (let jobs = exploration.next(Date.now()); jobs.length > 0; jobs = exploration.next(Date.now())) {
      stage = doing(jobs);
      const results = kept?.stage ?? (await runStage(threads, { workers, threads: together, kept }, jobs, exploration, control));
      exploration.take(jobs, results);
      if (control.isStopped) break;
      kept?.finishStage(results);
    }
    kept?.close();
    const seconds = (Date.now() - began) / 1000;
    const { found } = exploration;
    if (found === null) return conclude(started, null, seconds);
    stage = 'looking into the failure';
    hooks.onFound?.(found.failure);
    const work = { kind: 'report', found, options, seconds: secondsFor(seconds) } as const;
    return conclude(started, await report(subject, work, control), seconds);
  } catch (error) {
    if (!(error instanceof Stuck)) throw error;
    const seconds = (Date.now() - began) / 1000;
    const found = foundIn(error);
    hooks.onFound?.(found.failure);
    exploration.fail(found, control.standing().executions);
    return conclude(started, await report(subject, { kind: 'reportStuck', found }, control), seconds);
  }
}

/** What an audit may take. */
export interface AuditLimits {
  /** Most executions. */
  readonly executions: number;
  readonly seconds: number;
  readonly seed: number;
}

/** Audits the steps of a scenario in a thread. @throws as {@link exploreParallel}. */
export async function auditParallel(
  scenario: string,
  { settings, driver }: Pick<ExploreOptions, 'settings' | 'driver'>,
  limits: AuditLimits,
  hooks: ParallelHooks = {},
): Promise<JudgedAudit & { readonly interrupted: boolean }> {
  const control = new Control();
  const began = Date.now();
  using _progress = supervised(control, hooks, (now) => ({
    ...now,
    elapsedSeconds: (Date.now() - began) / 1000,
    doing: 'stopping steps in their middle',
  }));
  const { threads } = await Threads.start({ scenario, settings, driver }, 1, control);
  await using _threads = threads;
  return { ...(await threads.run({ kind: 'audit', ...limits })), interrupted: control.isStopped };
}

/**
 * Runs one schedule, of a token or in named points, in a thread that is watched. With the signal it is explained no further.
 *
 * @throws as {@link exploreParallel}; UsageError when the schedule cannot be followed.
 */
export async function runSchedule(
  scenario: string,
  { settings, driver }: Pick<ExploreOptions, 'settings' | 'driver'>,
  schedule: readonly number[] | string,
  hooks: ParallelHooks = {},
): Promise<ExploreResult> {
  const subject: Subject = { scenario, settings, driver };
  const control = new Control();
  const began = Date.now();
  using _progress = supervised(control, hooks, (now) => ({
    ...now,
    elapsedSeconds: (Date.now() - began) / 1000,
    doing: 'following the schedule',
  }));
  const concluded = (result: ExploreResult): ExploreResult => ({ ...result, interrupted: control.isStopped });
  const { threads, started } = await Threads.start(subject, 1, control);
  await using _threads = threads;
  try {
    const work =
      typeof schedule === 'string' ? ({ kind: 'follow', text: schedule } as const) : ({ kind: 'replay', schedule } as const);
    return concluded(await threads.run(work));
  } catch (error) {
    if (!(error instanceof Stuck)) throw error;
    const failure = await report(subject, { kind: 'reportStuck', found: foundIn(error) }, control);
    return concluded(replayed(started.scenario, failure));
  }
}

/** What a scenario is driven by. */
export type Driven = Pick<ExploreOptions, 'settings' | 'driver'>;

/** Has one thread look at a scenario; `what` it looks for is in the sentence when a step does not end. */
export async function inOneThread<T>(
  scenario: string,
  { settings, driver }: Driven,
  what: string,
  look: (threads: Threads) => Promise<T>,
): Promise<T> {
  const { threads } = await Threads.start({ scenario, settings, driver }, 1);
  await using _ = threads;
  try {
    return await look(threads);
  } catch (error) {
    if (!(error instanceof Stuck)) throw error;
    throw new UsageError(`the ${what} of ${scenario} cannot be listed: ${error.message}`, { cause: error });
  }
}

/**
 * The points that actors pass in a schedule in named points; without one, in a run without preemption.
 *
 * @throws as {@link runSchedule}; UsageError also when a step does not end.
 */
export const listPoints = (scenario: string, subject: Driven, text?: string): Promise<PassedPoints> =>
  inOneThread(scenario, subject, 'points', (threads) => threads.run({ kind: 'points', text }));

/**
 * Where the actors of a schedule stop, and where they may stop instead.
 *
 * @throws as {@link listPoints}.
 */
export const listStops = (scenario: string, subject: Driven, schedule: readonly number[] | string): Promise<Stops> =>
  inOneThread(scenario, subject, 'stops', (threads) => threads.run({ kind: 'stops', schedule }));
