/**
 * All scenarios that fit a driver, with no preemption, then with one, with two, with three, then all interleavings of each: the first
 * answer to "is my driver right?". The first failure ends it, that of the first scenario in order if there are several at a time.
 */
import type { DriverSettings } from '../../../drivers/options.ts';
import { UsageError } from '../../../input/usageError.ts';
import type { ExploreOptions, ExploreResult, Verdict } from '../explore.ts';
import { secondsFor } from '../failure/budget.ts';
import { Control, LANES } from '../plan/control.ts';
import { Exploration, type Found } from '../plan/exploration.ts';
import { resultOf } from '../plan/result.ts';
import { Row, type SurveyRow } from '../plan/surveyRow.ts';
import type { SearchTask, TaskResult } from '../plan/tasks.ts';
import { type ParallelHooks, report } from './parallel.ts';
import { Stuck, Threads } from './threads.ts';

/** Preemption bounds tried in turn; then all interleavings. Long scenarios are behind: one of them costs as much as all the others. */
const BOUNDS = [0, 1, 2, 3];
const ALL = Number.POSITIVE_INFINITY;
type Stage = readonly [preemptions: number, which: 'short' | 'long'];
const STAGES: readonly Stage[] = [
  [0, 'short'],
  [1, 'short'],
  [0, 'long'],
  [2, 'short'],
  [1, 'long'],
  [3, 'short'],
  [ALL, 'short'],
  [2, 'long'],
  [3, 'long'],
  [ALL, 'long'],
];

/** Of the time that is left, the share that all interleavings of one scenario may take. */
const SHARE = 0.1;
const LEAST_MS = 1000;

const PROGRESS_MS = 100;

export interface SurveyOptions {
  /** In place of the drivers that the scenarios have: a name or the path of a module. */
  readonly driver?: string | undefined;
  /** Options of that driver; without one, of the driver of `like`. */
  readonly settings: DriverSettings;
  /** A scenario that says whose the settings are. */
  readonly like?: string | undefined;
  readonly seconds: number;
  /** Most preemptions; Infinity for all interleavings. */
  readonly preemptions: number;
}

export interface SurveyResult {
  /** `proved`: all of them. `bounded`: all within `bound` preemptions. `sampled`: not even that. */
  readonly verdict: Verdict;
  /** Preemptions within which every interleaving of every scenario was covered; -1 for none. */
  readonly bound: number;
  readonly scenarios: readonly SurveyRow[];
  /** Scenarios that do not fit, a sentence each. */
  readonly misfits: readonly string[];
  /** Scenarios whose interleavings were all covered within so many preemptions. */
  readonly finished: readonly { readonly preemptions: number; readonly scenarios: number }[];
  readonly proved: number;
  readonly vacuous: number;
  readonly schedules: number;
  readonly states: number;
  readonly seconds: number;
  readonly workers: number;
  readonly interrupted: boolean;
  /** The exploration that found a failure, null when none did. */
  readonly violation: ExploreResult | null;
}

/** A search under way or done: of a scenario, with a bound. */
interface Hit {
  readonly row: Row;
  readonly task: SearchTask;
  readonly found: Found;
  readonly result: TaskResult | null;
}

/** One survey in its threads. */
class Survey {
  readonly #threads: Threads;
  readonly #control: Control;
  readonly #until: number;
  readonly rows: readonly Row[];
  /** What each lane is at. */
  readonly #at: ({ readonly row: Row; readonly task: SearchTask } | undefined)[] = [];
  doing = '';

  constructor(threads: Threads, control: Control, rows: readonly Row[], until: number) {
    this.#threads = threads;
    this.#control = control;
    this.rows = rows;
    this.#until = until;
  }

