/** What one thread is asked about a scenario: to audit its steps, to follow a schedule, to say where its actors pass and stop. */
import { UsageError } from '../../../input/usageError.ts';
import type { JudgedAudit } from '../audit/judgedAudit.ts';
import type { PassedPoints } from '../failure/passedPoints.ts';
import type { Stops } from '../failure/stops.ts';
import { Control } from '../plan/control.ts';
import type { ExploreOptions } from '../plan/options.ts';
import { type ExploreResult, replayed } from '../plan/result.ts';
import { foundIn, report } from './failureReport.ts';
import { type ParallelHooks, supervised } from './supervised.ts';
import { Stuck, Threads } from './threads.ts';
import type { Subject } from './work.ts';

/** What a scenario is driven by. */
export type Driven = Pick<ExploreOptions, 'settings' | 'driver'>;

/** From now on the caller sees that the one thread is `doing` this, and can stop it. */
function watched(control: Control, hooks: ParallelHooks, doing: string): Disposable {
  const began = Date.now();
  return supervised(control, hooks, (now) => ({ ...now, elapsedSeconds: (Date.now() - began) / 1000, doing }));
}

/** What an audit may take. */
export interface AuditLimits {
  /** Most executions. */
  readonly executions: number;
  readonly seconds: number;
  readonly seed: number;
}

/** Audits the steps of a scenario in a thread. @throws as `exploreParallel`. */
export async function auditParallel(
  scenario: string,
  { settings, driver }: Driven,
  limits: AuditLimits,
  hooks: ParallelHooks = {},
): Promise<JudgedAudit & { readonly interrupted: boolean }> {
  const control = new Control();
  using _progress = watched(control, hooks, 'stopping steps in their middle');
  const { threads } = await Threads.start({ scenario, settings, driver }, 1, control);
  await using _threads = threads;
  return { ...(await threads.run({ kind: 'audit', ...limits })), interrupted: control.isStopped };
}

/**
 * Runs one schedule, of a token or in named points, in a thread that is watched. With the signal it is explained no further.
 *
 * @throws as `exploreParallel`; UsageError when the schedule cannot be followed.
 */
export async function runSchedule(
  scenario: string,
  { settings, driver }: Driven,
  schedule: readonly number[] | string,
  hooks: ParallelHooks = {},
): Promise<ExploreResult> {
  const subject: Subject = { scenario, settings, driver };
  const control = new Control();
  using _progress = watched(control, hooks, 'following the schedule');
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
