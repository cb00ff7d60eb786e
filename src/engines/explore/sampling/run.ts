/** Runs executions under a scheduler. */
import type { Executor, Outcome } from '../machine/execution.ts';
import type { Portfolio } from './portfolio.ts';
import type { Scheduler } from './scheduler.ts';

/**
 * Steps an actor may make in a row while others could. An actor that tries again and again until another has gone on (a fault
 * on a page whose owner has not dropped its reference yet) would otherwise spin for ever under a strategy of fixed priorities.
 */
export const PATIENCE = 400;

/**
 * Steps after which an execution is taken out of the scheduler's hands, and goes on without preemption. Two actors that take
 * something from each other for ever do so only if they are preempted at the wrong places for ever; whoever does not come to
 * an end now either is in a livelock.
 */
const isLong = ({ steps, limit }: Executor): boolean => steps >= limit / 2;

function otherThan(actor: number, runnable: Uint8Array, count: number): number {
  for (let i = 0; i < count; i++) if ((runnable[i] as number) > actor) return runnable[i] as number;
  return runnable[0] as number;
}

/** Runs on from where the executor is, without preemption, to an end. `current` made the last step. */
export function runToEnd(executor: Executor, current: number, runnable: Uint8Array): Outcome {
  let last = current;
  let alone = 0;
  for (let count = executor.runnable(runnable); count > 0; count = executor.runnable(runnable)) {
    if (executor.steps === executor.limit) break;
    const goesOn = last >= 0 && executor.canRun(last) && (alone <= PATIENCE || count === 1);
    const next = goesOn ? last : otherThan(last, runnable, count);
    alone = next === last ? alone + 1 : 0;
    const failure = executor.step(next);
    if (failure !== null) return failure;
    last = next;
  }
  return executor.conclude();
}

/** One execution, from the beginning to an end or a failure. `executor.schedule` and `.steps` say what happened. */
export function runOnce(
  executor: Executor,
  scheduler: Scheduler,
  runnable: Uint8Array,
  portfolio: Portfolio | null = null,
): Outcome {
  executor.reset();
  let current = -1;
  let alone = 0;
  for (let count = executor.runnable(runnable); count > 0; count = executor.runnable(runnable)) {
    const last = current;
    if (isLong(executor)) return runToEnd(executor, last, runnable);
    current = scheduler.nextActor(runnable, count, last);
    alone = current === last ? alone + 1 : 0;
    if (alone > PATIENCE && count > 1) {
      current = otherThan(last, runnable, count);
      alone = 0;
    }
    const failure = executor.step(current);
    if (failure !== null) return failure;
    portfolio?.note(executor, last, current);
  }
  portfolio?.settle();
  return executor.conclude();
}

/**
 * Times the actor was changed although it could have gone on. To take an actor that has run for longer than {@link PATIENCE} off
 * is no preemption: any fair scheduler does it.
 */
export function preemptionsOf(executor: Executor, schedule: ArrayLike<number>): number {
  const runnable = new Uint8Array(executor.count);
  let preemptions = 0;
  let current = -1;
  let alone = 0;
  executor.reset();
  for (let step = 0; step < schedule.length; step++) {
    const next = schedule[step] as number;
    if (executor.runnable(runnable) === 0) break;
    if (current !== -1 && next !== current && alone <= PATIENCE && executor.canRun(current)) preemptions++;
    alone = next === current ? alone + 1 : 0;
    if (!executor.canRun(next) || executor.step(next) !== null) break;
    current = next;
  }
  return preemptions;
}
