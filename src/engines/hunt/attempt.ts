/**
 * One attempt to find a bug, made in the tree that has the bug in it: a search with as few preemptions as possible, then
 * samples with several seeds.
 */
import { LOCK_CLASSES } from '../../arena/config.ts';
import type { Mutation } from '../../bugs/bug.ts';
import type { DriverSettings } from '../../drivers/base/options.ts';
import type { Scenario } from '../../scenarios/kit/scenario.ts';
import { type ExploreOptions, type ExploreResult, executorOf, explore } from '../explore/explore.ts';
import type { Failure } from '../explore/machine/failure.ts';
import { scenarioNamed } from '../explore/plan/catalogue.ts';
import { importScenario } from '../explore/plan/importScenario.ts';
import { Portfolio } from '../explore/sampling/portfolio.ts';
import { runOnce } from '../explore/sampling/run.ts';
import { search } from '../explore/search/search.ts';

export interface AttemptOptions {
  /** Seeds of the samples, 1 and up. */
  readonly seeds: number;
  /** Most schedules of a search, and of the samples of one seed. */
  readonly schedules: number;
  /** Longest search, and longest sampling with all seeds, in seconds. */
  readonly seconds: number;
}

/** What the portfolio needs to come upon the bug, from seed to seed. */
export interface Sampled {
  readonly found: number;
  readonly seeds: number;
  /** Schedules up to and including the one that failed, over the seeds that found it; null if none did. */
  readonly median: number | null;
  readonly max: number | null;
  /** The member of the portfolio that found it most often. */
  readonly strategy: string | null;
}

export interface Attempt {
  /** A rule broke, whichever. */
  readonly found: boolean;
  readonly oracle: string | null;
  readonly message: string | null;
  readonly token: string | null;
  /** Of the search; no schedule with fewer preemptions fails if `minimal`. */
  readonly preemptions: number | null;
  readonly minimal: boolean;
  /** Preemptions that the bug needs to strike, where a check of lock orders sees it coming with fewer. */
  readonly strikes: number | null;
  readonly schedules: number;
  readonly seconds: number;
  readonly sampled: Sampled | null;
}

/** The scenario with all lock orders taken for known, so that no check of them sees a deadlock coming. */
const withoutLockOrder = (scenario: Scenario): Scenario => ({
  ...scenario,
  prepare() {
    const prepared = scenario.prepare();
    prepared.arena.words.fill(-1, prepared.arena.lockOrder, prepared.arena.lockOrder + LOCK_CLASSES);
    return prepared;
  },
});

/** Samples until one fails. Returns the failure, who found it and in which schedule; null if none of them failed. */
function sample(scenario: Scenario, seed: number, most: number, until: number) {
  const executor = executorOf(scenario);
  const portfolio = new Portfolio(seed);
  const runnable = new Uint8Array(executor.count);
  for (let n = 1; n <= most && Date.now() < until; n++) {
    portfolio.newExecution(executor.count, executor);
    const failure: Failure | null = runOnce(executor, portfolio, runnable, portfolio);
    if (failure !== null) return { failure, schedules: n, strategy: portfolio.member };
  }
  return null;
}

const middle = (sorted: readonly number[]): number | null => sorted[Math.floor((sorted.length - 1) / 2)] ?? null;

/** The one that occurs most often. */
function commonest(names: readonly string[]): string | null {
  const count = (name: string): number => names.filter((other) => other === name).length;
  return [...new Set(names)].sort((a, b) => count(b) - count(a))[0] ?? null;
}

function samples(scenario: Scenario, { seeds, schedules, seconds }: AttemptOptions): Sampled {
  const until = Date.now() + seconds * 1000;
  const found = Array.from({ length: seeds }, (_, i) => sample(scenario, i + 1, schedules, until)).filter((one) => one !== null);
  const needed = found.map((one) => one.schedules).sort((a, b) => a - b);
  const strategy = commonest(found.map((one) => one.strategy));
  return { found: found.length, seeds, median: middle(needed), max: needed.at(-1) ?? null, strategy };
}

const isForeboding = ({ failure }: ExploreResult): boolean => failure?.message.startsWith('lock order') === true;

/** Looks for what a change of the model broke. */
export async function attempt({ scenario: name, settings = {} }: Mutation, options: AttemptOptions): Promise<Attempt> {
  const scenario = await importScenario(name, settings);
  const { seconds, schedules } = options;
  const asked: ExploreOptions = {
    strategy: 'portfolio',
    seconds,
    schedules,
    preemptions: Number.POSITIVE_INFINITY,
    seed: 1,
    settings,
    explain: false,
    // Of many changes of one model: that its schedules repeat is looked at where it is explored.
    repeats: 1,
  };
  const result = explore(scenario, asked);
  const { failure } = result;
  const strike = isForeboding(result) ? explore(withoutLockOrder(scenario), asked).failure : null;
  return {
    found: failure !== null,
    oracle: failure?.oracle ?? null,
    message: failure?.message ?? null,
    token: failure?.token ?? null,
    preemptions: failure?.preemptions ?? null,
    minimal: failure?.minimal ?? false,
    strikes: strike?.preemptions ?? null,
    schedules: result.schedules,
    seconds: result.seconds,
    sampled: failure === null || options.seeds === 0 ? null : samples(scenario, options),
  };
}

/** What became of a scenario of the model as it is. */
export interface CleanRun {
  /** The first failure of its samples: there must be none. */
  readonly message: string | null;
  /** What it never reached with one preemption: nothing, or it says nothing. */
  readonly missed: readonly string[];
}

/** What a scenario is there for and does not reach with at most one preemption. */
function missed(scenario: Scenario): string[] {
  const executor = executorOf(scenario);
  const { coverage } = executor;
  const isDone = (): boolean => coverage.reached.length === coverage.names.length;
  coverage.begin();
  for (let preemptions = 0; preemptions <= 1 && !isDone(); preemptions++) search(executor, { preemptions, enough: isDone });
  return coverage.names.filter((_, i) => !coverage.reached.includes(i));
}

/** Samples a scenario of the model as it is, and looks whether it reaches what it is there for. */
export function cleanRun(name: string, settings: DriverSettings, seed: number, schedules: number): CleanRun {
  const scenario = scenarioNamed(name, settings);
  const alarm = sample(scenario, seed, schedules, Number.POSITIVE_INFINITY);
  return { message: alarm === null ? null : `${alarm.failure.rule}: ${alarm.failure.message}`, missed: missed(scenario) };
}
