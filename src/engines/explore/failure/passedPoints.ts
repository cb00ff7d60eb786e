/** Which points actors pass, with the numbers by which a schedule names them: `D@lock#4` is where D comes to `lock` for the fourth time. */
import { heldLocks } from '../../../sync/lockdep.ts';
import type { Task } from '../../../sync/task.ts';
import type { Executor } from '../machine/execution.ts';
import type { Failure } from '../machine/failure.ts';
import { conclude } from '../search/conclude.ts';
import { messageOf } from './messages.ts';
import { pointName } from './namedSchedule.ts';
import { watchSteps } from './source.ts';

export interface PassedPoint {
  /** Number of the step that leads there. */
  readonly step: number;
  /** As a part of a schedule: `D@lock#4`. The count begins anew where another actor takes over. */
  readonly part: string;
  readonly point: string;
  readonly visit: number;
  /** Locks the actor holds then, outermost first. */
  readonly holds: readonly string[];
  /** Line where the step began to touch shared words; null if it cannot be told. */
  readonly source: string | null;
}

/** Steps that one actor makes in a row. */
export interface PassedStretch {
  readonly actor: string;
  /** Where it stands before its first step. */
  readonly from: string;
  readonly points: readonly PassedPoint[];
}

export interface PassedPoints {
  readonly scenario: string;
  readonly stretches: readonly PassedStretch[];
  /** The rule that breaks on the way. */
  readonly failure: Failure | null;
  /** There is an end to it: otherwise only the first steps are listed. */
  readonly ends: boolean;
}

/** Steps that are listed. */
const MOST = 20_000;

/** A run without preemption: each actor in turn, for as long as it can. */
function inOrder(executor: Executor): number[] {
  const schedule: number[] = [];
  executor.reset();
  for (let actor = 0; schedule.length < MOST; ) {
    if (executor.canRun(actor)) {
      schedule.push(actor);
      if (executor.step(actor) !== null) break;
      continue;
    }
    const others = Array.from({ length: executor.count }, (_, i) => (actor + 1 + i) % executor.count);
    const next = others.find((other) => executor.canRun(other));
    if (next === undefined) break;
    actor = next;
  }
  return schedule;
}

/** The points that are passed in a schedule; without one, in a run without preemption in the order of the actors. */
export function passedPoints(executor: Executor, given?: readonly number[]): PassedPoints {
  const schedule = given ?? inOrder(executor);
  const watched = watchSteps(executor.scenario, schedule, 0, schedule.length);
  const stretches: { actor: string; from: string; points: PassedPoint[] }[] = [];
  let visits = new Map<string, number>();
  let failure: Failure | null = null;
  executor.reset();
  for (const [step, actor] of schedule.entries()) {
    const name = executor.nameOf(actor);
    if (step === 0 || schedule[step - 1] !== actor) {
      stretches.push({ actor: name, from: pointName(executor.at[actor] as number), points: [] });
      visits = new Map();
    }
    failure = executor.step(actor);
    if (failure !== null) break;
    const point = pointName(executor.at[actor] as number);
    const visit = (visits.get(point) ?? 0) + 1;
    visits.set(point, visit);
    stretches.at(-1)?.points.push({
      step: step + 1,
      part: `${name}@${point}${visit > 1 ? `#${visit}` : ''}`,
      point,
      visit,
      holds: heldLocks(executor.arena, (executor.tasks[actor] as Task).actor),
      source: watched[step]?.source ?? null,
    });
  }
  failure ??= conclude(executor);
  const ends =
    given !== undefined ||
    failure !== null ||
    !Array.from({ length: executor.count }, (_, i) => i).some((i) => executor.canRun(i));
  return {
    scenario: executor.scenario.name,
    stretches,
    failure: failure && { ...failure, message: messageOf(executor, failure, schedule) },
    ends,
  };
}