  /** All scenarios with at most so many preemptions, in this order. The first that fails, or null. */
  async stage(preemptions: number, rows: readonly Row[]): Promise<Hit | null> {
    const control = this.#control;
    const isAll = preemptions === ALL;
    const hits: Hit[] = [];
    let [next, done] = [0, 0];
    let settled = rows.length;
    control.beginStage();
    const lane = async (number: number): Promise<void> => {
      while (next < settled && !control.isStopped && Date.now() < this.#until) {
        const index = next++;
        const row = rows[index] as Row;
        const now = Date.now();
        const until = isAll ? Math.min(this.#until, now + Math.max(LEAST_MS, SHARE * (this.#until - now))) : this.#until;
        const task: SearchTask = { kind: 'search', preemptions, executions: Number.MAX_SAFE_INTEGER, until };
        this.#at[number] = { row, task };
        const { scenario, settings } = row.listed;
        const result = await this.#threads.run({ kind: 'search', scenario, settings, task, index }, number);
        control.clear(number);
        row.take(task, result, Date.now() - now);
        const what = isAll ? 'all interleavings' : `at most ${preemptions} preemption${preemptions === 1 ? '' : 's'}`;
        this.doing = `${what}: ${++done} of ${rows.length}${row.listed.isLong ? ' long' : ''} scenarios`;
        if (result.failure === null) continue;
        hits[index] = { row, task, found: { failure: result.failure, schedule: result.schedule, minimal: !isAll }, result };
        settled = Math.min(settled, index + 1);
        control.settle(index);
      }
    };
    await Promise.all(Array.from({ length: this.#threads.count }, (_, number) => lane(number)));
    return hits.find((hit) => hit !== undefined) ?? null;
  }

  /** Stage after stage, until one fails, time is up or `most` preemptions were done. */
  async run(most: number): Promise<Hit | null> {
    try {
      const beyond: readonly Stage[] = [
        [most, 'short'],
        [most, 'long'],
      ];
      const stages = [...STAGES.filter(([bound]) => bound <= most), ...([...BOUNDS, ALL].includes(most) ? [] : beyond)];
      for (const [bound, which] of stages) {
        const some = this.rows.filter(({ listed }) => listed.isLong === (which === 'long'));
        // The small ones first, once it is known which they are: more of them are finished then.
        const rows = bound <= 1 ? some : some.sort((a, b) => a.states - b.states);
        const hit = await this.stage(bound, rows);
        if (hit !== null || this.#control.isStopped || Date.now() >= this.#until) return hit;
      }
      return null;
    } catch (error) {
      const at = error instanceof Stuck ? this.#at[error.lane] : undefined;
      if (at === undefined) throw error;
      const { failure, schedule } = error as Stuck;
      return { ...at, found: { failure, schedule, minimal: false }, result: null };
    }
  }
}

/** The failure as the exploration of its scenario would show it. */
async function shown(
  { row, task, found, result }: Hit,
  { seconds, preemptions }: SurveyOptions,
  workers: number,
  elapsed: number,
  control: Control,
): Promise<ExploreResult> {
  const { scenario, settings, covers } = row.listed;
  const options: ExploreOptions = {
    strategy: 'search',
    seconds,
    schedules: Number.MAX_SAFE_INTEGER,
    preemptions,
    seed: 1,
    settings,
    explain: true,
  };
  const exploration = new Exploration(options, Date.now());
  exploration.bound = row.bound;
  if (result === null) exploration.fail(found, row.result().schedules);
  else exploration.take([task], [result]);
  const subject = { scenario, settings };
  const work =
    result === null
      ? ({ kind: 'reportStuck', found } as const)
      : ({ kind: 'report', found, options, seconds: secondsFor(elapsed) } as const);
  const failure = await report(subject, work, control);
  return resultOf(scenario, exploration, options, failure, { seconds: elapsed, workers, interrupted: false, covers });
}

/**
 * Explores all scenarios that fit the driver, in `workers` threads.
 *
 * @throws UsageError for an unknown driver, a module that is none, options that it does not have, or too many threads.
 */
export async function survey(
  options: SurveyOptions,
  workers: number,
  { onProgress, signal }: ParallelHooks = {},
): Promise<SurveyResult> {
  if (workers < 1 || workers > LANES) throw new UsageError(`1 to ${LANES} workers are possible, not ${workers}`);
  const control = new Control();
  const stop = (): void => control.stop();
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  const { driver, settings, like, preemptions } = options;
  let began = Date.now();
  let doing = (): string => 'starting';
  let rows: readonly Row[] = [];
  const schedules = (): number => rows.reduce((sum, row) => sum + row.result().schedules, 0);
  const states = (): number => rows.reduce((sum, row) => sum + row.states, 0);
  const elapsed = (): number => (Date.now() - began) / 1000;
  const timer = setInterval(() => {
    const { executions, states: more } = control.standing();
    onProgress?.({
      elapsedSeconds: elapsed(),
      doing: doing(),
      executions: schedules() + executions,
      states: states() + more,
      guesses: [0, 0],
      orders: 0,
    });
  }, PROGRESS_MS);
  try {
    const { threads, list } = await Threads.startAll(
      { settings, ...(driver === undefined ? { like } : { driver }) },
      workers,
      control,
    );
    let hit: Hit | null;
    {
      await using _ = threads;
      began = Date.now();
      rows = list.scenarios.map((listed) => new Row(listed));
      const all = new Survey(threads, control, rows, began + 1000 * options.seconds);
      doing = () => all.doing;
      hit = await all.run(preemptions);
    }
    const seconds = elapsed();
    const interrupted = control.isStopped;
    doing = () => 'looking into the failure';
    const violation = hit === null ? null : await shown(hit, options, workers, seconds, control);
    const results = rows.map((row) => row.result());
    const bound = Math.min(...results.map((row) => (row.verdict === 'proved' ? Number.MAX_SAFE_INTEGER : row.bound)));
    const count = (verdict: Verdict): number => results.filter((row) => row.verdict === verdict).length;
    const proved = rows.filter(({ isProved }) => isProved).length;
    const rest: Verdict = proved === rows.length ? 'proved' : bound >= 0 ? 'bounded' : 'sampled';
    return {
      verdict: violation !== null ? 'violation' : count('vacuous') > 0 ? 'vacuous' : rest,
      bound: bound === Number.MAX_SAFE_INTEGER ? Math.min(...results.map((row) => row.bound)) : bound,
      scenarios: results,
      misfits: list.misfits,
      finished: [...new Set([...BOUNDS, preemptions])]
        .filter((one) => one <= preemptions && one < ALL)
        .map((one) => ({ preemptions: one, scenarios: results.filter((row) => row.bound >= one).length })),
      proved,
      vacuous: count('vacuous'),
      schedules: schedules(),
      states: states(),
      seconds,
      workers,
      interrupted,
      violation,
    };
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', stop);
  }
}
