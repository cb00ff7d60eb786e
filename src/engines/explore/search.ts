/**
 * Depth-first search with state matching: a path ends where it reaches a state that was reached before with no fewer
 * preemptions to spare. Steps are taken back, not run again from the beginning. Complete when no choice was left out: then a
 * clean search is a proof for this scenario, up to the chance of two states with the same 64-bit hash (3e-8 for a million states).
 */
import { type Executor, type Failure, STEP_LIMIT } from './machine/execution.ts';
import { HIGH, LOW, mix } from './machine/journal.ts';
import type { Symmetry } from './machine/symmetry.ts';
import { PATIENCE, runToEnd } from './sampling/run.ts';
import { goesRound } from './search/noProgress.ts';
import { fairRound } from './search/stateGraph.ts';
import { Visited } from './search/visited.ts';

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
  /** Paths of all interleavings that were not followed any further because they were too long. */
  readonly long: number;
  /** Actors that were not told apart from each other when states were compared. */
  readonly interchangeable: number;
}

export interface SearchOptions {
  /** Most preemptions of a schedule; Infinity for all interleavings. */
  readonly preemptions: number;
  /** Give up when this says so; asked now and then. `share` of the states, 0 to 1, that were met: a low and a high guess. */
  readonly enough: (executions: number, states: number, share: readonly [low: number, high: number]) => boolean;
  /** Take states that differ only in which of interchangeable actors is where for one. Default true. */
  readonly symmetry?: boolean;
}

/** Steps between two questions whether it is enough; a power of two. */
const OFTEN = 256;

/** Most steps of a path without a bound on preemptions. A scenario has tens or hundreds, unless actors disturb each other for ever. */
export const LONGEST = 2000;

/** In the place of a free choice: the actor before has had its turn. No actor has this number. */
const TIRED = 31;

/** Ones in a word. */
function bits(word: number): number {
  let n = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) n++;
  return n;
}

export function search(executor: Executor, { preemptions, enough, symmetry = true }: SearchOptions): SearchResult {
  const twins = symmetry ? executor.symmetry : null;
  if (twins === null) executor.reset();
  else executor.watchTwins(twins);
  try {
    return new Search(executor, preemptions, twins).run(enough);
  } finally {
    executor.forgetTwins();
  }
}

class Search {
  readonly #executor: Executor;
  readonly #bound: number;
  readonly #unbounded: boolean;
  readonly #symmetry: Symmetry | null;
  readonly #visited = new Visited();
  /** Of each state on the path: choices left, a bit an actor; who ran before; preemptions so far; steps in a row. */
  readonly #untried = new Int32Array(STEP_LIMIT + 1);
  readonly #current = new Int8Array(STEP_LIMIT + 1);
  readonly #spent = new Uint8Array(STEP_LIMIT + 1);
  readonly #alone = new Int32Array(STEP_LIMIT + 1);
  /** Of each state on the path: how many choices there were, and its hash. */
  readonly #choices = new Uint8Array(STEP_LIMIT + 1);
  readonly #low = new Int32Array(STEP_LIMIT + 1);
  readonly #high = new Int32Array(STEP_LIMIT + 1);
  readonly #runnable: Uint8Array;
  #executions = 0;
  #transitions = 0;
  #cut = 0;
  #long = 0;
  /** Most steps of a path, of those looked at. */
  #deepest = 1;
  /** States can come again on one path. */
  #cyclic = false;

