/** What a strategy may look at, beside who can run. */
export interface View {
  /** The point each actor stands at, -1 at its end. */
  readonly at: ArrayLike<number>;
  /** Do the next steps of two actors touch the same word, and one of them writes it? False as long as it is not known. */
  conflicts(one: number, other: number): boolean;
}

/** The contract of a scheduling strategy: three methods, so that random, systematic and replaying ones are peers. */
export interface Scheduler {
  readonly name: string;
  /** Before each execution. False: there is nothing left to try. */
  newExecution(actors: number, view: View): boolean;
  /**
   * The actor to make the next step, out of the first `count` of `runnable` (in order of number). `current` made the last
   * step, -1 at the beginning; it may not be runnable any more.
   */
  nextActor(runnable: Uint8Array, count: number, current: number): number;
  /** A random number for the scenario, in [0, bound). */
  nextRandom(bound: number): number;
}

/** xorshift32: a few instructions a number; a strategy needs many and no quality. */
export class Xorshift {
  #state: number;

  constructor(seed: number) {
    // Neighbouring seeds must not begin alike, and 0 would stay 0.
    this.#state = Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) >>> 0 || 1;
    for (let i = 0; i < 4; i++) this.next();
  }

  next(): number {
    let s = this.#state;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.#state = s >>> 0;
    return this.#state;
  }

  below(bound: number): number {
    return this.next() % bound;
  }

  unit(): number {
    return this.next() / 2 ** 32;
  }
}

/** Is `actor` among the first `count` of `runnable`? */
export function includes(runnable: Uint8Array, count: number, actor: number): boolean {
  for (let i = 0; i < count; i++) if (runnable[i] === actor) return true;
  return false;
}
