/**
 * All scenarios that fit a driver, with no preemption, then with one, with two, with three, then all interleavings of each: the first
 * answer to "is my driver right?". The first failure ends it, that of the first scenario in order if there are several at a time.
 */
import type { DriverSettings } from '../../../drivers/base/options.ts';
import { UsageError } from '../../../input/usageError.ts';
import type { ExploreOptions, ExploreResult } from '../explore.ts';
import { secondsFor } from '../failure/budget.ts';
import { Control, LANES } from '../plan/control.ts';
import { Exploration, type Found } from '../plan/exploration.ts';
import { resultOf } from '../plan/result.ts';
import { type SurveyResult, surveyResult } from '../plan/surveyResult.ts';
import { jobText, Row } from '../plan/surveyRow.ts';
import { report } from './failureReport.ts';
import { type ParallelHooks, supervised } from './supervised.ts';
import { Stuck, Threads } from './threads.ts';

/** Of all the time, the share that a job may take at first: one large scenario must not keep all others waiting. */
const SHARE = 1 / 40;
const LEAST_MS = 1000;

/** Rank from which on searches take so long that it matters which comes first: that of two preemptions. */
const SMALL_FIRST = 3;

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

/** A failure of a scenario. */
interface Hit {
  readonly row: Row;
  readonly found: Found;
  /** Its last step does not end. */
  readonly isStuck: boolean;
}

/** One survey in its threads. */
class Survey {
  readonly #threads: Threads;
  readonly #control: Control;
  readonly #began = Date.now();
  readonly #ms: number;
  /** What each lane is at. */
  readonly #at: (Row | undefined)[] = [];
  /** Scenarios that fit, as far as that is known. */
  rows: readonly Row[];
  doing = '';

  constructor(threads: Threads, control: Control, rows: readonly Row[], seconds: number) {
    this.#threads = threads;
    this.#control = control;
    this.rows = rows;
    this.#ms = 1000 * seconds;
  }

  get #until(): number {
    return this.#began + this.#ms;
  }

  get #isOver(): boolean {
    return this.#control.isStopped || Date.now() >= this.#until;
  }

  /** Does the same with all rows, in this order and in all threads; up to the first hit, which is returned. */
  async #each(rows: readonly Row[], visit: (row: Row, index: number, lane: number) => Promise<Hit | null>): Promise<Hit | null> {
    const control = this.#control;
    const hits: Hit[] = [];
    let next = 0;
    let settled = rows.length;
    control.beginStage();
    const work = async (lane: number): Promise<void> => {
      while (next < settled && !this.#isOver) {
        const index = next++;
        const hit = await visit(rows[index] as Row, index, lane);
        control.clear(lane);
        if (hit === null) continue;
        hits[index] = hit;
        settled = Math.min(settled, index + 1);
        control.settle(index);
      }
    };
    await Promise.all(Array.from({ length: this.#threads.count }, (_, lane) => work(lane)));
    return hits.find((hit) => hit !== undefined) ?? null;
  }

  /** Sets all scenarios up. What cannot be is none that fits: a sentence each, why. */
  async open(): Promise<readonly string[]> {
    const misfits = new Map<Row, string>();
    this.doing = 'setting up';
    await this.#each(this.rows, async (row, _, lane) => {
      const { scenario, settings } = row.listed;
      const opened = await this.#threads.run({ kind: 'open', scenario, settings }, lane);
      if ('misfit' in opened) misfits.set(row, opened.misfit);
      else row.open(opened);
      return null;
    });
    const odd = this.rows.filter((row) => misfits.has(row));
    this.rows = this.rows.filter((row) => !misfits.has(row));
    return odd.map((row) => misfits.get(row) as string);
  }

  async #goOn(row: Row, index: number, lane: number): Promise<Hit | null> {
    const began = Date.now();
    const job = row.next(Math.min(this.#until, began + row.patience * Math.max(LEAST_MS, SHARE * this.#ms)));
    const { actors } = row;
    const { scenario, settings } = row.listed;
    this.#at[lane] = row;
    const result = await this.#threads.run({ kind: 'any', scenario, settings, actors, job, index }, lane);
    const now = Date.now();
    const wasStopped = now >= job.until || this.#control.isStopped || this.#control.isSettledBefore(index);
    const found = row.take(job, result, { ms: now - began, wasStopped });
    return found === null ? null : { row, found, isStuck: false };
  }

  /** Until one fails, time is up or nothing is left to do. */
  async search(): Promise<Hit | null> {
    try {
      for (let rank = 0; !this.#isOver; rank++) {
        const left = this.rows.filter((row) => row.rank < Number.POSITIVE_INFINITY);
        if (left.length === 0) break;
        const some = left.filter((row) => row.rank <= rank);
        // The small ones first, where there are large ones: more of them are finished then.
        if (rank >= SMALL_FIRST) some.sort((a, b) => a.size - b.size);
        const hit = await this.#each(some, async (row, index, lane) => {
          this.doing = `${jobText(row.next(0))}: ${index + 1} of ${some.length} scenarios`;
          return this.#goOn(row, index, lane);
        });
        if (hit !== null) return hit;
      }
    } catch (error) {
      const row = error instanceof Stuck ? this.#at[error.lane] : undefined;
      if (row === undefined) throw error;
      const { failure, schedule } = error as Stuck;
      return { row, found: { failure, schedule, minimal: false }, isStuck: true };
    }
    // Random runs have met one, and no search came far enough to find it.
    const row = this.rows.find(({ met }) => met !== null);
    return row === undefined ? null : { row, found: row.met as Found, isStuck: false };
  }
}

