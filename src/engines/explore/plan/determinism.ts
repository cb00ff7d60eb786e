/** Is a scenario what it must be: a function of the schedule alone? Some schedules are run twice, on two machines, step by step. */
import type { Scenario } from '../../../scenarios/kit/scenario.ts';
import { points } from '../../../steps/points.ts';
import { DONE, Executor } from '../machine/execution.ts';
import type { Failure } from '../machine/failure.ts';
import { Xorshift } from '../sampling/scheduler.ts';
import { conclude } from '../search/conclude.ts';

/** Steps that are compared, over all runs. */
const MOST_STEPS = 2000;

const placeOf = (at: number | undefined): string => (at === DONE ? 'its end' : `'${points[at ?? -1]?.name ?? '?'}'`);

/** What was met on the way: a difference (I-DETERM, without a schedule), or a failure that both machines agree on. */
export interface Met {
  readonly failure: Failure | null;
  readonly schedule: readonly number[];
}

const difference = (message: string): Met => ({ failure: { rule: 'I-DETERM', message, actor: -1 }, schedule: [] });

/**
 * Runs `times` random schedules twice with the generators as written, on machines prepared separately. A clock, Math.random or a
 * variable outside the shared words are the usual causes of a difference.
 */
export function runTwice(scenario: Scenario, seed: number, times: number): Met {
  const [one, other] = [new Executor(scenario, null, { recorded: false }), new Executor(scenario, null, { recorded: false })];
  const random = new Xorshift(seed);
  const runnable = new Uint8Array(one.count);
  const isSame = (): boolean => one.low === other.low && one.high === other.high;
  const agreed = (failure: Failure | null): Met => ({ failure, schedule: [...one.schedule.subarray(0, one.steps)] });
  let made = 0;
  for (let run = 0; run < times && made < MOST_STEPS; run++, made += one.steps) {
    one.reset();
    other.reset();
    if (!isSame()) return difference('the machine is not the same when it is prepared a second time');
    let count = one.runnable(runnable);
    for (; count > 0 && made + one.steps < MOST_STEPS; count = one.runnable(runnable)) {
      const actor = runnable[random.below(count)] as number;
      if (!other.canRun(actor))
        return difference(`${one.nameOf(actor)} can run at first, and not when the same steps are made again`);
      const outcomes = [one.step(actor), other.step(actor)];
      const where = `in step ${one.steps} of the same schedule ${one.nameOf(actor)} comes to ${placeOf(one.at[actor])}`;
      if (one.at[actor] !== other.at[actor]) return difference(`${where}, and the second time to ${placeOf(other.at[actor])}`);
      if (outcomes[0]?.message !== outcomes[1]?.message) return difference(`${where}, and breaks a rule only once`);
      if (outcomes[0]) return agreed(outcomes[0]);
      if (!isSame()) return difference(`${where}, and the second time with other values`);
    }
    if (count > 0) continue;
    const ends = [conclude(one), conclude(other)];
    if (ends[0]?.message !== ends[1]?.message) return difference('the check at the end finds something else the second time');
    if (ends[0]) return agreed(ends[0]);
  }
  return { failure: null, schedule: [] };
}
