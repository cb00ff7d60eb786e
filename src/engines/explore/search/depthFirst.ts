/**
 * Depth-first search with state matching: a path ends where it reaches a state that was reached before with no fewer
 * preemptions to spare. Steps are taken back, not run again from the beginning.
 */
import type { Executor } from '../machine/execution.ts';
import type { Failure } from '../machine/failure.ts';
import { mixHigh, mixLow } from '../machine/hash.ts';
import type { Symmetry } from '../machine/symmetry.ts';
import { conclude } from './conclude.ts';
import { ALONE, MANY_SPINS, spins } from './countingRound.ts';
import type { Crew, Work } from './crew.ts';
import { endless, goesRound } from './noProgress.ts';
import { type SearchOptions, type SearchResult, SPINS } from './options.ts';
import { Path } from './path.ts';
import { OFTEN, Patience } from './patience.ts';
import { MOST_ACTORS, PersistentSets } from './persistentSet.ts';
import { ableAt } from './rounds.ts';
import { bits, Shares } from './share.ts';
import type { SharedTable } from './sharedTable.ts';
import { Stops } from './stops.ts';
import type { Unfinished } from './unfinished.ts';
import { Visited } from './visited.ts';
import { wholeRound } from './wholeRound.ts';

/** Steps of a path after which it is asked whether it is a round without end; and again at every doubling. */
const LONG = 2048;

/** Steps that a path without preemption may have in any case, whatever the limit of an execution. There are few such paths. */
const LONGEST = 200_000;

/** What a thread of a search shares with the others: see crew.ts, and unfinished.ts. */
export interface Shared {
  readonly crew: Crew;
  readonly unfinished: Unfinished;
}

/** Why a search goes no further: `called`, as the others say so. */
export interface Walked {
  readonly how: 'through' | 'outdated' | 'enough' | 'failed' | 'called';
  readonly failure: Failure | null;
}

/** What one thread of a search adds to the numbers of all. */
export type Counts = Pick<SearchResult, 'executions' | 'transitions' | 'cut' | 'long' | 'spins'>;

/** What is kept of a path when the search is interrupted: the steps, and what is left to be tried at each state. */
export interface SavedPath {
  readonly base: number;
  readonly schedule: Uint8Array;
  readonly untried: Int32Array;
  /** And what is put off there. */
  readonly putOff: Int32Array;
  /** States that count as passed: the last one may have been reached before. */
  readonly passed: number;
}

