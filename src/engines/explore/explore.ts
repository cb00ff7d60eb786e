/**
 * Explores a scenario: first all interleavings with no preemption, then with one, two, ...; then all of them; and for what is
 * left of the time a portfolio of randomised strategies. What a failure needs at the least is thereby known when it is found.
 */
import type { DriverSettings } from '../../drivers/options.ts';
import { checkInstalled } from '../../oracles/mirror.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import type { Watch } from '../../sync/task.ts';
import { Executor, type Failure } from './execution.ts';
import { Portfolio, strategies } from './portfolio.ts';
import { preemptionsOf, runOnce } from './run.ts';
import type { Scheduler } from './scheduler.ts';
import { type SearchResult, search } from './search.ts';
import { makeToken } from './token.ts';
import { readable, table, trace } from './trace.ts';

export interface ExploreOptions {
  /** `portfolio` (the default: search, then sampling), `search`, or the name of a sampling strategy. */
  readonly strategy: string;
  readonly seconds: number;
  /** Most executions. */
  readonly schedules: number;
  /** Most preemptions of the search; Infinity for all interleavings. */
  readonly preemptions: number;
  readonly seed: number;
  readonly settings: DriverSettings;
  readonly signal?: AbortSignal;
}

/** The failure, replayed once more and minimal in preemptions if `minimal` says so. */
export interface ExploreFailure {
  readonly oracle: string;
  readonly message: string;
  readonly actor: string;
  readonly token: string;
  readonly steps: number;
  readonly preemptions: number;
  /** No schedule with fewer preemptions fails: they were all tried. */
  readonly minimal: boolean;
  /** By named points. */
  readonly schedule: string;
  readonly table: readonly string[];
}

export interface ExploreResult {
  readonly scenario: string;
  readonly verdict: 'proved' | 'bounded' | 'sampled' | 'violation';
  readonly strategy: string;
  readonly seed: number;
  readonly schedules: number;
  readonly states: number;
  readonly schedulesPerSecond: number;
  /** What the verdict rests on, in a sentence. */
  readonly basis: string;
  readonly failure: ExploreFailure | null;
}

const watch: Watch = { installed: checkInstalled, faultStable: () => {} };

/** Preemption bounds tried in turn before all interleavings. */
const BOUNDS = [0, 1, 2];

class Exploration {
  readonly options: ExploreOptions;
  readonly executor: Executor;
  readonly #began = performance.now();
  schedules = 0;
  states = 0;

  constructor(scenario: Scenario, options: ExploreOptions) {
    this.options = options;
    this.executor = new Executor(scenario, watch);
  }