  constructor(executor: Executor, bound: number, symmetry: Symmetry | null) {
    this.#executor = executor;
    this.#symmetry = symmetry;
    this.#runnable = new Uint8Array(executor.count);
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
      long: this.#long,
      interchangeable: this.#symmetry?.size ?? 0,
    };
  }

  run(enough: SearchOptions['enough']): SearchResult {
    const executor = this.#executor;
    let failure = this.#arrive(-1, 0, 0);
    while (failure === null) {
      const depth = executor.steps;
      const untried = this.#untried[depth] as number;
      if (untried === 0) {
        if (depth === 0) return this.#finish(enough);
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
      failure = this.#arrive(next, spent, next === current ? (this.#alone[depth] as number) + 1 : 0);
      if (failure === null && (this.#transitions & (OFTEN - 1)) === 0 && this.#ask(enough)) {
        return this.#result(null, false);
      }
    }
    return this.#result(failure, false);
  }

  #ask(enough: SearchOptions['enough']): boolean {
    return enough(this.#executions, this.#visited.size, this.#share());
  }

  /**
   * Share of the states that were met: a guess that is mostly too low, and one that is mostly too high. The low one takes every
   * choice to have as much below it as the others, although later ones lead to states that are known. The high one takes what is
   * below a place to grow as a power of the steps left from it, although early steps make more of a difference than late ones.
   */
  #share(): readonly [low: number, high: number] {
    const { steps, count } = this.#executor;
    this.#deepest = Math.max(this.#deepest, steps);
    let [low, weight, first] = [0, 1, -1];
    for (let depth = 0; depth < steps; depth++) {
      const choices = this.#choices[depth] as number;
      const done = choices - bits(this.#untried[depth] as number) - 1;
      if (done > 0 && first === -1) first = depth;
      weight /= choices;
      low += weight * done;
      if (first !== -1 && weight < 1e-9) break;
    }
    const high = Math.max(1 - (first === -1 ? steps : first) / this.#deepest, 1 / this.#deepest) ** count;
    return [Math.min(low, high), high];
  }

  /** All paths were followed. Where states come again on a path, all of them together say whether a round is fair. */
  #finish(enough: SearchOptions['enough']): SearchResult {
    if (!this.#unbounded || !this.#cyclic) return this.#result(null, true);
    let given = false;
    const round = fairRound(this.#executor, () => {
      given ||= enough(this.#executions, this.#visited.size, [1, 1]);
      return given;
    });
    for (const actor of round ?? []) this.#executor.step(actor);
    return this.#result(round === null ? null : this.#executor.conclude(), !given);
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
    // Without a bound nobody need give way: who goes round comes to a state that is known.
    const tired = !this.#unbounded && alone > PATIENCE && runnable !== 1 << last;
    this.#untried[depth] = 0;
    // With a bound it matters who runs on for free.
    const free = this.#unbounded || !goesOn ? -1 : tired ? TIRED : last;
    const isNew = this.#isNew(depth, free, this.#unbounded ? 0 : spent);
    if (!isNew || runnable === 0) {
      this.#executions++;
      if (isNew) return executor.conclude();
      return this.#mayReturn && this.#isOnPath(depth) ? goesRound(executor) : null;
    }
    if (depth === (this.#unbounded ? LONGEST : STEP_LIMIT)) return this.#tooLong(last, depth);
    let untried = tired ? runnable & ~(1 << last) : runnable;
    if (free >= 0 && free !== TIRED && spent >= this.#bound) {
      for (let others = runnable & ~(1 << free); others !== 0; others &= others - 1) this.#cut++;
      untried = 1 << free;
    }
    this.#untried[depth] = untried;
    this.#choices[depth] = bits(untried);
    this.#current[depth] = tired ? -1 : this.#unbounded ? last : free;
    this.#spent[depth] = spent;
    this.#alone[depth] = alone;
    return null;
  }

  /** Notes the state at `depth`. False if it was reached before at no higher price. */
  #isNew(depth: number, free: number, spent: number): boolean {
    const executor = this.#executor;
    const symmetry = this.#symmetry;
    if (symmetry !== null) executor.look(symmetry, free);
    // Which of several twins it is must not be in the hash; that it is the one is.
    const runsOn = symmetry?.isTwin(free) ? 0 : free + 2;
    const low = (symmetry === null ? executor.low : symmetry.keyLow) ^ mix(runsOn, 0, LOW);
    const high = (symmetry === null ? executor.high : symmetry.keyHigh) ^ mix(runsOn, 0, HIGH);
    this.#low[depth] = this.#unbounded ? low : executor.low;
    this.#high[depth] = this.#unbounded ? high : executor.high;
    return this.#visited.add(low, high, spent);
  }

  /** Can the last step have closed a round? Of interchangeable actors, one may close the round that another began. */
  get #mayReturn(): boolean {
    return this.#symmetry !== null || this.#executor.returned;
  }

  /** Was the state at `depth` on the path before? */
  #isOnPath(depth: number): boolean {
    const low = this.#low[depth];
    const high = this.#high[depth];
    let at = depth - 1;
    while (at >= 0 && (this.#low[at] !== low || this.#high[at] !== high)) at--;
    if (at >= 0) this.#cyclic = true;
    return at >= 0;
  }

  /** The path is left for what it is, unless it has no end even when nobody is preempted any more. */
  #tooLong(last: number, depth: number): Failure | null {
    this.#executions++;
    this.#long++;
    const failure = runToEnd(this.#executor, last, this.#runnable);
    if (failure === null) while (this.#executor.steps > depth) this.#executor.back();
    return failure;
  }
}