/** One search, from the beginning to its end or to where it turns out that the state has more to it. */
export class DepthFirst {
  readonly #executor: Executor;
  readonly #bound: number;
  readonly #unbounded: boolean;
  readonly #symmetry: Symmetry | null;
  readonly #asymmetry: string | null;
  readonly #quietFirst: boolean;
  /** Null if all orders are tried. */
  readonly #persistent: PersistentSets | null;
  readonly #visited: Visited | SharedTable;
  readonly #shared: Shared | null;
  readonly #path = new Path();
  readonly #stops = new Stops();
  readonly #shares = new Shares();
  readonly #enough: SearchOptions['enough'];
  readonly #onSpin: SearchOptions['onSpin'];
  /** That of questions which take many steps. */
  readonly #patience: Patience;
  /** How far the search was when it was last asked. */
  #share: readonly [low: number, high: number] = [0, 1];
  readonly #promotions: number;
  readonly #spent: { executions: number; transitions: number };
  /** Steps of the path to the state where the work of this thread begins. */
  #base = 0;
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
    {
      quietFirst,
      orders,
      enough,
      onSpin,
    }: { readonly quietFirst: boolean; readonly orders: boolean } & Pick<SearchOptions, 'enough' | 'onSpin'>,
    spent: { executions: number; transitions: number },
    shared: Shared | null = null,
  ) {
    this.#executor = executor;
    this.#symmetry = symmetry;
    this.#asymmetry = executor.symmetry?.broken ?? null;
    this.#quietFirst = quietFirst;
    this.#promotions = executor.promotions;
    this.#unbounded = bound === Number.POSITIVE_INFINITY;
    this.#bound = bound;
    // With a bound, a step that is put off may cost a preemption more than it would have cost.
    const leavesOut = orders && this.#unbounded && executor.follows && executor.count <= MOST_ACTORS;
    this.#enough = enough;
    this.#onSpin = onSpin;
    this.#patience = new Patience(() => enough(spent.executions, this.states, this.#share));
    this.#persistent = leavesOut ? new PersistentSets(executor, symmetry, this.#patience) : null;
    this.#spent = spent;
    this.#shared = shared;
    this.#visited = shared?.crew.table ?? new Visited();
  }

  #result(failure: Failure | null, complete: boolean): SearchResult {
    const { schedule, steps } = this.#executor;
    return {
      failure,
      schedule: schedule.slice(0, steps),
      ...this.#spent,
      states: this.states,
      complete,
      cut: this.#cut,
      long: this.#long,
      spins: this.#spins,
      interchangeable: this.#symmetry?.size ?? 0,
      asymmetry: this.#asymmetry,
      allOrders: this.allOrders,
      serials: null,
    };
  }

  /** Something was learnt about what a state is: hashes made so far are worth nothing. */
  get isOutdated(): boolean {
    return this.#executor.promotions !== this.#promotions || (this.#symmetry !== null && this.#symmetry.broken !== null);
  }

  /** No order of steps is left out because another one comes to the same. */
  get allOrders(): boolean {
    return this.#persistent === null;
  }

  /** What this thread has counted. */
  get counts(): Counts {
    const { executions, transitions } = this.#spent;
    const [cut, long, spins] = [this.#cut, this.#long, this.#spins];
    return { executions, transitions, cut, long, spins };
  }

  /** States reached so far, by all threads. */
  get states(): number {
    return this.#shared === null ? (this.#visited as Visited).size : this.#shared.crew.states;
  }

  /** The result; null if it has to be begun again. */
  run(): SearchResult | null {
    const { how, failure } = this.walkOn(this.begin());
    if (how === 'outdated') return null;
    return how === 'through' ? this.#finish() : this.#result(failure, false);
  }

  /** Notes the beginning, in which the executor is. */
  begin(): Failure | null {
    return this.#executor.failedAtOnce ?? this.#arrive(-1, 0, 0);
  }

  /** Goes on from where the path is until nothing is left to be tried, or there is a reason to stop. */
  walkOn(failed: Failure | null = null): Walked {
    const executor = this.#executor;
    const stops = this.#stops;
    const shared = this.#shared;
    let failure = failed;
    while (failure === null) {
      if (this.isOutdated) return { how: 'outdated', failure };
      if (this.#patience.isOver) return { how: 'enough', failure };
      if (shared?.crew.isCalled && !shared.crew.attend()) return { how: 'called', failure };
      const depth = executor.steps;
      const untried = stops.untried[depth] as number;
      if (untried === 0) {
        if (this.#path.depth > depth) this.#path.pop();
        if (shared !== null) shared.unfinished.leave(depth, this.#isFree(depth));
        if (depth === this.#base) return { how: 'through', failure };
        executor.back();
        continue;
      }
      const current = stops.current[depth] as number;
      // The free choice first: failures are then met with few preemptions, and a generator is seldom led again.
      const next = current >= 0 && (untried & (1 << current)) !== 0 ? current : 31 - Math.clz32(untried & -untried);
      stops.untried[depth] = untried & ~(1 << next);
      const spent = (stops.spent[depth] as number) + this.#priceOf(next, current);
      this.#spent.transitions++;
      failure = executor.step(next);
      if (failure !== null) {
        this.#spent.executions++;
        break;
      }
      failure = this.#arrive(next, spent, next === current ? (stops.alone[depth] as number) + 1 : 0);
      if (failure !== null) break;
      if (shared?.crew.isWanted) this.#give(shared);
      if ((this.#spent.transitions & (OFTEN - 1)) === 0 && this.#isEnough()) return { how: 'enough', failure };
    }
    return { how: 'failed', failure };
  }

  /** A preemption is spent when the actor before could have gone on. */
  #priceOf(next: number, current: number): number {
    return !this.#unbounded && current >= 0 && next !== current ? 1 : 0;
  }

  /** Did the step that led to the state at `depth` cost nothing? */
  #isFree(depth: number): boolean {
    return depth === 0 || this.#stops.spent[depth] === this.#stops.spent[depth - 1];
  }

  /** Gives another thread what is left to be tried at the earliest state of the path that has anything left, unless it is the last one. */
  #give({ crew, unfinished }: Shared): void {
    const { untried } = this.#stops;
    const { schedule, steps } = this.#executor;
    for (let depth = this.#base; depth < steps; depth++) {
      const actors = untried[depth] as number;
      if (actors === 0) continue;
      const isGiven = crew.give(schedule, depth, actors, () => unfinished.share(depth));
      if (isGiven) untried[depth] = 0;
      return;
    }
  }

  /** Takes up work that another thread has given away. */
  take({ schedule, actors, isPart }: Work): void {
    this.#walkTo(schedule, schedule.length + 1);
    const depth = schedule.length;
    this.#base = depth;
    this.#stops.untried[depth] = actors;
    this.#shared?.unfinished.begin(depth, this.#low, this.#high, isPart);
  }

  /** The path as it is. */
  save(): SavedPath {
    const { schedule, steps } = this.#executor;
    const untried = this.#stops.untried.slice(0, steps + 1);
    const putOff = this.#stops.putOff.slice(0, steps + 1);
    return { base: this.#base, schedule: schedule.slice(0, steps), untried, putOff, passed: this.#path.depth };
  }

  /** Goes to where a path was interrupted. It may have been while it was asked whether it is a round without end: that is asked again. */
  restore({ base, schedule, untried, putOff, passed }: SavedPath): Failure | null {
    this.#walkTo(schedule, passed);
    this.#base = base;
    this.#stops.untried.set(untried);
    this.#stops.putOff.set(putOff);
    return this.#endless();
  }

  /** Makes the steps of a path. Its first states, so many, are noted as passed; nothing is left to be tried at any of them. */
  #walkTo(schedule: Uint8Array, passed: number): void {
    const executor = this.#executor;
    const stops = this.#stops;
    while (executor.steps > 0) executor.back();
    this.#path.clear();
    this.#stand(-1, 0, 0, passed);
    for (const [depth, actor] of schedule.entries()) {
      const current = stops.current[depth] as number;
      const spent = (stops.spent[depth] as number) + this.#priceOf(actor, current);
      const alone = actor === current ? (stops.alone[depth] as number) + 1 : 0;
      if (executor.step(actor) !== null) throw new Error('a path that another thread has gone cannot be gone');
      this.#stand(actor, spent, alone, passed);
    }
  }

  #stand(last: number, spent: number, alone: number, passed: number): void {
    const executor = this.#executor;
    const depth = executor.steps;
    const runnable = ableAt(executor);
    const free = this.#unbounded || last < 0 || (runnable & (1 << last)) === 0 ? -1 : last;
    this.#stops.reach(depth);
    this.#look(free);
    this.#keep(depth, last, free, spent, alone, runnable);
    this.#stops.untried[depth] = 0;
    this.#stops.putOff[depth] = 0;
    this.#persistent?.arrive();
    this.#shares.note(depth, 1);
    if (depth < passed) this.#path.push(this.#low, this.#high);
  }

  #keep(depth: number, last: number, free: number, spent: number, alone: number, runnable: number): void {
    const stops = this.#stops;
    stops.current[depth] = this.#unbounded ? last : free;
    stops.spent[depth] = spent;
    stops.alone[depth] = runnable === 1 << last ? 0 : alone;
  }

  #isEnough(): boolean {
    this.#share = this.#shares.of(this.#executor, this.#stops.untried);
    return this.#enough(this.#spent.executions, this.states, this.#share);
  }

  /** All paths were followed. Where states come again on a path, all of them together say whether a round is fair. */
  #finish(): SearchResult | null {
    if (this.isOutdated) return null;
    if (!this.#cyclic) return this.#result(null, true);
    const { failure, complete } = wholeRound(this.#executor, this.#bound, () =>
      this.#enough(this.#spent.executions, this.states, [1, 1]),
    );
    return this.isOutdated ? null : this.#result(failure, complete);
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
    stops.spent[depth] = spent;
    if (!this.#visited.add(this.#low, this.#high, this.#unbounded ? 0 : spent)) {
      this.#spent.executions++;
      if (this.#isFree(depth)) this.#shared?.unfinished.reached(this.#low, this.#high);
      return this.#comesBack(spent);
    }
    const { before } = this.#visited;
    this.#shared?.unfinished.enter(depth, this.#low, this.#high, before < 0);
    this.#shared?.crew.added();
    this.#persistent?.arrive();
    if (runnable === 0) {
      this.#spent.executions++;
      return conclude(executor);
    }
    const failure = this.#endless();
    if (failure !== null) return failure;
    if (depth >= (this.#bound === 0 ? Math.max(LONGEST, executor.limit) : executor.limit)) {
      this.#spent.executions++;
      this.#long++;
      this.#catchUp();
      return null;
    }
    if (this.#onlySpins(alone, last, runnable)) {
      this.#catchUp();
      return null;
    }
    let untried = runnable;
    if (free >= 0 && spent >= this.#bound) {
      this.#cut += bits(runnable & ~(1 << free));
      untried = 1 << free;
    } else if (free >= 0 && before === this.#bound) this.#cut -= bits(runnable & ~(1 << free));
    const all = untried;
    if (this.#quietFirst) untried = this.#quietOf(untried, free);
    if (this.#persistent !== null && untried === all) untried = this.#persistent.at(all);
    stops.putOff[depth] = all & ~untried;
    stops.untried[depth] = untried;
    this.#keep(depth, last, free, spent, alone, runnable);
    this.#shares.note(depth, untried);
    this.#path.push(this.#low, this.#high);
    return null;
  }

  /** Is the path a round without end, if it has become so long that this is asked? */
  #endless(): Failure | null {
    const { steps } = this.#executor;
    return steps >= LONG && (steps & (steps - 1)) === 0 ? endless(this.#executor, this.#patience) : null;
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
    this.#shared?.crew.foundRound();
    return goesRound(this.#executor, from);
  }

  /** The path is cut off: whom the state before has put off is tried there after all, as he would have had his turn further on. */
  #catchUp(): void {
    const { putOff, untried } = this.#stops;
    const depth = this.#executor.steps - 1;
    if (depth < 0) return;
    untried[depth] = (untried[depth] as number) | (putOff[depth] as number);
    putOff[depth] = 0;
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
    if (alone < ALONE || (alone & (alone - 1)) !== 0 || runnable === 1 << last) return false;
    // Where it does not matter how far something has counted, the state comes again in the end.
    if (!spins(this.#executor, alone, this.#executor.serials === null ? SPINS : MANY_SPINS)) return false;
    this.#spent.executions++;
    this.#spins++;
    this.#onSpin?.();
    return true;
  }
}
