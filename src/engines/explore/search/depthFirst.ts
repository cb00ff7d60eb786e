/**
 * Depth-first search with state matching: a path ends where it reaches a state that was reached before with no fewer
 * preemptions to spare. Steps are taken back, not run again from the beginning.
 */
import type { Executor } from '../machine/execution.ts';
import type { Failure } from '../machine/failure.ts';
import { mixHigh, mixLow } from '../machine/hash.ts';
import type { Symmetry } from '../machine/symmetry.ts';
import { conclude } from './conclude.ts';
import { spins } from './countingRound.ts';
import { fairRound } from './fairRound.ts';
import { endless, goesRound, roundFailure } from './noProgress.ts';
import type { SearchOptions, SearchResult } from './options.ts';
import { Path } from './path.ts';
import { ableAt } from './rounds.ts';
import { Shares } from './share.ts';
import { Stops } from './stops.ts';
import { Visited } from './visited.ts';

/** Steps between two questions whether it is enough; a power of two. */
const OFTEN = 256;

/** Steps of an actor on its own, while others could run, after which it is asked whether it only goes round; and again at every doubling. */
const ALONE = 64;

/** Steps of a path after which it is asked whether it is a round without end; and again at every doubling. */
const LONG = 2048;

/** Steps that a path without preemption may have in any case, whatever the limit of an execution. There are few such paths. */
const LONGEST = 200_000;

/** Rounds in lock step that an actor on its own is followed. */
export const SPINS = 4;

/** One search, from the beginning to its end or to where it turns out that the state has more to it. */
export class DepthFirst {
  readonly #executor: Executor;
  readonly #bound: number;
  readonly #unbounded: boolean;
  readonly #symmetry: Symmetry | null;
  readonly #asymmetry: string | null;
  readonly #quietFirst: boolean;
  readonly #visited = new Visited();
  readonly #path = new Path();
  readonly #stops = new Stops();
  readonly #shares = new Shares();
  readonly #promotions: number;
  readonly #spent: { executions: number; transitions: number };
  /** Hash of the state at the end of the path. */
  #low = 0;
  #high = 0;
  #cut = 0;
  #long = 0;
  #spins = 0;
  /** States can come again on one path without a preemption. */
  #cyclic = false;

  constructor(
    executor: Executor,
    bound: number,
    symmetry: Symmetry | null,
    quietFirst: boolean,
    spent: { executions: number; transitions: number },
  ) {
    this.#executor = executor;
    this.#symmetry = symmetry;
    this.#asymmetry = executor.symmetry?.broken ?? null;
    this.#quietFirst = quietFirst;
    this.#promotions = executor.promotions;
    this.#unbounded = bound === Number.POSITIVE_INFINITY;
    this.#bound = bound;
    this.#spent = spent;
  }

