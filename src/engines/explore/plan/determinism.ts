/** Is a scenario what it must be: a function of the schedule alone? Some schedules are run twice, on two machines, step by step. */
import type { Scenario } from '../../../scenarios/scenario.ts';
import { points } from '../../../steps/points.ts';
import { DONE, Executor } from '../machine/execution.ts';
import { Xorshift } from '../sampling/scheduler.ts';

/** Steps that are compared, over all runs. */
const MOST_STEPS = 2000;

const placeOf = (at: number | undefined): string => (at === DONE ? 'its end' : `'${points[at ?? -1]?.name ?? '?'}'`);

/**
 * Runs `times` random schedules twice with the generators as written, on machines prepared separately.
 *
 * @returns the first difference, in a sentence; null when there is none. A clock, Math.random or a variable outside the shared
 * words are the usual causes.
 */
export function firstDifference(scenario: Scenario, seed: number, times: number): string | null {
  const [one, other] = [new Executor(scenario, null, { recorded: false }), new Executor(scenario, null, { recorded: false })];
  const random = new Xorshift(seed);
  const runnable = new Uint8Array(one.count);
  const same = (): boolean => one.low === other.low && one.high === other.high;
  let made = 0;
  for (let run = 0; run < times && made < MOST_STEPS; run++, made += one.steps) {
    one.reset();
    other.reset();
    if (!same()) return 'the machine is not the same when it is prepared a second time';
    for (let count = one.runnable(runnable); count > 0 && made + one.steps < MOST_STEPS; count = one.runnable(runnable)) {
      const actor = runnable[random.below(count)] as number;
      if (!other.canRun(actor)) return `${one.nameOf(actor)} can run at first, and not when the same steps are made again`;
      const outcomes = [one.step(actor), other.step(actor)];
      const where = `in step ${one.steps} of the same schedule ${one.nameOf(actor)} comes to ${placeOf(one.at[actor])}`;
      if (one.at[actor] !== other.at[actor]) return `${where}, and the second time to ${placeOf(other.at[actor])}`;
      if (outcomes[0]?.message !== outcomes[1]?.message) return `${where}, and breaks a rule only once`;
      if (outcomes[0] !== null) break;
      if (!same()) return `${where}, and the second time with other values`;
    }
  }
  return null;
}
