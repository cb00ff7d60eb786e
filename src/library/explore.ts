/** `explore()`: interleavings of a scenario under a controlled scheduler. */
import type { ExploreOptions, ExploreResult } from '../engines/explore/explore.ts';
import type { Failure } from '../engines/explore/machine/failure.ts';
import type * as OneThread from '../engines/explore/threads/oneThread.ts';
import type * as Parallel from '../engines/explore/threads/parallel.ts';
import type { ExploreProgress } from '../engines/explore/threads/supervised.ts';
import { checkOptions, givenOptions } from '../input/options.ts';
import { isProgram } from '../programs/program.ts';
import { type Hooks, type Result, resultAs, underHooks } from './call.ts';
import { inStepped } from './model.ts';
import { type ScenarioRequest, scenarioOptions, scheduleOf, subjectOf } from './subject.ts';

/** What an exploration is asked for. All is optional, but for the scenario where there is no bug that names one. */
export interface ExploreRequest extends ScenarioRequest {
  /** `portfolio` (search, then sampling; the default), `search`, or one way of sampling, as `hmm-lab explore --help` lists them. */
  readonly strategy?: string | undefined;
  /** How long to look, in seconds: above 0, at most 86,400. Default 10. */
  readonly seconds?: number | undefined;
  /** Most executions: 1 to 1e9. Default 10,000,000. */
  readonly schedules?: number | undefined;
  /** Most preemptions of the search: 0 to 100, or Infinity, the default, for all interleavings. */
  readonly preemptions?: number | undefined;
  /**
   * What the searches may leave out because it comes to the same: `none`; `orders` of steps; or `all`, the default, which also takes
   * like actors for one another. The verdict is the same with all of them.
   */
  readonly reduction?: string | undefined;
  /** Threads: 1 to 64. For a seed and a number of schedules the result is the same for any number of them. Default 1. */
  readonly workers?: number | undefined;
  /** Threads that make each search together: 1 to 64. Verdict and states of a finished search are the same for any number. Default 1. */
  readonly threads?: number | undefined;
  /**
   * A file, for strategy `search`: it is written now and then, and when time is up or the signal stops the search. If it is there, the
   * search goes on from it; it is removed when the search has come to its end. `seconds` are those of this call.
   */
  readonly checkpoint?: string | undefined;
  /** Seconds between two checkpoints: above 0, at most 86,400. Default 30. */
  readonly checkpointSeconds?: number | undefined;
  /** Of the sampling strategies: 0 to 2^31 - 1. Default 1. */
  readonly seed?: number | undefined;
  /** Follow this one schedule instead, in named points as a failure shows it: `D@lock#4 A@done`. Default: that of the program, if it has one. */
  readonly schedule?: string | undefined;
}

export const exploreBounds = {
  seconds: { kind: 'number', above: 0, max: 86_400 },
  schedules: { kind: 'whole', min: 1, max: 1_000_000_000 },
  preemptions: { kind: 'whole', min: 0, max: 100 },
  workers: { kind: 'whole', min: 1, max: 64 },
  threads: { kind: 'whole', min: 1, max: 64 },
  checkpointSeconds: { kind: 'number', above: 0, max: 86_400 },
  seed: { kind: 'whole', min: 0, max: 2 ** 31 - 1 },
} as const;

export const exploreUsual = {
  strategy: 'portfolio',
  seconds: 10,
  schedules: 10_000_000,
  reduction: 'all',
  workers: 1,
  threads: 1,
  checkpointSeconds: 30,
  seed: 1,
} as const;

/** `--json` of `hmm-lab explore`. */
export type ExploreReport = Result<'hmm-lab/explore/1', ExploreResult>;

export interface ExploreHooks extends Hooks<ExploreProgress> {
  /** Called as soon as a rule is known to be broken; to make the failure smaller and to explain it takes some seconds more. */
  readonly onFound?: ((failure: Failure) => void) | undefined;
}

/** Schedules of a program that are run twice: all programs are run by the same code. */
export const PROGRAM_REPEATS = 1;

/** States of a program that is small: half a second of searching. A pair of operations on one page has some thousands at the most. */
const SHORT_SEARCH = 20_000;

/** The options with what is no bound on the preemptions left out. */
export function bounded<T extends { readonly preemptions?: number }>(given: T): T {
  const { preemptions, ...rest } = given;
  return preemptions === Number.POSITIVE_INFINITY ? (rest as T) : given;
}

/**
 * Explores one scenario: all interleavings with 0, 1 and 2 preemptions, then all of them, and for what is left of the time a portfolio
 * of randomised strategies. A program is searched whole first, up to 20,000 states: a small one is proved by that alone. Works in threads of its own; a model with a bug is a copy of the lab, made once in a process and removed
 * at its end. Needs some hundred megabytes for a large scenario; what user modules print goes to stderr.
 *
 * The verdict is `proved`, `bounded` or `sampled` (by how far the search came), `vacuous`, or `violation`, with `failure` made smaller
 * and explained. Stopped by the signal it says `interrupted`, and the verdict is what was reached until then.
 *
 * @throws UsageError, one sentence, for what is not allowed: an option, a scenario, driver, bug, strategy or reduction that is unknown or does not
 * fit, a module that does not load, a schedule that cannot be followed.
 */
export async function explore(request: ExploreRequest = {}, hooks: ExploreHooks = {}): Promise<ExploreReport> {
  const given = bounded(givenOptions('an exploration', request));
  const others = { ...scenarioOptions, strategy: 'string', reduction: 'string', schedule: 'string', checkpoint: 'string' };
  checkOptions('an exploration', given, { numbers: exploreBounds, others });
  const all = { ...exploreUsual, preemptions: Number.POSITIVE_INFINITY, ...given };
  const { bug, scenario, ...subject } = await subjectOf('explore', given);
  const { strategy, seconds, schedules, preemptions, reduction, seed, workers, threads, checkpoint, checkpointSeconds } = all;
  const schedule = scheduleOf(given);
  const kept = checkpoint === undefined ? undefined : { file: checkpoint, everySeconds: checkpointSeconds };
  const searches = { strategy, seconds, schedules, preemptions, reduction, seed };
  const ofProgram = isProgram(scenario) ? { repeats: PROGRAM_REPEATS, shortSearch: SHORT_SEARCH } : {};
  const options: ExploreOptions = { ...searches, ...ofProgram, ...subject, explain: true };
  const { onFound = () => {} } = hooks;
  const result = await underHooks(hooks, (watched) =>
    inStepped(bug, async (load) => {
      if (schedule !== undefined) {
        const { runSchedule } = await load<typeof OneThread>('engines/explore/threads/oneThread');
        return runSchedule(scenario, subject, schedule, watched);
      }
      const { exploreParallel } = await load<typeof Parallel>('engines/explore/threads/parallel');
      return exploreParallel(scenario, options, workers, { ...watched, onFound }, { threads, checkpoint: kept });
    }),
  );
  return resultAs('hmm-lab/explore/1', result);
}
