/**
 * Makes a failure smaller: first as few preemptions as possible, then as few operations and with them actors, then as few steps, as
 * long as the same rule breaks. At last every preemption is put as late as possible. Every schedule that is taken has been run, and
 * has failed.
 */
import type { Scenario } from '../../../scenarios/kit/scenario.ts';
import { without } from '../../../scenarios/kit/without.ts';
import type { Executor } from '../machine/execution.ts';
import type { Failure } from '../machine/failure.ts';
import { preemptionsOf } from '../sampling/run.ts';
import { search } from '../search/search.ts';
import type { Budget } from './budget.ts';
import type { Counterpart } from './counterpart.ts';
import { preemptedLate } from './pair.ts';
import { follow, type Run, runsOf, scheduleOf } from './run.ts';
import { isOwnDemand } from './source.ts';

export interface Minimal {
  readonly failure: Failure;
  readonly schedule: readonly number[];
  /** No schedule with fewer preemptions breaks the rule: they were all tried. */
  readonly minimal: boolean;
}

/** A failure, and an executor of the scenario it is one of: perhaps with fewer operations than at first. */
export interface Smaller extends Minimal {
  readonly executor: Executor;
}

/** Searches with no preemption, then with one, and so on: the first bound at which the rule breaks is the least. */
function fewestPreemptions(executor: Executor, { failure, schedule }: Minimal, budget: Budget): Minimal {
  const spent = preemptionsOf(executor, schedule);
  for (let bound = 0; bound < spent; bound++) {
    if (budget.isOver) return { failure, schedule, minimal: false };
    const result = search(executor, { preemptions: bound, enough: () => budget.isOver });
    if (result.failure?.rule === failure.rule) return { failure: result.failure, schedule: [...result.schedule], minimal: true };
    // Another rule broke first, or time is up: whether this bound breaks the rule is not known.
    if (!result.complete) return { failure, schedule, minimal: false };
  }
  return { failure, schedule, minimal: true };
}

/** Leaves out stretches, and shortens others, while the rule still breaks and no preemption is added. */
function fewestSteps(executor: Executor, found: Minimal, budget: Budget): Minimal {
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
  for (let again = true; again; ) {
    again = false;
    const runs = runsOf(best.schedule);
    for (let i = 0; i < runs.length && !again; i++) {
      const { actor, steps } = runs[i] as Run;
      const shorter = [0, Math.floor(steps / 2), steps - 1].filter((n) => n < steps);
      for (const n of shorter) {
        if (budget.isOver) return best;
        again = take([...runs.slice(0, i), ...(n === 0 ? [] : [{ actor, steps: n }]), ...runs.slice(i + 1)]);
        if (again) break;
      }
    }
  }
  return best;
}

/** Share of what is left of the budget that may be spent on one operation. */
const WITHOUT_SHARE = 1 / 3;

/** The failure of a scenario with as few preemptions as it takes, `most` at most; null if there is none, or it cannot be told. */
function leastFailure(executor: Executor, rule: string, most: number, budget: Budget) {
  for (let preemptions = 0; preemptions <= most; preemptions++) {
    const { failure, schedule, complete } = search(executor, { preemptions, enough: () => budget.isOver });
    if (failure !== null) return failure.rule === rule ? { failure, schedule: [...schedule], preemptions } : null;
    if (!complete) return null;
  }
  return null;
}

/**
 * Leaves out operations, the last first, while the same rule breaks with no more preemptions because of what was asked about, and not
 * because of what is missing. So the clean counterpart must be well without them. Where there is none, the failure must need as many
 * preemptions as before, and one of the model's own checks must see it: what an operation itself demands may rely on another one.
 */
function fewestOperations(
  make: (scenario: Scenario) => Executor,
  found: Smaller,
  clean: Counterpart | null,
  budget: Budget,
): Smaller {
  const { actors, invariants } = found.executor.prepared;
  if (invariants === undefined) return found;
  const { scenario } = found.executor;
  const { rule } = found.failure;
  const most = preemptionsOf(found.executor, found.schedule);
  const all = actors.flatMap(({ name, operations }) => operations.map((_, i) => `${name}${i}`)).reverse();
  const left: string[] = [];
  let best = found;
  for (const operation of all) {
    if (left.length + 1 === all.length || budget.isOver) break;
    const part = budget.part(WITHOUT_SHARE);
    const fewer = without(scenario, [...left, operation]);
    const executor = make(fewer);
    const smaller = leastFailure(executor, rule, most, part);
    if (smaller === null) continue;
    const { failure, schedule, preemptions } = smaller;
    const isCause =
      clean === null ? preemptions === most && !isOwnDemand(fewer, schedule) : clean.passes([...left, operation], most, part);
    if (!isCause) continue;
    left.push(operation);
    best = { executor, failure, schedule, minimal: true };
  }
  return best;
}

/** The same failure, preempted as late as possible. */
function latest(executor: Executor, found: Minimal, budget: Budget): Minimal {
  const { rule } = found.failure;
  const late = preemptedLate(executor, found.schedule, rule, budget);
  if (late === found.schedule) return found;
  const failure = follow(executor, runsOf(late), rule);
  return failure === null ? found : { ...found, failure, schedule: scheduleOf(executor) };
}

/**
 * The smallest failure that could be found within the budget. `minimal` says that the preemptions are known to be the fewest. `clean`
 * is the clean counterpart of the scenario, null where there is none.
 */
export function minimise(
  make: (scenario: Scenario) => Executor,
  executor: Executor,
  found: Minimal,
  budget: Budget,
  clean: Counterpart | null = null,
): Smaller {
  const fewer = found.minimal ? found : fewestPreemptions(executor, found, budget);
  const smaller = fewestOperations(make, { ...fewer, executor }, clean, budget);
  // Without an end there are no fewer steps; how often the round is made is another matter (round.ts).
  if (smaller.failure.rule === 'I-PROG') return smaller;
  const shorter = fewestSteps(smaller.executor, smaller, budget);
  return { ...latest(smaller.executor, shorter, budget), executor: smaller.executor };
}
