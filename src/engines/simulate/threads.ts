/**
 * The threads of a simulated machine: who runs on which CPU, who waits for one, for a lock or for time, and what that costs.
 * Whoever will do something at a time is in the queue of events.
 */
import type { RandomStream } from '../../workload/random.ts';
import type { Costs } from '../cell/costs.ts';
import { Cpus } from './cpus.ts';
import type { EventQueue } from './eventQueue.ts';

export const IDLE = 0;
export const SLEEPING = 1;
export const QUEUED = 2;
export const RUNNING = 3;
export const PARKED = 4;
export const DONE = 5;

export interface ThreadsOptions {
  readonly cpus: number;
  readonly costs: Costs;
  readonly events: EventQueue;
  /** Which actors are device hardware: it runs beside the CPUs. */
  readonly hardware: readonly boolean[];
  /** May an actor not lose its CPU now? */
  readonly pinned: (actor: number) => boolean;
  /** The word a parked actor waits for. */
  readonly waitWord: (actor: number) => number;
  /** What makes wake-ups differ; null: they are all alike. */
  readonly noise: RandomStream | null;
}

export class Threads {
  /** Virtual time each actor spent running. */
  readonly busyNs: Float64Array;
  readonly state: Uint8Array;
  /** Parked actors, longest first. */
  readonly parked: number[] = [];
  readonly #options: ThreadsOptions;
  readonly #cpus: Cpus;
  /** What is left to pay for the point an actor stands at, once it has a CPU. */
  readonly #owed: Float64Array;
  readonly #sliceEnd: Float64Array;
  /** Time taken by interrupts since the last step. */
  readonly #stolen: Float64Array;
  readonly #parkedAt: Float64Array;

  constructor(options: ThreadsOptions) {
    const count = options.hardware.length;
    this.#options = options;
    this.#cpus = new Cpus(options.cpus, count);
    this.busyNs = new Float64Array(count);
    this.state = new Uint8Array(count);
    this.#owed = new Float64Array(count);
    this.#sliceEnd = new Float64Array(count);
    this.#stolen = new Float64Array(count);
    this.#parkedAt = new Float64Array(count);
  }

  /** An actor wants to run, and owes so much before its next step. */
  ready(actor: number, owed: number, now: number): void {
    if (this.#options.hardware[actor]) {
      this.state[actor] = RUNNING;
      this.#options.events.push(now + owed, actor);
      return;
    }
    this.#owed[actor] = owed;
    const switched = this.#cpus.take(actor);
    if (switched === null) this.state[actor] = QUEUED;
    else this.#dispatch(actor, switched, now);
  }

  /** The actor has just been given a CPU. */
  #dispatch(actor: number, switched: boolean, now: number): void {
    const { contextSwitch, slice } = this.#options.costs.machine;
    const cost = (this.#owed[actor] as number) + (switched ? contextSwitch : 0);
    this.state[actor] = RUNNING;
    this.#sliceEnd[actor] = now + cost + slice;
    this.busyNs[actor] = (this.busyNs[actor] as number) + cost;
    this.#options.events.push(now + cost, actor);
  }

  /** The actor gives its CPU up. */
  leave(actor: number, state: number, now: number): void {
    this.state[actor] = state;
    this.#stolen[actor] = 0;
    if (this.#cpus.of[actor] !== -1) this.#release(actor, now);
  }

  #release(actor: number, now: number): void {
    const next = this.#cpus.release(actor);
    if (next !== -1) this.#dispatch(next, true, now);
  }

  /** Takes the CPU away from an actor that owes so much, if somebody waits for it and the time slice is over. True if it did. */
  preempt(actor: number, owed: number, now: number): boolean {
    const cpus = this.#cpus;
    if (cpus.waiting === 0 || cpus.of[actor] === -1 || now < (this.#sliceEnd[actor] as number)) return false;
    if (this.#options.pinned(actor)) return false;
    const next = cpus.release(actor);
    this.ready(actor, owed, now);
    if (next !== -1) this.#dispatch(next, true, now);
    return true;
  }

  /** What interrupts have taken from an actor since this was asked last. */
  takeStolen(actor: number): number {
    const stolen = this.#stolen[actor] as number;
    if (stolen > 0) this.#stolen[actor] = 0;
    return stolen;
  }

  /** A shoot-down: every other CPU that runs a thread is interrupted. Returns how long the sender waits for them. */
  interruptOthers(actor: number): number {
    const { ipi, ipiWait } = this.#options.costs.machine;
    const cpus = this.#cpus;
    if (cpus.running === 0 || (cpus.running === 1 && cpus.of[actor] !== -1)) return 0;
    for (let other = 0; other < this.state.length; other++) {
      if (other !== actor && cpus.of[other] !== -1) this.#stolen[other] = (this.#stolen[other] as number) + ipi;
    }
    return ipiWait;
  }

  /** How long a sleeper needs this time. */
  wakeUpNs(): number {
    const { costs, noise } = this.#options;
    return noise === null ? costs.machine.wakeUp : costs.machine.wakeUp * (0.5 + noise.unit());
  }

  park(actor: number, now: number): void {
    this.#parkedAt[actor] = now;
    this.parked.push(actor);
    this.leave(actor, PARKED, now);
  }

  /** Up to `count` waiters of a word go on. A short wait was spent spinning. */
  wake(word: number, count: number, now: number): void {
    const { spin, spinWake } = this.#options.costs.machine;
    let left = count;
    for (let i = 0; i < this.parked.length && left > 0; ) {
      const actor = this.parked[i] as number;
      if (this.#options.waitWord(actor) !== word) {
        i++;
        continue;
      }
      this.parked.splice(i, 1);
      left--;
      const spun = now - (this.#parkedAt[actor] as number) <= spin;
      this.ready(actor, spun ? spinWake : this.wakeUpNs(), now);
    }
  }
}
