/** Explores a scenario in this thread, and reports what came of it (`exploreParallel` in parallel.ts does it in several). */
import type { DriverSettings } from '../../drivers/options.ts';
import { UsageError } from '../../input/usageError.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { Budget, type BudgetHooks, secondsFor } from './failure/budget.ts';
import { type ExploreFailure, reportFailure, reportFound } from './failure/report.ts';
import { table } from './failure/table.ts';
import { type Stretch, trace } from './failure/trace.ts';
import { DONE, type Executor } from './machine/execution.ts';
import { executorOf } from './machine/executorOf.ts';
import { Control } from './plan/control.ts';
import { Exploration } from './plan/exploration.ts';
import { runTask, type TaskResult } from './plan/tasks.ts';
import { type Covered, withCovers } from './plan/vacuous.ts';
import { strategies } from './sampling/portfolio.ts';

export type { ExploreFailure } from './failure/report.ts';
export { executorOf } from './machine/executorOf.ts';

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
  /** Of one schedule that was followed and passes: what happened. */
  readonly passed?: { readonly stretches: readonly Stretch[]; readonly table: readonly string[] };
}

/** @throws UsageError for an unknown strategy. */
export function checkStrategy(strategy: string): void {
  const known = ['portfolio', 'search', ...Object.keys(strategies)];
  if (!known.includes(strategy)) throw new UsageError(`unknown strategy '${strategy}', allowed are ${known.join(', ')}`);
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

/** Explores in this thread, until it is done, time is up or `control` says stop. @throws UsageError for an unknown strategy. */
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
  const budget = new Budget(secondsFor(seconds), { isStopped: () => control.isStopped });
  const failure = found === null ? null : reportFound(executorOf(scenario), options, found, budget);
  return resultOf(scenario.name, exploration, options, failure, {
    seconds,
    workers: 1,
    interrupted: control.isStopped,
    covers: executor.coverage.names,
  });
}

/** Runs a recorded schedule again, and explains it if it fails and `why` is true. */
export function replay(
  scenario: Scenario,
  settings: DriverSettings,
  schedule: readonly number[],
  why = true,
  hooks: BudgetHooks = {},
): ExploreResult {
  const executor = executorOf(scenario);
  const { outcome, stretches } = trace(executor, schedule);
  if (outcome === null)
    return replayed(scenario.name, null, {
      basis: `the schedule was followed, and nothing failed${unfinished(executor)}`,
      passed: { stretches, table: table(executor, stretches) },
    });
  const found = { failure: outcome, schedule, minimal: true };
  return replayed(scenario.name, reportFailure(executor, { settings, explain: why }, found, new Budget(secondsFor(0), hooks)));
}

/** Who has something left to do where a schedule ends. */
function unfinished(executor: Executor): string {
  const names = Array.from({ length: executor.count }, (_, i) => i)
    .filter((actor) => executor.at[actor] !== DONE)
    .map((actor) => executor.nameOf(actor));
  return names.length === 0 ? '' : `; it ends before ${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} done`;
}

/** The result of a schedule that was run again. */
export const replayed = (
  scenario: string,
  failure: ExploreFailure | null,
  more: Partial<Pick<ExploreResult, 'basis' | 'passed'>> = {},
): ExploreResult => ({
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
  basis: 'found in schedule 1',
  covers: [],
  failure,
  ...more,
});
