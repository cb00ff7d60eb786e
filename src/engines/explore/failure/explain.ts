/**
 * Why a schedule fails: the pair of steps whose order decides, and the step after which it was too late.
 *
 * The pair is found against the nearest schedule that passes: the actor that is preempted is let on, step by step, until all is
 * well. The last step it was let do is the one that came too late; the other one is found by bisection among the steps in front
 * of which it then stands.
 */
import { type Executor, type Failure, STEP_LIMIT } from '../machine/execution.ts';
import { Xorshift } from '../sampling/scheduler.ts';
import { follow, runsOf } from './minimise.ts';
import { pointName } from './namedSchedule.ts';
import { sourceOfStep } from './source.ts';

/** A step: from a point to the next. */
export interface Event {
  readonly actor: string;
  /** Its number in the schedule that fails. */
  readonly step: number;
  readonly from: string;
  readonly to: string;
  /** Line of the model where the step began to touch shared words; null if it cannot be told. */
  readonly source: string | null;
}

export interface CriticalPair {
  /** Fails when this comes first ... */
  readonly first: Event;
  /** ... and this second; passes the other way round. */
  readonly second: Event;
}

/** Share of random continuations that break the rule, by the number of steps that were made as in the schedule. */
export interface Chance {
  readonly steps: number;
  readonly fails: number;
}

export interface Explanation {
  readonly critical: CriticalPair | null;
  /** At the ends of the stretches. */
  readonly chances: readonly Chance[];
  /** Steps after which nearly every continuation fails; null if the last step decides. */
  readonly noReturn: number | null;
}

type Runs = ReturnType<typeof runsOf>;

/** Most steps that a preempted actor is let on in search of a schedule that passes. */
const NEAR = 200;

/** Random continuations from one place. */
const CONTINUATIONS = 40;

/** Random continuations are looked at from so many places at most. */
const PLACES = 24;

/** Share of failures from which there is no way back. */
const LOST = 0.95;

/** One step of a schedule, described by running to it. */
function eventAt(executor: Executor, schedule: readonly number[], at: number): Event {
  executor.reset();
  for (let i = 0; i < at; i++) executor.step(schedule[i] as number);
  const actor = schedule[at] as number;
  const from = pointName(executor.at[actor] as number);
  executor.step(actor);
  const to = pointName(executor.at[actor] as number);
  return { actor: executor.nameOf(actor), step: at + 1, from, to, source: sourceOfStep(executor.scenario, schedule, at) };
}

/** The schedule with `steps` of the actor of run `at + 1 ...` moved in front of what preempted it, after `behind` steps of that. */
function movedUp(runs: Runs, at: number, steps: number, behind: number): Runs {
  const preempted = runs[at] as Runs[number];
  const between = runs[at + 1] as Runs[number];
  return [
    ...runs.slice(0, at),
    ...(behind === 0
      ? [{ actor: preempted.actor, steps: preempted.steps + steps }, between]
      : [
          preempted,
          { actor: between.actor, steps: behind },
          { actor: preempted.actor, steps },
          { actor: between.actor, steps: between.steps - behind },
        ]),
    ...runs.slice(at + 2),
  ];
}

/** The pair for the preemption at the end of run `at`, or null if there is no schedule near by that passes. */
function pairAt(executor: Executor, runs: Runs, at: number, failure: Failure): CriticalPair | null {
  const fails = (steps: number, behind: number): boolean =>
    follow(executor, movedUp(runs, at, steps, behind), failure.rule) !== null;
  let steps = 1;
  while (steps <= NEAR && fails(steps, 0)) steps++;
  if (steps > NEAR) return null;
  // With `steps` moved to the front it passes, with one less it fails. Now put the last of them in between.
  const all = (runs[at + 1] as Runs[number]).steps;
  const front = movedUp(runs, at, steps - 1, 0);
  const late = (behind: number): boolean => follow(executor, movedUp(front, at, 1, behind), failure.rule) !== null;
  let [passes, breaks] = [0, all];
  while (breaks - passes > 1) {
    const middle = (passes + breaks) >> 1;
    if (late(middle)) breaks = middle;
    else passes = middle;
  }
  if (follow(executor, front, failure.rule) === null) return null;
  const schedule = [...executor.schedule.subarray(0, executor.steps)];
  const before = front.slice(0, at + 1).reduce((sum, run) => sum + run.steps, 0);
  const actor = (runs[at] as Runs[number]).actor;
  const next = schedule.indexOf(actor, before);
  if (next === -1 || before + breaks - 1 >= schedule.length) return null;
  return { first: eventAt(executor, schedule, before + breaks - 1), second: eventAt(executor, schedule, next) };
}

/** The pair of the last preemption that has one. Without a preemption there is none: the order of whole operations decides. */
function criticalPair(executor: Executor, schedule: readonly number[], failure: Failure): CriticalPair | null {
  const runs = runsOf(schedule);
  for (let at = runs.length - 2; at >= 0; at--) {
    const pair = pairAt(executor, runs, at, failure);
    if (pair !== null) return pair;
  }
  return null;
}

/** Goes on at random from where the executor is. Does it break the rule? */
function randomEnd(executor: Executor, random: Xorshift, runnable: Uint8Array, rule: string): boolean {
  for (let count = executor.runnable(runnable); count > 0 && executor.steps < STEP_LIMIT; count = executor.runnable(runnable)) {
    const failure = executor.step(runnable[random.below(count)] as number);
    if (failure !== null) return failure.rule === rule;
  }
  return executor.conclude()?.rule === rule;
}

function chanceAfter(executor: Executor, schedule: readonly number[], steps: number, rule: string): Chance {
  const random = new Xorshift(steps + 1);
  const runnable = new Uint8Array(executor.count);
  let fails = 0;
  for (let i = 0; i < CONTINUATIONS; i++) {
    executor.reset();
    let failed = false;
    for (let step = 0; step < steps && !failed; step++) failed = executor.step(schedule[step] as number) !== null;
    if (failed || randomEnd(executor, random, runnable, rule)) fails++;
  }
  return { steps, fails: fails / CONTINUATIONS };
}

/** Explains a schedule that fails. */
export function explain(executor: Executor, schedule: readonly number[], failure: Failure): Explanation {
  const ends = [0];
  for (const { steps } of runsOf(schedule)) ends.push((ends.at(-1) as number) + steps);
  const spread = Math.max(1, Math.ceil(schedule.length / PLACES));
  const places = new Set([...ends, ...Array.from({ length: PLACES }, (_, i) => i * spread)]);
  const chances = [...places]
    .filter((steps) => steps <= schedule.length)
    .sort((a, b) => a - b)
    .map((steps) => chanceAfter(executor, schedule, steps, failure.rule));
  const lastEscape = chances.findLastIndex(({ fails }) => fails < LOST);
  const noReturn = chances[lastEscape + 1]?.steps ?? null;
  return {
    critical: criticalPair(executor, schedule, failure),
    chances: chances.filter(({ steps }) => ends.includes(steps)),
    noReturn,
  };
}
