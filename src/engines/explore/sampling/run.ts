/** Runs executions under a scheduler. */
import type { Executor } from '../machine/execution.ts';
import type { Outcome } from '../machine/failure.ts';
import { conclude } from '../search/conclude.ts';
import { endless } from '../search/noProgress.ts';
import { ENDLESS_PATIENCE, type Patience } from '../search/patience.ts';
import type { Portfolio } from './portfolio.ts';
import type { Pump } from './pump.ts';
import type { Scheduler } from './scheduler.ts';

/**
 * Steps an actor may make in a row while others could, when an execution is sampled. An actor that tries again and again until
 * another has gone on (a fault on a page whose owner has not dropped its reference yet) would otherwise spin for ever under a
 * strategy of fixed priorities. A sample claims nothing about bounds; what is counted as a preemption does not depend on it.
 */
export const PATIENCE = 400;

/**
 * Steps after which a sample is taken out of the scheduler's hands. Two actors that take something from each other for ever do so
 * only if they are preempted at the wrong places for ever; from there on everybody has {@link PATIENCE} steps in turn.
 */
const LONG = 10_000;

function otherThan(actor: number, runnable: Uint8Array, count: number): number {
  for (let i = 0; i < count; i++) if ((runnable[i] as number) > actor) return runnable[i] as number;
  return runnable[0] as number;
}

/** Runs on from where the executor is, without preemption, to an end. `current` made the last step. Null also when there is none. */
export function runToEnd(
  executor: Executor,
  current: number,
  runnable: Uint8Array,
  until = executor.limit,
  patience = ENDLESS_PATIENCE,
): Outcome {
  if (executor.failedAtOnce !== null) return executor.failedAtOnce;
  let last = current;
  let alone = 0;
  for (let count = executor.runnable(runnable); count > 0; count = executor.runnable(runnable)) {
    if (executor.steps >= until) break;
    const goesOn = last >= 0 && executor.canRun(last) && (alone <= PATIENCE || count === 1);
    const next = goesOn ? last : otherThan(last, runnable, count);
    alone = next === last ? alone + 1 : 0;
    const failure = executor.step(next) ?? lookBack(executor, patience);
    if (failure !== null) return failure;
    last = next;
  }
  return conclude(executor, patience);
}

/** Is the execution in a round without end? Asked at every doubling of its length. */
const lookBack = (executor: Executor, patience: Patience): Outcome =>
  executor.steps >= LONG / 2 && (executor.steps & (executor.steps - 1)) === 0 ? endless(executor, patience) : null;

/**
 * One execution, from the beginning to an end or a failure. `executor.schedule` and `.steps` say what happened: it has not come to
 * an end if it has made as many steps as `executor.limit` allows.
 */
export function runOnce(
  executor: Executor,
  scheduler: Scheduler,
  runnable: Uint8Array,
  portfolio: Portfolio | null = null,
  pump: Pump | null = null,
  patience = ENDLESS_PATIENCE,
): Outcome {
  executor.reset();
  if (executor.failedAtOnce !== null) return executor.failedAtOnce;
  pump?.begin(executor);
  const most = Math.min(LONG, executor.limit / 2);
  let current = -1;
  let alone = 0;
  for (let count = executor.runnable(runnable); count > 0; count = executor.runnable(runnable)) {
    const last = current;
    if (executor.steps >= most) return runToEnd(executor, last, runnable, executor.limit, patience);
    current = scheduler.nextActor(runnable, count, last);
    alone = current === last ? alone + 1 : 0;
    if (alone > PATIENCE && count > 1) {
      current = otherThan(last, runnable, count);
      alone = 0;
    }
    const failure = executor.step(current) ?? (pump === null ? null : pump.look(executor, patience));
    if (failure !== null) return failure;
    portfolio?.note(executor, last, current);
  }
  portfolio?.settle();
  return conclude(executor, patience);
}

/** Times the actor was changed although it could have gone on. */
export function preemptionsOf(executor: Executor, schedule: ArrayLike<number>): number {
  let preemptions = 0;
  let current = -1;
  executor.reset();
  for (let step = 0; step < schedule.length; step++) {
    const next = schedule[step] as number;
    if (current !== -1 && next !== current && executor.canRun(current)) preemptions++;
    if (!executor.canRun(next) || executor.step(next) !== null) break;
    current = next;
  }
  return preemptions;
}
