/**
 * Makes a failure smaller: first as few preemptions as possible, then as few operations and with them actors, then as few steps, as
 * long as the same rule breaks. Every schedule that is taken has been run, and has failed.
 */
import type { Scenario } from '../../../scenarios/scenario.ts';
import { without } from '../../../scenarios/without.ts';
import type { Executor, Failure } from '../machine/execution.ts';
import { preemptionsOf, runToEnd } from '../sampling/run.ts';
import { search } from '../search.ts';

export interface Minimal {
  readonly failure: Failure;
  readonly schedule: readonly number[];
  /** No schedule with fewer preemptions breaks the rule: they were all tried. */
  readonly minimal: boolean;
}

/** A stretch of steps by one actor. */
interface Run {
  readonly actor: number;
  readonly steps: number;
}

export function runsOf(schedule: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (const actor of schedule) {
    const last = runs.at(-1);
    if (last?.actor === actor) runs[runs.length - 1] = { actor, steps: last.steps + 1 };
    else runs.push({ actor, steps: 1 });
  }
  return runs;
}

/**
 * Runs the stretches as far as they can be followed, and then on without preemption. Returns the failure if it breaks the rule,
 * with the schedule in the executor.
 */
export function follow(executor: Executor, runs: readonly Run[], rule: string): Failure | null {
  const runnable = new Uint8Array(executor.count);
  executor.reset();
  let current = -1;
  let failure: Failure | null = null;
  for (const { actor, steps } of runs) {
    for (let i = 0; i < steps && executor.canRun(actor) && failure === null; i++) {
      failure = executor.step(actor);
      current = actor;
    }
    if (failure !== null) break;
  }
  failure ??= runToEnd(executor, current, runnable);
  return failure?.rule === rule ? failure : null;
}

const scheduleOf = (executor: Executor): number[] => [...executor.schedule.subarray(0, executor.steps)];

/** Searches with fewer and fewer... from none upwards: the first bound at which the rule breaks is the least. */
function fewestPreemptions(executor: Executor, { failure, schedule }: Minimal, until: number): Minimal {
  const spent = preemptionsOf(executor, schedule);
  for (let bound = 0; bound < spent; bound++) {
    const result = search(executor, { preemptions: bound, enough: () => Date.now() > until });
    if (result.failure?.rule === failure.rule) return { failure: result.failure, schedule: [...result.schedule], minimal: true };
    // Another rule broke first, or time is up: what lies behind is not known.
    if (!result.complete) return { failure, schedule, minimal: false };
  }
  return { failure, schedule, minimal: true };
}

/** Leaves out stretches, and shortens others, while the rule still breaks and no preemption is added. */
function fewestSteps(executor: Executor, found: Minimal, until: number): Minimal {
  let best = found;
  const most = preemptionsOf(executor, best.schedule);
  const take = (runs: readonly Run[]): boolean => {
    const failure = follow(executor, runs, best.failure.rule);
    if (failure === null || executor.steps >= best.schedule.length) return false;
    const schedule = scheduleOf(executor);
    if (preemptionsOf(executor, schedule) > most) return false;
    best = { ...best, failure, schedule };
    return true;
  };
  for (let again = true; again && Date.now() < until; ) {
    again = false;
    const runs = runsOf(best.schedule);
    for (let i = 0; i < runs.length && !again; i++) {
      const { actor, steps } = runs[i] as Run;
      const shorter = [0, Math.floor(steps / 2), steps - 1].filter((n) => n < steps);
      again = shorter.some((n) => take([...runs.slice(0, i), ...(n === 0 ? [] : [{ actor, steps: n }]), ...runs.slice(i + 1)]));
    }
  }
  return best;
}

/** Longest search for the failure without one of the operations. */
const WITHOUT_MS = 300;

/** Leaves out operations, the last first, while the rule still breaks with no more preemptions. */
function fewestOperations(make: (scenario: Scenario) => Executor, found: Smaller, until: number): Smaller {
  const { actors, invariants } = found.executor.prepared;
  if (invariants === undefined) return found;
  const { scenario } = found.executor;
  const most = preemptionsOf(found.executor, found.schedule);
  const all = actors.flatMap(({ name, operations }) => operations.map((_, i) => `${name}${i}`)).reverse();
  const left: string[] = [];
  let best = found;
  for (const operation of all) {
    const stop = Math.min(until, Date.now() + WITHOUT_MS);
    if (left.length + 1 === all.length || Date.now() >= until) break;
    const executor = make(without(scenario, [...left, operation]));
    const { failure, schedule } = search(executor, { preemptions: most, enough: () => Date.now() > stop });
    if (failure?.rule !== found.failure.rule) continue;
    left.push(operation);
    best = { ...best, executor, failure, schedule: [...schedule] };
  }
  return best;
}

/** A failure, and an executor of the scenario it is one of: perhaps with fewer operations than at first. */
export interface Smaller extends Minimal {
  readonly executor: Executor;
}

/** The smallest failure that could be found in `seconds`. `minimal` says that the preemptions are known to be the fewest. */
export function minimise(make: (scenario: Scenario) => Executor, executor: Executor, found: Minimal, seconds: number): Smaller {
  const until = Date.now() + seconds * 1000;
  const fewer = found.minimal ? found : fewestPreemptions(executor, found, until);
  const smaller = fewestOperations(make, { ...fewer, executor }, until);
  return { ...fewestSteps(smaller.executor, smaller, until), executor: smaller.executor };
}
