/** Strategies that let an actor run on, except at a few places chosen at random. */
import { includes, type View } from './scheduler.ts';
import { Randomised } from './strategies.ts';

/** Draws places for an execution about as long as the ones before. */
abstract class FewPlaces extends Randomised {
  readonly #amount: number;
  #places: number[] = [];
  #step = 0;
  #length = 64;

  constructor(seed: number, amount: number) {
    super(seed);
    this.#amount = amount;
  }

  override newExecution(_actors: number, _view: View): boolean {
    this.#length = Math.max(this.#length * 0.9, this.#step, 8);
    this.#step = 0;
    this.#places = Array.from({ length: this.#amount }, () => this.random.below(Math.ceil(this.#length)));
    return true;
  }

  /** Is the next step one of the places? */
  protected isPlace(): boolean {
    return this.#places.includes(this.#step++);
  }
}

/** A few preemptions; where an actor is preempted or blocks, a random one goes on. */
export class BoundedWalk extends FewPlaces {
  readonly name: string;

  constructor(seed: number, preemptions: number) {
    super(seed, preemptions);
    this.name = `bounded${preemptions}`;
  }

  nextActor(runnable: Uint8Array, count: number, current: number): number {
    const preempt = this.isPlace();
    if (!preempt && includes(runnable, count, current)) return current;
    if (count === 1) return runnable[0] as number;
    let chosen = runnable[this.random.below(count)] as number;
    while (preempt && chosen === current) chosen = runnable[this.random.below(count)] as number;
    return chosen;
  }
}

/**
 * Delay bounding (Emmi, Qadeer and Rakamaric, 2011): actors run in order of their numbers, each until it blocks or ends; a
 * delay passes the one whose turn it is over. Fewer schedules for a bound than with preemptions, as nothing else is chosen. The
 * actor to begin with is a delay or more away from the first.
 */
export class DelayWalk extends FewPlaces {
  readonly name: string;

  constructor(seed: number, delays: number) {
    super(seed, delays);
    this.name = `delay${delays}`;
  }

  nextActor(runnable: Uint8Array, count: number, current: number): number {
    const delayed = this.isPlace();
    if (!delayed && includes(runnable, count, current)) return current;
    const turn = delayed && current === -1 ? 0 : current;
    for (let i = 0; i < count; i++) if ((runnable[i] as number) > turn) return runnable[i] as number;
    return runnable[0] as number;
  }
}
