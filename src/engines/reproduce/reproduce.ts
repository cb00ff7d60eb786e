/** From stress to trace: a violation that real threads have seen is looked for under a controlled scheduler. */
import type { DriverSettings } from '../../drivers/base/options.ts';
import type { ExploreFailure } from '../explore/explore.ts';
import { Control } from '../explore/plan/control.ts';
import type { SearchJob } from '../explore/plan/job.ts';
import { runSchedule } from '../explore/threads/oneThread.ts';
import { type ParallelHooks, supervised } from '../explore/threads/supervised.ts';
import { Stuck, Threads } from '../explore/threads/threads.ts';

export interface ReproduceOptions {
  /** The rule that the race saw broken. */
  readonly rule: string;
  /** Scenarios to explore, in this order. */
  readonly scenarios: readonly string[];
  readonly settings: DriverSettings;
  /** Longest time to explore. */
  readonly seconds: number;
}

/** One exploration. */
export interface Explored {
  readonly scenario: string;
  readonly schedules: number;
  /** Every interleaving with so many preemptions was covered; -1 for none. */
  readonly bound: number;
  /** The rule that it broke. */
  readonly rule: string | null;
}

export interface Reproduced {
  readonly seconds: number;
  readonly interrupted: boolean;
  readonly explored: readonly Explored[];
  /** Null when no scenario broke a rule. `failure` is explained. */
  readonly found: { readonly scenario: string; readonly sameRule: boolean; readonly failure: ExploreFailure } | null;
}

/** Most preemptions: nearly every known race needs no more, and so few are soon tried. */
const PREEMPTIONS = 2;
/** Scenarios that share the time, if they need it; there are more when they do not. */
const SHARES = 4;
const LEAST_SECONDS = 1;

/** What a scenario has come to so far. */
interface Standing {
  readonly scenario: string;
  schedules: number;
  bound: number;
  rule: string | null;
}

/** A schedule that breaks a rule. */
interface Hit {
  readonly scenario: string;
  readonly rule: string;
  readonly schedule: readonly number[];
  /** Its last step does not end: the thread is lost. */
  readonly isStuck: boolean;
}

/** One search, in a thread that is kept; what does not come back is a livelock. */
async function searched(
  threads: Threads,
  standing: Standing,
  { settings }: ReproduceOptions,
  job: SearchJob,
): Promise<Hit | null> {
  const { scenario } = standing;
  try {
    const result = await threads.run({ kind: 'any', scenario, settings, job, index: 0 });
    standing.schedules += result.executions;
    if (result.complete && result.failure === null) standing.bound = job.preemptions;
    return result.failure === null ? null : { scenario, rule: result.failure.rule, schedule: result.schedule, isStuck: false };
  } catch (error) {
    if (!(error instanceof Stuck)) throw error;
    return { scenario, rule: error.failure.rule, schedule: error.schedule, isStuck: true };
  }
}

/**
 * Explores all scenarios with no preemption, then all with one, then with two, until one breaks the same rule or time is up: nearly
 * every known race needs so few, and a scenario that nobody would have guessed is as soon tried as any. The order is that of the
 * scenarios within a bound. Another rule is kept in case there is no better: one mistake can break several.
 */
export async function reproduce(options: ReproduceOptions, hooks: ParallelHooks = {}): Promise<Reproduced> {
  const { rule, settings, seconds, scenarios } = options;
  const began = Date.now();
  const until = began + 1000 * seconds;
  const standings = scenarios.map((scenario): Standing => ({ scenario, schedules: 0, bound: -1, rule: null }));
  const control = new Control();
  let doing = 'starting';
  using _progress = supervised(control, hooks, ({ executions, states }) => ({
    elapsedSeconds: (Date.now() - began) / 1000,
    doing,
    executions: standings.reduce((sum, one) => sum + one.schedules, executions),
    states,
    guesses: [0, 0],
    orders: 0,
  }));
  const isOver = (): boolean => control.isStopped || Date.now() >= until;
  let [same, other]: [Hit | null, Hit | null] = [null, null];
  if (!isOver() && scenarios.length > 0) {
    const { threads } = await Threads.startAll({ settings: {} }, 1, control);
    await using _threads = threads;
    control.beginStage();
    search: for (let preemptions = 0; preemptions <= PREEMPTIONS; preemptions++) {
      for (const [i, standing] of standings.entries()) {
        if (isOver()) break search;
        if (standing.rule !== null) continue;
        doing = `${i + 1} of ${scenarios.length} scenarios with ${preemptions} preemptions`;
        const now = Date.now();
        const share = Math.max(1000 * LEAST_SECONDS, (until - now) / SHARES);
        const job = {
          kind: 'search',
          preemptions,
          executions: Number.MAX_SAFE_INTEGER,
          until: Math.min(until, now + share),
        } as const;
        const hit = await searched(threads, standing, options, job);
        control.clear(0);
        if (hit === null) continue;
        standing.rule = hit.rule;
        if (hit.rule === rule) same = hit;
        else other ??= hit;
        if (same !== null || hit.isStuck) break search;
      }
    }
  }
  const explored = standings.filter(({ schedules, rule: broken }) => schedules > 0 || broken !== null);
  const best = same ?? other;
  const result = { seconds: (Date.now() - began) / 1000, interrupted: control.isStopped, explored };
  if (best === null) return { ...result, found: null };
  doing = 'looking into the failure';
  const { failure } = await runSchedule(best.scenario, { settings }, best.schedule, { signal: hooks.signal });
  if (failure === null)
    throw new Error(`the failure is not deterministic: ${best.rule} in ${best.scenario}, and not when run again`);
  return { ...result, found: { scenario: best.scenario, sameRule: best === same, failure: { ...failure, minimal: true } } };
}
