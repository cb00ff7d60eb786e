/**
 * The graph of all states that a search reaches, with the steps between them that cost no preemption; without a bound that is all
 * of them, but for those in which something counts where that may go on for ever. What can go on for ever is a round in it.
 */
import type { Executor } from '../machine/execution.ts';
import type { Failure } from '../machine/failure.ts';
import { mixHigh, mixLow } from '../machine/hash.ts';
import { conclude } from './conclude.ts';
import { KeyTable } from './keyTable.ts';
import { ableAt, mayOnlyCount } from './rounds.ts';

export const NONE = -1;

/** States between two questions whether it is enough; a power of two. */
const OFTEN = 1024;

/** A state on the way: choices left, who goes on for free (-1: anybody), preemptions so far. */
interface Stop {
  readonly state: number;
  untried: number;
  readonly free: number;
  readonly spent: number;
}

/** An execution that fails. */
export interface Failing {
  readonly failure: Failure;
  readonly schedule: Uint8Array;
}

export class StateGraph {
  readonly actors: number;
  /** For each state and actor the state its step leads to for free; NONE if it cannot run, or only for a preemption. */
  readonly #next: number[] = [];
  /** Actors that can run at a state, and those whose step would take a lock they wait for; a bit each. */
  readonly able: number[] = [];
  readonly grantable: number[] = [];
  /** The step that first led to a state: where from, and whose. */
  readonly #from: number[] = [NONE];
  readonly #by: number[] = [NONE];
  /** Fewest preemptions a state was reached with. */
  readonly #spent: number[] = [];
  readonly #ids = new KeyTable((length) => new Int32Array(length));
  /** All states were seen. */
  readonly complete: boolean;
  /** An execution that fails on the way. The search may have put off for ever, on a round, whoever makes it fail. */
  failing: Failing | null = null;

  /** Walks all states within `bound` preemptions (Infinity for all), until `enough` says so. The executor is at the beginning then. */
  constructor(executor: Executor, bound: number, enough: (states: number) => boolean) {
    this.actors = executor.count;
    this.complete = this.#walk(executor, bound, enough);
    executor.reset();
  }

  get states(): number {
    return this.able.length;
  }

  target(state: number, actor: number): number {
    return this.#next[state * this.actors + actor] as number;
  }

  /** Steps from the beginning to a state. */
  pathTo(state: number): number[] {
    const path: number[] = [];
    for (let at = state; this.#from[at] !== NONE; at = this.#from[at] as number) path.push(this.#by[at] as number);
    return path.reverse();
  }

  /** The number of the state the executor is in, in which `free` goes on for free. */
  #idOf(executor: Executor, free: number): number {
    const low = executor.low ^ mixLow(free + 2, 2);
    const high = executor.high ^ mixHigh(free + 2, 2);
    const slot = this.#ids.slotOf(low, high);
    if (!this.#ids.isEmpty(slot)) return this.#ids.valueAt(slot);
    const id = this.states;
    this.#ids.fill(slot, low, high, id);
    this.able.push(ableAt(executor));
    this.grantable.push(0);
    this.#spent.push(Number.POSITIVE_INFINITY);
    for (let i = 0; i < this.actors; i++) this.#next.push(NONE);
    return id;
  }

  #walk(executor: Executor, bound: number, enough: (states: number) => boolean): boolean {
    const isBounded = bound < Number.POSITIVE_INFINITY;
    const counts = mayOnlyCount(executor) ? executor.serials : null;
    const path: Stop[] = [];
    /** Goes on from the state the executor is in, unless that was done with no more preemptions before. */
    const arrive = (last: number, spent: number): { readonly id: number; readonly goesOn: boolean } => {
      const free = isBounded && last >= 0 && executor.canRun(last) ? last : -1;
      const id = this.#idOf(executor, free);
      if ((this.#spent[id] as number) <= spent) return { id, goesOn: false };
      this.#spent[id] = spent;
      path.push({ state: id, untried: this.able[id] as number, free, spent });
      if (this.able[id] === 0) this.#note(executor, conclude(executor));
      return { id, goesOn: true };
    };
    executor.reset();
    arrive(-1, 0);
    for (let stop = path.at(-1); stop !== undefined && this.failing === null; stop = path.at(-1)) {
      if (stop.untried === 0) {
        path.pop();
        if (path.length > 0) executor.back();
        continue;
      }
      const actor = 31 - Math.clz32(stop.untried & -stop.untried);
      stop.untried &= ~(1 << actor);
      const { state, free } = stop;
      const spent = stop.spent + (free >= 0 && actor !== free ? 1 : 0);
      const moves = counts?.moves;
      const outcome = executor.step(actor);
      const isInRounds = counts?.moves === moves;
      if (executor.tookLock(outcome)) this.grantable[state] = (this.grantable[state] as number) | (1 << actor);
      if (spent <= bound) this.#note(executor, outcome);
      if (outcome !== null || spent > bound) {
        executor.back();
        continue;
      }
      const known = this.states;
      const { id, goesOn } = arrive(actor, spent);
      if (spent === stop.spent && isInRounds) this.#next[state * this.actors + actor] = id;
      if (this.states > known) {
        this.#from[id] = state;
        this.#by[id] = actor;
        if ((known & (OFTEN - 1)) === 0 && enough(known)) return false;
      }
      if (!goesOn) executor.back();
    }
    return this.failing === null;
  }

  /** The execution ends where the executor is. */
  #note(executor: Executor, failure: Failure | null): void {
    if (failure !== null) this.failing = { failure, schedule: executor.schedule.slice(0, executor.steps) };
  }
}
