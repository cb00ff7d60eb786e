/** Explores a scenario in this thread, and reports what came of it (`exploreParallel` in parallel.ts does it in several). */
import type { DriverSettings } from '../../drivers/options.ts';
import { checkInstalled } from '../../oracles/mirror.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import type { Watch } from '../../sync/task.ts';
import { Control } from './control.ts';
import { Executor } from './execution.ts';
import { Exploration, type Found } from './exploration.ts';
import { readable } from './namedSchedule.ts';
import type { NoProgress } from './noProgress.ts';
import { strategies } from './portfolio.ts';
import { preemptionsOf } from './run.ts';
import { runTask, type TaskResult } from './tasks.ts';
import { makeToken } from './token.ts';
import { table, trace } from './trace.ts';

export type Verdict = 'proved' | 'bounded' | 'sampled' | 'violation';

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
  /** Name of the driver that the settings are meant for; it must be that of the scenario. */
  readonly driver?: string | undefined;
}

/** The failure, replayed once more and minimal in preemptions if `minimal` says so. */
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
  readonly failure: ExploreFailure | null;
}

const watch: Watch = { installed: checkInstalled, faultStable: () => {} };

/** An executor with the cheap oracles on. */
export const executorOf = (scenario: Scenario): Executor => new Executor(scenario, watch);

/** @throws RangeError for an unknown strategy. */
export function checkStrategy(strategy: string): void {
  const known = ['portfolio', 'search', ...Object.keys(strategies)];
  if (!known.includes(strategy)) throw new RangeError(`unknown strategy '${strategy}', allowed are ${known.join(', ')}`);
}

/** The report of a failure: its schedule is run again, and must fail in the same way. */
export function reportFailure(
  executor: Executor,
  settings: DriverSettings,
  { failure, schedule, minimal }: Found,
): ExploreFailure {
  const { stretches, outcome } = trace(executor, schedule);
  // There is no schedule to a failure of the check for determinism itself.
  if (failure.rule !== 'I-DETERM' && (outcome?.rule !== failure.rule || outcome.message !== failure.message)) {
    throw new Error(`the failure is not deterministic: ${failure.rule} at first, ${outcome?.rule ?? 'nothing'} when run again`);
  }
  const rows = table(executor, stretches);
  return {
    oracle: failure.rule,
    message: failure.message,
    noProgress: failure.kind ?? null,
    actor: failure.actor === -1 ? 'check at the end' : executor.nameOf(failure.actor),
    token: makeToken(executor.scenario.name, settings, schedule, executor.scenario.sources),
    steps: schedule.length,
    preemptions: preemptionsOf(executor, schedule),
    minimal,
    schedule: readable(stretches),
    table: rows,
  };
}

/** What the exploration of `scenario` has come to; `failure` is the report of what was found. */
export function resultOf(
  scenario: string,
  exploration: Exploration,
  options: ExploreOptions,
  failure: ExploreFailure | null,
  { seconds, workers, interrupted }: { readonly seconds: number; readonly workers: number; readonly interrupted: boolean },
): ExploreResult {
  const { executions, states, transitions, orders, bound } = exploration;
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
    ...exploration.conclusion(),
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
  const failure = found === null ? null : reportFailure(executorOf(scenario), options.settings, found);
  return resultOf(scenario.name, exploration, options, failure, { seconds, workers: 1, interrupted: control.isStopped });
}

/** The report of a failure whose last step does not end: the steps before it are run, and that one is not. */
export function reportStuck(executor: Executor, settings: DriverSettings, { failure, schedule }: Found): ExploreFailure {
  const before = schedule.slice(0, -1);
  const { stretches } = trace(executor, before);
  return {
    oracle: failure.rule,
    message: failure.message,
    noProgress: failure.kind ?? null,
    actor: failure.actor === -1 ? 'check at the end' : executor.nameOf(failure.actor),
    token: makeToken(executor.scenario.name, settings, schedule, executor.scenario.sources),
    steps: schedule.length,
    preemptions: preemptionsOf(executor, before),
    minimal: false,
    schedule: `${readable(stretches)} ${executor.nameOf(schedule.at(-1) as number)}@done`.trim(),
    table: table(executor, stretches),
  };
}

/** Runs a recorded schedule again. */
export function replay(scenario: Scenario, settings: DriverSettings, schedule: readonly number[]): ExploreResult {
  const executor = executorOf(scenario);
  const { outcome } = trace(executor, schedule);
  const failure = outcome === null ? null : reportFailure(executor, settings, { failure: outcome, schedule, minimal: false });
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
  failure,
});
