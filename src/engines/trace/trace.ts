/** From stress to trace: a violation that real threads have seen is looked for under a controlled scheduler. */
import type { DriverSettings } from '../../drivers/options.ts';
import type { ExploreFailure } from '../explore/explore.ts';
import { readToken } from '../explore/failure/token.ts';
import { type ExploreProgress, exploreParallel, type ParallelHooks, runSchedule } from '../explore/threads/parallel.ts';

export interface TraceOptions {
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

export interface TraceResult {
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

const TICK_MS = 100;

/** The failure of a token once more, with why it fails. That takes some seconds, and `tick` is called meanwhile. */
async function explained(
  scenario: string,
  settings: DriverSettings,
  token: string,
  tick: () => void,
  signal: AbortSignal | undefined,
) {
  const timer = setInterval(tick, TICK_MS);
  try {
    return await runSchedule(scenario, { settings }, readToken(token).schedule, signal);
  } finally {
    clearInterval(timer);
  }
}

/**
 * Explores one scenario after another, until one breaks the same rule or time is up. Another rule is kept in case there is no
 * better: one mistake can break several.
 */
export async function traceViolation(options: TraceOptions, hooks: ParallelHooks = {}): Promise<TraceResult> {
  const { rule, settings, seconds } = options;
  const began = Date.now();
  const elapsed = (): number => (Date.now() - began) / 1000;
  const explored: Explored[] = [];
  const onProgress = (progress: ExploreProgress): void =>
    hooks.onProgress?.({ ...progress, elapsedSeconds: elapsed(), doing: `${explored.length + 1}: ${progress.doing}` });
  let other: { readonly scenario: string; readonly failure: ExploreFailure } | undefined;
  let same: typeof other;
  for (const scenario of options.scenarios) {
    const left = seconds - elapsed();
    if (left <= 0 || hooks.signal?.aborted) break;
    const { failure, schedules, bound } = await exploreParallel(
      scenario,
      {
        strategy: 'search',
        seconds: Math.min(left, Math.max(LEAST_SECONDS, seconds / SHARES)),
        schedules: Number.MAX_SAFE_INTEGER,
        preemptions: PREEMPTIONS,
        seed: 1,
        settings,
      },
      1,
      { ...hooks, onProgress },
    );
    explored.push({ scenario, schedules, bound, rule: failure?.oracle ?? null });
    if (failure === null) continue;
    if (failure.oracle === rule) {
      same = { scenario, failure };
      break;
    }
    other ??= { scenario, failure };
  }
  const best = same ?? other;
  const result = { seconds: elapsed(), interrupted: hooks.signal?.aborted ?? false, explored };
  if (best === undefined) return { ...result, found: null };
  const tick = (): void =>
    onProgress({ executions: 0, states: 0, guesses: [0, 0], orders: 0, elapsedSeconds: 0, doing: 'looking into the failure' });
  const again = await explained(best.scenario, settings, best.failure.token, tick, hooks.signal);
  const failure = { ...(again.failure ?? best.failure), minimal: best.failure.minimal };
  return { ...result, found: { scenario: best.scenario, sameRule: best === same, failure } };
}
