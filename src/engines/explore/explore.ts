/** Explores a scenario in this thread, and reports what came of it (`exploreParallel` in parallel.ts does it in several). */
import type { DriverSettings } from '../../drivers/options.ts';
import { checkInstalled } from '../../oracles/mirror.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import type { Watch } from '../../sync/task.ts';
import { type Explanation, explain } from './failure/explain.ts';
import { minimise } from './failure/minimise.ts';
import { readable } from './failure/namedSchedule.ts';
import { makeToken } from './failure/token.ts';
import { type Stretch, table, trace } from './failure/trace.ts';
import { Executor } from './machine/execution.ts';
import { Control } from './plan/control.ts';
import { Exploration, type Found } from './plan/exploration.ts';
import { runTask, type TaskResult } from './plan/tasks.ts';
import { type Covered, withCovers } from './plan/vacuous.ts';
import { strategies } from './sampling/portfolio.ts';
import { preemptionsOf } from './sampling/run.ts';
import type { NoProgress } from './search/noProgress.ts';

/** `vacuous`: the search was finished, found nothing, and never reached what the scenario is there for. */
export type Verdict = 'proved' | 'bounded' | 'sampled' | 'violation' | 'vacuous';

export interface ExploreOptions {
  /** `portfolio` (the default: search, then sampling), `search`, or the name of a sampling strategy. */
  readonly strategy: string;
  readonly seconds: number;
  /** Most executions. */
  readonly schedules: number;
  /** Most preemptions of the search; Infinity for all interleavings. */
  readonly preemptions: number;
  readonly seed: number;
  readonly settings: DriverSettings;
  /** Make a failure smaller and explain it, which takes some seconds at most. Default false. */
  readonly explain?: boolean;
  /** Name of the driver that the settings are meant for: that of the scenario, or one to take its place. */
  readonly driver?: string | undefined;
}

/** The failure, made smaller and replayed once more; minimal in preemptions if `minimal` says so. */
export interface ExploreFailure {
  readonly oracle: string;
  readonly message: string;
  /** Which of the four verdicts on no progress, when that is what is wrong. */
  readonly noProgress: NoProgress | null;
  readonly actor: string;
  readonly token: string;
  readonly steps: number;
  readonly preemptions: number;
  /** No schedule with fewer preemptions fails: they were all tried. */
  readonly minimal: boolean;
  /** By named points. */
  readonly schedule: string;
  readonly stretches: readonly Stretch[];
  /** Null if none was asked for. */
  readonly explanation: Explanation | null;
  readonly table: readonly string[];
}

export interface ExploreResult {
  readonly scenario: string;
  readonly verdict: Verdict;
  readonly strategy: string;
  readonly seed: number;
  /** Threads. */
  readonly workers: number;
  readonly schedules: number;
  readonly states: number;
  /** Steps between states that the searches made. */
  readonly transitions: number;
  /** Orders the samples have met: pairs of points at which one actor was left and another taken up. */
  readonly orders: number;
  /** Every interleaving with so many preemptions was covered; -1 for none. */
  readonly bound: number;
  readonly seconds: number;
  readonly schedulesPerSecond: number;
  /** Stopped before its time by the user. */
  readonly interrupted: boolean;
  /** What the verdict rests on, in a sentence. */
  readonly basis: string;
  /** What the scenario is there for, and whether it was reached. */
  readonly covers: readonly Covered[];
  readonly failure: ExploreFailure | null;
}

type ReportOptions = Pick<ExploreOptions, 'settings' | 'explain'>;

const watch: Watch = { installed: checkInstalled, faultStable: () => {} };

/** An executor with the cheap oracles on. */
export const executorOf = (scenario: Scenario): Executor => new Executor(scenario, watch);

/** @throws RangeError for an unknown strategy. */
export function checkStrategy(strategy: string): void {
  const known = ['portfolio', 'search', ...Object.keys(strategies)];
  if (!known.includes(strategy)) throw new RangeError(`unknown strategy '${strategy}', allowed are ${known.join(', ')}`);
}

/** Longest time to make a failure smaller. */
const MINIMISE_SECONDS = 3;

/** A failure of the check for determinism itself has no schedule. */
const hasSchedule = ({ failure }: Found): boolean => failure.rule !== 'I-DETERM';

/** The report of a failure: its schedule is run again, and must fail in the same way. */
function reportFailure(executor: Executor, { settings, explain: why = false }: ReportOptions, found: Found): ExploreFailure {
  const { failure, schedule, minimal } = found;
  const { stretches, outcome } = trace(executor, schedule);
  if (hasSchedule(found) && (outcome?.rule !== failure.rule || outcome.message !== failure.message)) {
    throw new Error(`the failure is not deterministic: ${failure.rule} at first, ${outcome?.rule ?? 'nothing'} when run again`);
  }
  const explanation = why && hasSchedule(found) ? explain(executor, schedule, failure) : null;
  const chances = explanation === null ? null : new Map(explanation.chances.map(({ steps, fails }) => [steps, fails]));
  return {
    ...described(executor, settings, found, schedule),
    minimal,
    schedule: readable(stretches),
    stretches,
    explanation,
    table: table(executor, stretches, chances),
  };
}

