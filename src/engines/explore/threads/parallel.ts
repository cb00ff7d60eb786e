/** Explores in several threads. The result is the one that a single thread has, for a seed and a budget of schedules. */
import { UsageError } from '../../../input/usageError.ts';
import { secondsFor } from '../failure/budget.ts';
import type { ExploreFailure } from '../failure/report.ts';
import { Control, LANES } from '../plan/control.ts';
import { Exploration } from '../plan/exploration.ts';
import type { Job } from '../plan/job.ts';
import { checkStrategy, type ExploreOptions } from '../plan/options.ts';
import { type ExploreResult, resultOf } from '../plan/result.ts';
import { foundIn, report } from './failureReport.ts';
import type { CheckpointOptions } from './keptSearches.ts';
import { runStage } from './stage.ts';
import { type ParallelHooks, supervised } from './supervised.ts';
import { Stuck, Threads } from './threads.ts';
import type { Started, Subject } from './work.ts';

const doing = (jobs: readonly Job[]): string => {
  const [first] = jobs;
  if (first?.kind === 'determinism') return 'checking that schedules repeat';
  if (first?.kind === 'sample') return 'sampling';
  if (first !== undefined && first.preemptions < Number.POSITIVE_INFINITY) return 'searching with few preemptions';
  return jobs.length > 1 ? 'searching all interleavings, and sampling' : 'searching all interleavings';
};

/** How an exploration makes its searches. */
export interface Searching {
  /** Threads that make each of them together. Default 1. */
  readonly threads?: number;
  /** Where they are kept, to be gone on with. */
  readonly checkpoint?: CheckpointOptions | undefined;
}

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
  const kept = checkpoint === undefined ? null : (await import('./keptSearches.ts')).keptSearches(checkpoint, options, started);
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
