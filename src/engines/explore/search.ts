/**
 * Depth-first search with state matching: a path ends where it reaches a state that was reached before with no fewer
 * preemptions to spare. Steps are taken back, not run again from the beginning. Complete when no choice was left out: then a
 * clean search is a proof for this scenario, up to the chance of two states with the same 64-bit hash (3e-8 for a million states).
 */
import { type Executor, type Failure, STEP_LIMIT } from './execution.ts';
import { HIGH, LOW, mix } from './journal.ts';
import { PATIENCE } from './run.ts';
import { Visited } from './visited.ts';

export interface SearchResult {
  readonly failure: Failure | null;
  /** Schedule of the failure. */
  readonly schedule: Uint8Array;
  /** Paths followed to an end, or to a state known already. */
  readonly executions: number;
  readonly states: number;
  readonly transitions: number;
  /** Every interleaving within the bound was covered. */
  readonly complete: boolean;
  /** Choices left out because they would have cost a preemption too many. */
  readonly cut: number;
}

export interface SearchOptions {
  /** Most preemptions of a schedule; Infinity for all interleavings. */
  readonly preemptions: number;
  /** Give up when this says so; asked now and then. */
  readonly enough: (executions: number, states: number) => boolean;
}

/** Paths between two questions whether it is enough. */
const OFTEN = 64;

export function search(executor: Executor, { preemptions, enough }: SearchOptions): SearchResult {
  return new Search(executor, preemptions).run(enough);
}

class Search {
  readonly #executor: Executor;
  readonly #bound: number;
  readonly #unbounded: boolean;
  readonly #visited = new Visited();
  /** Of each state on the path: choices left, a bit an actor; who ran before; preemptions so far; steps in a row. */
  readonly #untried = new Int32Array(STEP_LIMIT + 1);
  readonly #current = new Int8Array(STEP_LIMIT + 1);
  readonly #spent = new Uint8Array(STEP_LIMIT + 1);
  readonly #alone = new Int32Array(STEP_LIMIT + 1);
  #executions = 0;
  #transitions = 0;
  #cut = 0;

  constructor(executor: Executor, bound: number) {
    this.#executor = executor;
    this.#unbounded = bound === Number.POSITIVE_INFINITY;
    this.#bound = this.#unbounded ? 0 : bound;
  }

  #result(failure: Failure | null, complete: boolean): SearchResult {
    const { schedule, steps } = this.#executor;
    return {
      failure,
      schedule: schedule.slice(0, steps),
      executions: this.#executions,
      states: this.#visited.size,
      transitions: this.#transitions,
      complete,
      cut: this.#cut,
    };
  }

  run(enough: SearchOptions['enough']): SearchResult {
    const executor = this.#executor;
    executor.reset();
    let failure = this.#arrive(-1, 0, 0);
    while (failure === null) {
      const depth = executor.steps;
      const untried = this.#untried[depth] as number;
      if (untried === 0) {
        if (depth === 0) return this.#result(null, true);
        executor.back();
        continue;
      }
      const current = this.#current[depth] as number;
      // The free choice first: failures are then met with few preemptions, and a generator is seldom led again.
      const next = current >= 0 && (untried & (1 << current)) !== 0 ? current : 31 - Math.clz32(untried & -untried);
      this.#untried[depth] = untried & ~(1 << next);
      const spent = (this.#spent[depth] as number) + this.#cost(depth, next);
      this.#transitions++;
      failure = executor.step(next);
      if (failure !== null) {
        this.#executions++;
        break;
      }
      const known = this.#executions;
      failure = this.#arrive(next, spent, next === current ? (this.#alone[depth] as number) + 1 : 0);
      if (this.#executions !== known && this.#executions % OFTEN === 0 && enough(this.#executions, this.#visited.size)) {
        return this.#result(failure, false);
      }
    }
    return this.#result(failure, false);
  }

  /** A preemption is spent when the actor before could have gone on. Whoever is made to give way has not been preempted. */
  #cost(depth: number, next: number): number {
    const current = this.#current[depth] as number;
    return !this.#unbounded && current >= 0 && next !== current ? 1 : 0;
  }

  /** Notes the state the executor is in, and the choices there are. No choices: the path ends here. */
  #arrive(last: number, spent: number, alone: number): Failure | null {
    const executor = this.#executor;
    const depth = executor.steps;
    let runnable = 0;
    for (let actor = 0; actor < executor.count; actor++) if (executor.canRun(actor)) runnable |= 1 << actor;
    const goesOn = last >= 0 && (runnable & (1 << last)) !== 0;
    const tired = alone > PATIENCE && runnable !== 1 << last;
    this.#untried[depth] = 0;
    // With a bound it matters who runs on for free.
    const free = this.#unbounded || !goesOn || tired ? -1 : last;
    const isNew = this.#unbounded
      ? this.#visited.add(executor.low, executor.high, 0)
      : this.#visited.add(executor.low ^ mix(free + 2, 0, LOW), executor.high ^ mix(free + 2, 0, HIGH), spent);
    if (!isNew || runnable === 0) {
      this.#executions++;
      return isNew ? executor.conclude() : null;
    }
    let untried = tired ? runnable & ~(1 << last) : runnable;
    if (!this.#unbounded && free !== -1 && spent >= this.#bound) {
      for (let others = runnable & ~(1 << free); others !== 0; others &= others - 1) this.#cut++;
      untried = 1 << free;
    }
    this.#untried[depth] = untried;
    this.#current[depth] = this.#unbounded ? last : free;
    this.#spent[depth] = spent;
    this.#alone[depth] = alone;
    return null;
  }
}
