/** Why a schedule fails: the pair of steps whose order decides, and the step after which it was too late; or the round of a livelock. */

import type { Executor } from '../machine/execution.ts';
import type { Failure } from '../machine/failure.ts';
import { Xorshift } from '../sampling/scheduler.ts';
import { conclude } from '../search/conclude.ts';
import type { Budget } from './budget.ts';
import { type CriticalPair, criticalPair } from './pair.ts';
import { type RoundExplained, roundOf } from './round.ts';
import { runsOf } from './run.ts';

/** Share of random continuations that break the rule, by the number of steps that were made as in the schedule. */
export interface Chance {
  readonly steps: number;
  readonly fails: number;
}

export interface Explanation {
  readonly critical: CriticalPair | null;
  /** At the ends of the stretches. */
  readonly chances: readonly Chance[];
  /** Steps after which nearly every continuation fails; null if the last step decides, or it is not known. */
  readonly noReturn: number | null;
  /** Of a livelock: then there are no chances, as no continuation has an end. */
  readonly round: RoundExplained | null;
  /** All was looked at. Otherwise time was up, or it was stopped. */
  readonly complete: boolean;
}

/** Random continuations from one place. */
const CONTINUATIONS = 40;

/** Random continuations are looked at from so many places at most, and the ends of the stretches. */
const PLACES = 24;

/** Ends of stretches that are looked at; a schedule with more has them all over. */
const MOST_ENDS = 100;

/** Share of failures from which there is no way back. */
const LOST = 0.95;

/** Least steps that a random continuation may make. Whatever has not failed by then is taken to pass. */
const LEAST_CONTINUATION = 2000;

/** What came of a random continuation. */
interface End {
  readonly breaks: boolean;
  /** There was never more than one actor that could go on: every continuation is the same. */
  readonly only: boolean;
}

/** Goes on at random from where the executor is, for `most` steps. Null: there was no time to see. */
function randomEnd(executor: Executor, random: Xorshift, rule: string, most: number, budget: Budget): End | null {
  const runnable = new Uint8Array(executor.count);
  const until = Math.min(executor.limit, executor.steps + most);
  let only = true;
  for (let count = executor.runnable(runnable); count > 0; count = executor.runnable(runnable)) {
    if (executor.steps === until) return { breaks: false, only };
    if (executor.steps % 256 === 0 && budget.isOver) return null;
    if (count > 1) only = false;
    const failure = executor.step(runnable[random.below(count)] as number);
    if (failure !== null) return { breaks: failure.rule === rule, only };
  }
  return { breaks: conclude(executor)?.rule === rule, only };
}

/** Null: there was no time for it. */
function chanceAfter(
  executor: Executor,
  schedule: readonly number[],
  steps: number,
  rule: string,
  budget: Budget,
): Chance | null {
  const random = new Xorshift(steps + 1);
  const most = Math.max(LEAST_CONTINUATION, 2 * schedule.length);
  let fails = 0;
  for (let i = 0; i < CONTINUATIONS; i++) {
    if (budget.isOver) return null;
    executor.reset();
    for (let step = 0; step < steps; step++) if (executor.step(schedule[step] as number) !== null) return { steps, fails: 1 };
    const end = randomEnd(executor, random, rule, most, budget);
    if (end === null) return null;
    if (end.only) return { steps, fails: end.breaks ? 1 : 0 };
    if (end.breaks) fails++;
  }
  return { steps, fails: fails / CONTINUATIONS };
}

/** Explains a schedule that fails, as far as the budget goes. */
export function explain(executor: Executor, schedule: readonly number[], failure: Failure, budget: Budget): Explanation {
  const round = roundOf(executor, schedule, failure, budget);
  const critical = criticalPair(executor, schedule, budget);
  if (round !== null) return { critical, chances: [], noReturn: null, round, complete: !budget.isOver };
  const ends = [0];
  for (const { steps } of runsOf(schedule)) ends.push((ends.at(-1) as number) + steps);
  const shown = ends.length <= MOST_ENDS ? ends : [0, schedule.length];
  const spread = Math.max(1, Math.ceil(schedule.length / PLACES));
  const places = new Set([...shown, ...Array.from({ length: PLACES }, (_, i) => i * spread)]);
  const looked = [...places]
    .filter((steps) => steps <= schedule.length)
    .map((steps) => chanceAfter(executor, schedule, steps, failure.rule, budget));
  const complete = !looked.includes(null) && !budget.isOver;
  const chances = looked.filter((chance) => chance !== null).sort((a, b) => a.steps - b.steps);
  const lastEscape = chances.findLastIndex(({ fails }) => fails < LOST);
  return {
    critical,
    round,
    chances: chances.filter(({ steps }) => shown.includes(steps)),
    noReturn: complete ? (chances[lastEscape + 1]?.steps ?? null) : null,
    complete,
  };
}