  #result(failure: Failure | null, complete: boolean): SearchResult {
    const { schedule, steps } = this.#executor;
    return {
      failure,
      schedule: schedule.slice(0, steps),
      ...this.#spent,
      states: this.#visited.size,
      complete,
      cut: this.#cut,
      long: this.#long,
      spins: this.#spins,
      interchangeable: this.#symmetry?.size ?? 0,
      asymmetry: this.#asymmetry,
    };
  }

  /** Something was learnt about what a state is: hashes made so far are worth nothing. */
  get #isOutdated(): boolean {
    return this.#executor.promotions !== this.#promotions || (this.#symmetry !== null && this.#symmetry.broken !== null);
  }

  /** The result; null if it has to be begun again. */
  run(enough: SearchOptions['enough']): SearchResult | null {
    const executor = this.#executor;
    const stops = this.#stops;
    let failure = executor.failedAtOnce ?? this.#arrive(-1, 0, 0);
    while (failure === null) {
      if (this.#isOutdated) return null;
      const depth = executor.steps;
      const untried = stops.untried[depth] as number;
      if (untried === 0) {
        if (this.#path.depth > depth) this.#path.pop();
        if (depth === 0) return this.#finish(enough);
        executor.back();
        continue;
      }
      const current = stops.current[depth] as number;
      // The free choice first: failures are then met with few preemptions, and a generator is seldom led again.
      const next = current >= 0 && (untried & (1 << current)) !== 0 ? current : 31 - Math.clz32(untried & -untried);
      stops.untried[depth] = untried & ~(1 << next);
      // A preemption is spent when the actor before could have gone on.
      const cost = !this.#unbounded && current >= 0 && next !== current ? 1 : 0;
      const spent = (stops.spent[depth] as number) + cost;
      this.#spent.transitions++;
      failure = executor.step(next);
      if (failure !== null) {
        this.#spent.executions++;
        break;
      }
      failure = this.#arrive(next, spent, next === current ? (stops.alone[depth] as number) + 1 : 0);
      if (failure === null && (this.#spent.transitions & (OFTEN - 1)) === 0 && this.#ask(enough))
        return this.#result(null, false);
    }
    return this.#result(failure, false);
  }

  #ask(enough: SearchOptions['enough']): boolean {
    const share = this.#shares.of(this.#executor, this.#stops.untried);
    return enough(this.#spent.executions, this.#visited.size, share);
  }

  /** All paths were followed. Where states come again on a path, all of them together say whether a round is fair. */
  #finish(enough: SearchOptions['enough']): SearchResult | null {
    if (this.#isOutdated) return null;
    if (!this.#cyclic) return this.#result(null, true);
    const executor = this.#executor;
    let given = false;
    const found = fairRound(executor, this.#bound, () => {
      given ||= enough(this.#spent.executions, this.#visited.size, [1, 1]);
      return given;
    });
    if (this.#isOutdated) return null;
    if (found === null) return this.#result(null, !given);
    const { prefix, round } = found;
    executor.reset();
    for (const actor of [...prefix, ...round]) executor.step(actor);
    return this.#result(roundFailure(executor, { start: prefix.length, length: round.length }), false);
  }

  /** Notes the state the executor is in, and the choices there are. No choices: the path ends here. */
  #arrive(last: number, spent: number, alone: number): Failure | null {
    const executor = this.#executor;
    const stops = this.#stops;
    const depth = executor.steps;
    const runnable = ableAt(executor);
    const goesOn = last >= 0 && (runnable & (1 << last)) !== 0;
    stops.reach(depth);
    stops.untried[depth] = 0;
    // With a bound it matters who runs on for free.
    const free = this.#unbounded || !goesOn ? -1 : last;
    this.#look(free);
    if (!this.#visited.add(this.#low, this.#high, this.#unbounded ? 0 : spent)) {
      this.#spent.executions++;
      return this.#comesBack(spent);
    }
    if (runnable === 0) {
      this.#spent.executions++;
      return conclude(executor);
    }
    if (depth >= LONG && (depth & (depth - 1)) === 0) {
      const failure = endless(executor);
      if (failure !== null) return failure;
    }
    if (depth >= (this.#bound === 0 ? Math.max(LONGEST, executor.limit) : executor.limit)) {
      this.#spent.executions++;
      this.#long++;
      return null;
    }
    if (this.#onlySpins(alone, last, runnable)) return null;
    let untried = runnable;
    if (free >= 0 && spent >= this.#bound) {
      for (let others = runnable & ~(1 << free); others !== 0; others &= others - 1) this.#cut++;
      untried = 1 << free;
    }
    if (this.#quietFirst) untried = this.#quietOf(untried, free);
    stops.untried[depth] = untried;
    stops.current[depth] = this.#unbounded ? last : free;
    stops.spent[depth] = spent;
    stops.alone[depth] = runnable === 1 << last ? 0 : alone;
    this.#shares.note(depth, untried);
    this.#path.push(this.#low, this.#high);
    return null;
  }

  /** Takes the hash of the state, in which `free` goes on for free. */
  #look(free: number): void {
    const executor = this.#executor;
    const symmetry = this.#symmetry;
    if (symmetry === null) {
      this.#low = executor.low ^ mixLow(free + 2, 2);
      this.#high = executor.high ^ mixHigh(free + 2, 2);
      return;
    }
    executor.look(symmetry, free);
    // Which of several twins it is must not be in the hash; that it is the one is.
    const runsOn = symmetry.isTwin(free) ? 0 : free + 2;
    this.#low = symmetry.keyLow ^ mixLow(runsOn, 2);
    this.#high = symmetry.keyHigh ^ mixHigh(runsOn, 2);
  }

  /** The state was reached before. If it is on the path, and at the same price, the path has made a round. */
  #comesBack(spent: number): Failure | null {
    const from = this.#path.depthOf(this.#low, this.#high);
    if (from < 0 || (this.#stops.spent[from] as number) < spent) return null;
    this.#cyclic = true;
    return goesRound(this.#executor, from);
  }

  /**
   * Of actors that can run those that are let go first, if their next step touches nothing shared: one, or those of its twins that are
   * like that, too. Within a bound only who goes on for free. It depends on the state alone, not on the path that led there.
   */
  #quietOf(runnable: number, free: number): number {
    if ((runnable & (runnable - 1)) === 0) return runnable;
    const executor = this.#executor;
    if (!this.#unbounded) return free >= 0 && executor.isQuiet(free) ? 1 << free : runnable;
    for (let rest = runnable; rest !== 0; rest &= rest - 1) {
      const actor = 31 - Math.clz32(rest & -rest);
      if (!executor.isQuiet(actor)) continue;
      let quiet = 1 << actor;
      for (const twin of this.#symmetry?.twinsOf(actor) ?? [])
        if ((runnable & (1 << twin)) !== 0 && executor.isQuiet(twin)) quiet |= 1 << twin;
      return quiet;
    }
    return runnable;
  }

  /** Does the last actor, while others could run, only make the same round again and again, and count? Nobody is made to give way. */
  #onlySpins(alone: number, last: number, runnable: number): boolean {
    if (alone < ALONE || (alone & (alone - 1)) !== 0 || runnable === 1 << last || !spins(this.#executor, alone, SPINS))
      return false;
    this.#spent.executions++;
    this.#spins++;
    return true;
  }
}
