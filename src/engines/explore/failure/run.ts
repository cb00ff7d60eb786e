/** Runs schedules that may not fit: as far as they can be followed, and then on to an end. */
import type { Executor } from '../machine/execution.ts';
import type { Failure, Outcome } from '../machine/failure.ts';
import { runToEnd } from '../sampling/run.ts';

/** A stretch of steps by one actor. */
export interface Run {
  readonly actor: number;
  readonly steps: number;
}

export function runsOf(schedule: ArrayLike<number>): Run[] {
  const runs: Run[] = [];
  for (let step = 0; step < schedule.length; step++) {
    const actor = schedule[step] as number;
    const last = runs.at(-1);
    if (last?.actor === actor) runs[runs.length - 1] = { actor, steps: last.steps + 1 };
    else runs.push({ actor, steps: 1 });
  }
  return runs;
}

/** The schedule of the execution that the executor is in. */
export const scheduleOf = (executor: Executor): number[] => [...executor.schedule.subarray(0, executor.steps)];

/** In place of an outcome: the execution has not come to an end in the steps that it was given. */
export const UNFINISHED: Failure = { rule: '', message: 'it has not come to an end', actor: -1 };

/** Steps that are made after those that are asked for: enough to see that a livelock is one. */
const MORE_STEPS = 20_000;

/**
 * Runs the stretches as far as they can be followed, and then on without preemption, for so many steps at most: {@link UNFINISHED}
 * if that is no end. The schedule is then in the executor.
 */
export function outcomeOf(executor: Executor, runs: readonly Run[]): Outcome {
  const runnable = new Uint8Array(executor.count);
  executor.reset();
  let current = -1;
  for (const { actor, steps } of runs) {
    for (let i = 0; i < steps && executor.canRun(actor) && executor.steps < executor.limit; i++) {
      const failure = executor.step(actor);
      if (failure !== null) return failure;
      current = actor;
    }
  }
  const outcome = runToEnd(executor, current, runnable, Math.min(executor.limit, executor.steps + MORE_STEPS));
  return outcome === null && executor.runnable(runnable) > 0 ? UNFINISHED : outcome;
}

/** The failure of the stretches, if it breaks the rule. */
export function follow(executor: Executor, runs: readonly Run[], rule: string): Failure | null {
  const failure = outcomeOf(executor, runs);
  return failure?.rule === rule ? failure : null;
}
