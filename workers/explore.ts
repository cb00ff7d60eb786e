/** Entry of an exploring thread (piscina): one task of an exploration after another, on a machine that is kept. */
import { scenarioNamed } from '../src/engines/explore/catalogue.ts';
import { Control } from '../src/engines/explore/control.ts';
import type { Executor } from '../src/engines/explore/execution.ts';
import { executorOf } from '../src/engines/explore/explore.ts';
import { type Job, START_MS } from '../src/engines/explore/parallel.ts';
import { runTask, type TaskResult } from '../src/engines/explore/tasks.ts';

// Scenarios and drivers may print. stdout belongs to the result.
console.log = console.error;
console.info = console.error;
console.debug = console.error;

let kept: { readonly key: string; readonly executor: Executor } | undefined;

export default function explore({ scenario, settings, task, index, lane, threads, control }: Job): TaskResult | null {
  const shared = new Control(control);
  if (task === null) {
    shared.start(threads, START_MS);
    return null;
  }
  const key = JSON.stringify([scenario, settings]);
  if (kept?.key !== key) kept = { key, executor: executorOf(scenarioNamed(scenario, settings)) };
  return runTask(kept.executor, task, shared, index, lane);
}
