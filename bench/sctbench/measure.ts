/** What is measured of a program: schedules to the bug, by chance and in order, and the proof of its repaired version. */
import type { Executor } from '../../src/engines/explore/machine/execution.ts';
import { executorOf } from '../../src/engines/explore/machine/executorOf.ts';
import type { Outcome } from '../../src/engines/explore/machine/failure.ts';
import { schedulerNamed } from '../../src/engines/explore/plan/jobs.ts';
import { Portfolio } from '../../src/engines/explore/sampling/portfolio.ts';
import { runOnce } from '../../src/engines/explore/sampling/run.ts';
import { MOST_PREEMPTIONS, search } from '../../src/engines/explore/search/search.ts';
import { type Program, scenarioOf } from './program.ts';

/** A failing schedule, and how many were run up to and with it. */
export interface Found {
  readonly failure: NonNullable<Outcome>;
  readonly schedules: number;
}

/** Runs schedules of a strategy, each execution from the beginning, until one fails or `most` have been run. */
export function sampled(executor: Executor, strategy: string, seed: number, most: number): Found | null {
  const scheduler = schedulerNamed(strategy, seed);
  const portfolio = scheduler instanceof Portfolio ? scheduler : null;
  const runnable = new Uint8Array(executor.count);
  for (let schedules = 1; schedules <= most; schedules++) {
    scheduler.newExecution(executor.count, executor);
    const failure = runOnce(executor, scheduler, runnable, portfolio);
    if (failure !== null) return { failure, schedules };
  }
  return null;
}

/** Searches all interleavings with no preemption, then with one, and so on, until one fails. `schedules` are those of all searches. */
export function searched(program: Program): Found & { readonly preemptions: number } {
  const executor = executorOf(scenarioOf(program, false));
  let schedules = 0;
  for (let preemptions = 0; preemptions <= MOST_PREEMPTIONS; preemptions++) {
    const { failure, executions } = search(executor, { preemptions, enough: () => false });
    schedules += executions;
    if (failure !== null) return { failure, schedules, preemptions };
  }
  throw new Error(`${program.name} does not fail`);
}

/** What came of the search of all interleavings of a repaired program. */
export interface Proved {
  /** Why it is no proof; null if it is one. */
  readonly why: string | null;
  readonly states: number;
  readonly seconds: number;
  readonly interchangeable: number;
  readonly allOrders: boolean;
  /** What must be reached, and how much of it was. */
  readonly covers: number;
  readonly reached: number;
}

export function proved(program: Program): Proved {
  const executor = executorOf(scenarioOf(program, true));
  const began = performance.now();
  const result = search(executor, { preemptions: Number.POSITIVE_INFINITY, enough: () => false });
  const { failure, complete, long, spins, states, interchangeable, allOrders } = result;
  const covers = executor.coverage.names.length;
  const reached = executor.coverage.reached.length;
  const isWhole = complete && long === 0 && spins === 0;
  return {
    why:
      failure !== null ? failure.message : !isWhole ? 'paths were left out' : reached < covers || covers === 0 ? 'vacuous' : null,
    states,
    seconds: (performance.now() - began) / 1000,
    interchangeable,
    allOrders,
    covers,
    reached,
  };
}
