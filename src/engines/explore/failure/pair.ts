/**
 * The two steps whose order decides.
 *
 * An actor was preempted. It is let on, step by step, until the schedule passes: the last of these steps came too late. Then that
 * step is put between the steps that others made before the actor went on, or before the rule broke: behind some of them the
 * schedule passes, behind one more it fails. That one and the late step are the pair. Both orders have been run.
 */
import type { Executor } from '../machine/execution.ts';
import type { Failure, Outcome } from '../machine/failure.ts';
import type { Budget } from './budget.ts';
import { pointName } from './namedSchedule.ts';
import { outcomeOf, runsOf, scheduleOf, UNFINISHED } from './run.ts';
import { watchSteps } from './source.ts';

/** A step: from a point to the next. */
export interface Event {
  readonly actor: string;
  /** Its number in the schedule that fails; null if it had not come yet when the rule broke. */
  readonly step: number | null;
  readonly from: string;
  readonly to: string;
  /** Line where the step began to touch shared words; null if it cannot be told. */
  readonly source: string | null;
}

export interface CriticalPair {
  /** Which rule breaks in this order: near by it may be another one than that of the schedule. */
  readonly rule: string;
  /** Fails when this comes first ... */
  readonly first: Event;
  /** ... and this second; passes the other way round. */
  readonly second: Event;
}

/** An actor that could go on was taken off after so many steps, and went on after `between` steps of others, if at all. */
interface Preemption {
  readonly after: number;
  readonly actor: number;
  readonly between: number;
}

/** Most steps that a preempted actor is let on in search of a schedule that passes. */
const NEAR = 200;

/** The preemptions of a schedule, the last first. */
function preemptionsIn(executor: Executor, schedule: readonly number[]): Preemption[] {
  const found: Preemption[] = [];
  executor.reset();
  for (let step = 0; step < schedule.length; step++) {
    const actor = schedule[step - 1] ?? -1;
    if (step > 0 && schedule[step] !== actor && executor.canRun(actor)) {
      const next = schedule.indexOf(actor, step);
      found.unshift({ after: step, actor, between: (next === -1 ? schedule.length : next) - step });
    }
    if (executor.step(schedule[step] as number) !== null) break;
  }
  return found;
}

/** The schedule with `steps` steps of the preempted actor moved up, the last of them behind `behind` of the steps between. */
function movedUp(schedule: readonly number[], { after, actor, between }: Preemption, steps: number, behind: number): number[] {
  let moved = 0;
  const rest = schedule.slice(after + between).filter((other) => other !== actor || ++moved > steps);
  const before = [...schedule.slice(0, after), ...Array<number>(steps - 1).fill(actor)];
  return [
    ...before,
    ...schedule.slice(after, after + behind),
    actor,
    ...schedule.slice(after + behind, after + between),
    ...rest,
  ];
}

const run = (executor: Executor, schedule: readonly number[]): Outcome => outcomeOf(executor, runsOf(schedule));

/** Is a rule broken? What has not come to an end neither fails nor passes. */
const isFailure = (outcome: Outcome): outcome is Failure => outcome !== null && outcome !== UNFINISHED;

/** Steps that the preempted actor can make before the others go on. */
function stepsLeft(executor: Executor, schedule: readonly number[], { after, actor }: Preemption): number {
  executor.reset();
  for (let step = 0; step < after; step++) executor.step(schedule[step] as number);
  let steps = 0;
  while (steps < NEAR && executor.canRun(actor) && executor.step(actor) === null) steps++;
  return steps;
}

/** How far a preempted actor must be let on for the schedule to pass; 0 if that cannot be told. With one step less it fails. */
function stepsToPass(executor: Executor, schedule: readonly number[], at: Preemption, budget: Budget): number {
  const most = stepsLeft(executor, schedule, at);
  for (let steps = 1; steps <= most && !budget.isOver; steps++) {
    const outcome = run(executor, movedUp(schedule, at, steps, 0));
    if (outcome !== null) continue;
    return isFailure(run(executor, movedUp(schedule, at, steps, at.between))) ? steps : 0;
  }
  return 0;
}

/**
 * The same failure with each actor preempted as late as possible: one step more of it and the schedule passes. Or the schedule
 * itself where that cannot be told.
 */
export function preemptedLate(executor: Executor, schedule: readonly number[], rule: string, budget: Budget): readonly number[] {
  let best = schedule;
  const count = preemptionsIn(executor, schedule).length;
  for (let number = 0; number < count && !budget.isOver; number++) {
    const at = preemptionsIn(executor, best)[number];
    if (at === undefined) break;
    const steps = stepsToPass(executor, best, at, budget);
    if (steps <= 1 || run(executor, movedUp(best, at, steps, at.between))?.rule !== rule) continue;
    const late = scheduleOf(executor);
    if (late.length < best.length + steps && preemptionsIn(executor, late).length <= count) best = late;
  }
  return best;
}

/** The event of step `index` of `ran`, shown with the number `step`. */
function eventAt(executor: Executor, ran: readonly number[], index: number, step: number | null, budget: Budget): Event {
  executor.reset();
  for (let i = 0; i < index; i++) executor.step(ran[i] as number);
  const actor = ran[index] as number;
  const from = pointName(executor.at[actor] as number);
  executor.step(actor);
  const to = pointName(executor.at[actor] as number);
  const [watched] = watchSteps(executor.scenario, ran, index, 1, budget);
  return { actor: executor.nameOf(actor), step, from, to, source: watched?.source ?? null };
}

/** The pair for one preemption, or null if there is no schedule near by that passes. */
function pairAt(executor: Executor, schedule: readonly number[], at: Preemption, budget: Budget): CriticalPair | null {
  const steps = stepsToPass(executor, schedule, at, budget);
  if (steps === 0) return null;
  let [passes, breaks] = [0, at.between];
  while (breaks - passes > 1) {
    if (budget.isOver) return null;
    const middle = (passes + breaks) >> 1;
    if (run(executor, movedUp(schedule, at, steps, middle)) === null) passes = middle;
    else breaks = middle;
  }
  const failure = run(executor, movedUp(schedule, at, steps, breaks));
  const failing = scheduleOf(executor);
  const outcome = run(executor, movedUp(schedule, at, steps, passes));
  const passing = scheduleOf(executor);
  const place = at.after + steps - 1 + passes;
  if (!isFailure(failure) || outcome !== null || passing[place] !== at.actor) return null;
  // Where the rule breaks before the late step, that step is one of the schedule that passes only.
  const isMade = failing[place + 1] === at.actor;
  let made = 0;
  const shown = schedule.findIndex((actor, step) => step >= at.after && actor === at.actor && ++made === steps);
  return {
    rule: failure.rule,
    first: eventAt(executor, failing, place, at.after + breaks, budget),
    second: eventAt(executor, isMade ? failing : passing, isMade ? place + 1 : place, shown === -1 ? null : shown + 1, budget),
  };
}

/** The pair of the last preemption that has one. Without a preemption there is none: the order of whole operations decides. */
export function criticalPair(executor: Executor, schedule: readonly number[], budget: Budget): CriticalPair | null {
  for (const at of preemptionsIn(executor, schedule)) {
    if (budget.isOver) return null;
    const pair = pairAt(executor, schedule, at, budget);
    if (pair !== null) return pair;
  }
  return null;
}