/** What a report says whether or not the last step ends; `ran` are the steps that do. */
const described = (executor: Executor, settings: DriverSettings, { failure, schedule }: Found, ran: readonly number[]) => ({
  oracle: failure.rule,
  message: failure.message,
  noProgress: failure.kind ?? null,
  actor: failure.actor === -1 ? 'check at the end' : executor.nameOf(failure.actor),
  token: makeToken(executor.scenario.name, settings, schedule, executor.scenario.sources),
  steps: schedule.length,
  preemptions: preemptionsOf(executor, ran),
});

/** The same for what an exploration has found, which is made smaller before it is explained. */
export function reportFound(executor: Executor, options: ReportOptions, found: Found): ExploreFailure {
  if (options.explain !== true || !hasSchedule(found)) return reportFailure(executor, options, found);
  const smaller = minimise(executorOf, executor, found, MINIMISE_SECONDS);
  return reportFailure(smaller.executor, options, smaller);
}

/** What is known of a run beside what its exploration says. */
export interface RunFacts {
  readonly seconds: number;
  readonly workers: number;
  readonly interrupted: boolean;
  /** What the covers of the scenario are, in words. */
  readonly covers: readonly string[];
}

/** What the exploration of `scenario` has come to; `failure` is the report of what was found. */
export function resultOf(
  scenario: string,
  exploration: Exploration,
  options: ExploreOptions,
  failure: ExploreFailure | null,
  { seconds, workers, interrupted, covers: names }: RunFacts,
): ExploreResult {
  const { executions, states, transitions, orders, bound, reached } = exploration;
  const covers = names.map((what, i) => ({ what, reached: reached.has(i) }));
  return {
    scenario,
    strategy: options.strategy,
    seed: options.seed,
    workers,
    schedules: executions,
    states,
    transitions,
    orders,
    bound,
    seconds,
    schedulesPerSecond: Math.round(executions / Math.max(seconds, 1e-9)),
    interrupted,
    ...withCovers(exploration.conclusion(), bound, covers),
    covers,
    failure,
  };
}

/** Explores in this thread, until it is done, time is up or `control` says stop. @throws RangeError for an unknown strategy. */
export function explore(scenario: Scenario, options: ExploreOptions, control = new Control()): ExploreResult {
  checkStrategy(options.strategy);
  const began = Date.now();
  const executor = executorOf(scenario);
  const exploration = new Exploration(options, began);
  for (let tasks = exploration.next(Date.now()); tasks.length > 0; tasks = exploration.next(Date.now())) {
    control.beginStage();
    const results: TaskResult[] = [];
    for (const [i, task] of tasks.entries()) {
      if (control.isStopped || Date.now() >= task.until) break;
      const result = runTask(executor, task, control, i, 0);
      results.push(result);
      if (exploration.settles(task, result)) break;
    }
    exploration.take(tasks, results);
    if (control.isStopped) break;
  }
  const seconds = (Date.now() - began) / 1000;
  const { found } = exploration;
  const failure = found === null ? null : reportFound(executorOf(scenario), options, found);
  return resultOf(scenario.name, exploration, options, failure, {
    seconds,
    workers: 1,
    interrupted: control.isStopped,
    covers: executor.coverage.names,
  });
}

/** The report of a failure whose last step does not end: the steps before it are run, and that one is not. */
export function reportStuck(executor: Executor, settings: DriverSettings, found: Found): ExploreFailure {
  const before = found.schedule.slice(0, -1);
  const { stretches } = trace(executor, before);
  return {
    ...described(executor, settings, found, before),
    minimal: false,
    schedule: `${readable(stretches)} ${executor.nameOf(found.schedule.at(-1) as number)}@done`.trim(),
    stretches,
    explanation: null,
    table: table(executor, stretches),
  };
}

/** Runs a recorded schedule again. */
export function replay(scenario: Scenario, settings: DriverSettings, schedule: readonly number[], why = true): ExploreResult {
  const executor = executorOf(scenario);
  const { outcome } = trace(executor, schedule);
  const found = outcome === null ? null : { failure: outcome, schedule, minimal: true };
  const failure = found === null ? null : reportFailure(executor, { settings, explain: why }, found);
  return replayed(scenario.name, failure);
}

/** The result of a schedule that was run again. */
export const replayed = (scenario: string, failure: ExploreFailure | null): ExploreResult => ({
  scenario,
  verdict: failure === null ? 'sampled' : 'violation',
  strategy: 'replay',
  seed: 0,
  workers: 1,
  schedules: 1,
  states: 0,
  transitions: 0,
  orders: 0,
  bound: -1,
  seconds: 0,
  schedulesPerSecond: 0,
  interrupted: false,
  basis: failure === null ? 'the schedule was followed, and nothing failed' : 'found in schedule 1',
  covers: [],
  failure,
});