/** The failure as the exploration of its scenario would show it. */
async function shown(
  { row, found, isStuck }: Hit,
  { seconds, preemptions }: SurveyOptions,
  workers: number,
  elapsed: number,
  control: Control,
): Promise<ExploreResult> {
  const { scenario, settings } = row.listed;
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
  row.tell(exploration);
  exploration.fail(found, row.schedules);
  const work = isStuck
    ? ({ kind: 'reportStuck', found } as const)
    : ({ kind: 'report', found, options, seconds: secondsFor(elapsed) } as const);
  const failure = await report({ scenario, settings }, work, control);
  return resultOf(scenario, exploration, options, failure, { seconds: elapsed, workers, interrupted: false, covers: row.covers });
}

/**
 * Explores all scenarios that fit the driver, in `workers` threads.
 *
 * @throws UsageError for an unknown driver, a module that is none, options that it does not have, a driver that no scenario fits or
 * that does not end loading or being set up, or too many threads.
 */
export async function survey(options: SurveyOptions, workers: number, hooks: ParallelHooks = {}): Promise<SurveyResult> {
  if (workers < 1 || workers > LANES) throw new UsageError(`1 to ${LANES} workers are possible, not ${workers}`);
  const control = new Control();
  const { driver, settings, like, preemptions, seconds: limit } = options;
  let began = Date.now();
  let all: Survey | null = null;
  const elapsed = (): number => (Date.now() - began) / 1000;
  const sum = (of: (row: Row) => number): number => all?.rows.reduce((total, row) => total + of(row), 0) ?? 0;
  using _progress = supervised(control, hooks, (now) => ({
    elapsedSeconds: elapsed(),
    doing: all?.doing ?? 'starting',
    executions: sum(({ schedules }) => schedules) + now.executions,
    states: sum(({ states }) => states) + now.states,
    guesses: [0, 0],
    orders: 0,
  }));
  const { threads, list } = await Threads.startAll(
    { settings, ...(driver === undefined ? { like } : { driver }) },
    workers,
    control,
  );
  let hit: Hit | null;
  let misfits = list.misfits;
  let rows: readonly Row[];
  {
    await using _threads = threads;
    began = Date.now();
    all = new Survey(
      threads,
      control,
      list.scenarios.map((listed) => new Row(listed, preemptions)),
      limit,
    );
    const odd = await all.open();
    misfits = [...misfits, ...odd];
    rows = all.rows;
    if (driver !== undefined && odd.length > 0 && !rows.some(({ devices }) => devices > 0))
      throw new UsageError(`no scenario with a device can be set up with driver '${driver}': ${odd[0]}`);
    hit = await all.search();
  }
  const seconds = elapsed();
  const interrupted = control.isStopped;
  all.doing = 'looking into the failure';
  const violation = hit === null ? null : await shown(hit, options, workers, seconds, control);
  return surveyResult(rows, preemptions, { misfits, seconds, workers, interrupted, violation });
}