  get elapsed(): number {
    return (performance.now() - this.#began) / 1000;
  }

  enough(more = 0): boolean {
    const { seconds, schedules, signal } = this.options;
    return this.elapsed >= seconds || this.schedules + more >= schedules || (signal?.aborted ?? false);
  }

  search(preemptions: number): SearchResult {
    const result = search(this.executor, { preemptions, enough: (executions) => this.enough(executions) });
    this.schedules += result.executions;
    this.states = Math.max(this.states, result.states);
    return result;
  }

  /** Samples until something fails or it is enough. */
  sample(scheduler: Scheduler): { readonly failure: Failure; readonly schedule: Uint8Array } | null {
    const { executor } = this;
    const runnable = new Uint8Array(executor.count);
    while (!this.enough() && scheduler.newExecution(executor.count)) {
      this.schedules++;
      const failure = runOnce(executor, scheduler, runnable, scheduler instanceof Portfolio ? scheduler : null);
      if (failure !== null) return { failure, schedule: executor.schedule.slice(0, executor.steps) };
    }
    return null;
  }

  result(verdict: ExploreResult['verdict'], basis: string, failure: ExploreFailure | null): ExploreResult {
    return {
      scenario: this.executor.scenario.name,
      verdict,
      strategy: this.options.strategy,
      seed: this.options.seed,
      schedules: this.schedules,
      states: this.states,
      schedulesPerSecond: Math.round(this.schedules / Math.max(this.elapsed, 1e-9)),
      basis,
      failure,
    };
  }

  /** The report of a failure: the schedule is run again, and must fail in the same way. */
  violation(failure: Failure, schedule: Uint8Array, minimal: boolean): ExploreResult {
    const { executor } = this;
    const { stretches, outcome } = trace(executor, schedule);
    if (outcome?.rule !== failure.rule || outcome.message !== failure.message) {
      throw new Error(`the failure is not deterministic: ${failure.rule} at first, ${outcome?.rule ?? 'nothing'} when run again`);
    }
    const rows = table(executor, stretches);
    return this.result('violation', `found in schedule ${this.schedules}`, {
      oracle: failure.rule,
      message: failure.message,
      actor: failure.actor === -1 ? 'check at the end' : executor.nameOf(failure.actor),
      token: makeToken(executor.scenario.name, this.options.settings, schedule),
      steps: schedule.length,
      preemptions: preemptionsOf(executor, schedule),
      minimal,
      schedule: readable(stretches),
      table: rows,
    });
  }
}

const leftOut = ({ cut }: SearchResult): string => `${cut} choices that would have cost one more were left out`;

/** Bounded searches with rising bounds, up to the bound asked for; then all interleavings. */
function searchAll(run: Exploration): ExploreResult | null {
  const bounds = [...BOUNDS.filter((bound) => bound < run.options.preemptions), run.options.preemptions];
  let complete = -1;
  for (const bound of bounds) {
    const result = run.search(bound);
    if (result.failure !== null) return run.violation(result.failure, result.schedule, complete === bound - 1 || bound === 0);
    if (result.complete && result.cut === 0) {
      return run.result('proved', `all ${run.states} states of every interleaving were reached`, null);
    }
    if (!result.complete) return null;
    complete = bound;
    if (bound === run.options.preemptions) {
      return run.result('bounded', `every interleaving with at most ${bound} preemptions; ${leftOut(result)}`, null);
    }
  }
  return null;
}

/** @throws RangeError for an unknown strategy. */
export function explore(scenario: Scenario, options: ExploreOptions): ExploreResult {
  const { strategy, seed } = options;
  const known = ['portfolio', 'search', ...Object.keys(strategies)];
  if (!known.includes(strategy)) throw new RangeError(`unknown strategy '${strategy}', allowed are ${known.join(', ')}`);
  const run = new Exploration(scenario, options);
  if (strategy === 'portfolio' || strategy === 'search') {
    const result = searchAll(run);
    if (result !== null) return result;
    if (strategy === 'search') {
      return run.result('sampled', `the search was not finished: ${run.states} states of unknown many`, null);
    }
  }
  const sampler = strategy === 'portfolio' ? new Portfolio(seed) : (strategies[strategy] as (seed: number) => Scheduler)(seed);
  const found = run.sample(sampler);
  if (found !== null) return run.violation(found.failure, found.schedule, false);
  const bound = (3 / run.schedules).toExponential(1);
  return run.result(
    'sampled',
    `no failure in ${run.schedules} schedules: fewer than ${bound} a schedule at 95 %, for this way of choosing them`,
    null,
  );
}

/** Runs a recorded schedule again. */
export function replay(scenario: Scenario, settings: DriverSettings, schedule: readonly number[]): ExploreResult {
  const run = new Exploration(scenario, {
    strategy: 'replay',
    seconds: Number.POSITIVE_INFINITY,
    schedules: 1,
    preemptions: 0,
    seed: 0,
    settings,
  });
  const { outcome } = trace(run.executor, schedule);
  run.schedules = 1;
  if (outcome === null) return run.result('sampled', 'the schedule was followed, and nothing failed', null);
  return run.violation(outcome, Uint8Array.from(schedule), false);
}
