/** Explores a scenario in this thread, and reports what came of it (`exploreParallel` in parallel.ts does it in several). */
import type { DriverSettings } from '../../drivers/base/options.ts';
import { UsageError } from '../../input/usageError.ts';
import type { Scenario } from '../../scenarios/kit/scenario.ts';
import { Budget, type BudgetHooks, secondsFor } from './failure/budget.ts';
import { reportFailure, reportFound } from './failure/report.ts';
import { table } from './failure/table.ts';
import { trace } from './failure/trace.ts';
import { DONE, type Executor } from './machine/execution.ts';
import { executorOf } from './machine/executorOf.ts';
import { Control } from './plan/control.ts';
import { Exploration } from './plan/exploration.ts';
import type { JobResult } from './plan/job.ts';
import { runJob } from './plan/jobs.ts';
import { checkStrategy, type ExploreOptions } from './plan/options.ts';
import { type ExploreResult, replayed, resultOf } from './plan/result.ts';

export type { ExploreFailure } from './failure/report.ts';
export { executorOf } from './machine/executorOf.ts';
export type { ExploreOptions, ExploreVerdict } from './plan/options.ts';
export type { ExploreResult } from './plan/result.ts';

/** Explores in this thread, until it is done, time is up or `control` says stop. @throws UsageError for an unknown strategy. */
export function explore(scenario: Scenario, options: ExploreOptions, control = new Control()): ExploreResult {
  checkStrategy(options);
  const began = Date.now();
  const executor = executorOf(scenario);
  const exploration = new Exploration(options, began);
  for (let jobs = exploration.next(Date.now()); jobs.length > 0; jobs = exploration.next(Date.now())) {
    control.beginStage();
    const results: JobResult[] = [];
    for (const [i, job] of jobs.entries()) {
      if (control.isStopped || Date.now() >= job.until) break;
      const result = runJob(executor, job, control, i, 0);
      results.push(result);
      if (exploration.settles(job, result)) break;
    }
    exploration.take(jobs, results);
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
  checkSchedule(executor, schedule);
  const { outcome, stretches } = trace(executor, schedule);
  if (outcome === null)
    return replayed(scenario.name, null, {
      basis: `the schedule was followed, and nothing failed${unfinished(executor)}`,
      passed: { stretches, table: table(executor, stretches) },
    });
  const found = { failure: outcome, schedule, minimal: true };
  return replayed(scenario.name, reportFailure(executor, { settings, explain: why }, found, new Budget(secondsFor(0), hooks)));
}

/** @throws UsageError when an actor of the schedule does not exist, or cannot go on where it says so. */
function checkSchedule(executor: Executor, schedule: readonly number[]): void {
  executor.reset();
  for (const [step, actor] of schedule.entries()) {
    const { count, scenario } = executor;
    const where = `step ${step + 1} of the schedule`;
    if (actor >= count) throw new UsageError(`${where} is one of actor ${actor}, ${scenario.name} has actors 0 to ${count - 1}`);
    if (!executor.canRun(actor)) throw new UsageError(`${where} is one of ${executor.nameOf(actor)}, which cannot go on there`);
    if (executor.step(actor) !== null) return;
  }
}

/** Who has something left to do where a schedule ends. */
function unfinished(executor: Executor): string {
  const names = Array.from({ length: executor.count }, (_, i) => i)
    .filter((actor) => executor.at[actor] !== DONE)
    .map((actor) => executor.nameOf(actor));
  return names.length === 0 ? '' : `; it ends before ${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} done`;
}
