/** The randomised strategies. None of them wins everywhere, which is why the default is a portfolio of them. */
import { includes, type Scheduler, type View, Xorshift } from './scheduler.ts';

export abstract class Randomised implements Scheduler {
  abstract readonly name: string;
  protected readonly random: Xorshift;

  constructor(seed: number) {
    this.random = new Xorshift(seed);
  }

  newExecution(_actors: number, _view: View): boolean {
    return true;
  }

  abstract nextActor(runnable: Uint8Array, count: number, current: number): number;

  nextRandom(bound: number): number {
    return this.random.below(bound);
  }
}

/** Any runnable actor, each as likely as the others, at every step. */
export class RandomWalk extends Randomised {
  readonly name = 'random';

  nextActor(runnable: Uint8Array, count: number): number {
    return runnable[this.random.below(count)] as number;
  }
}

/**
 * PCT (Burckhardt and others, 2010): fixed random priorities, and `depth - 1` steps at which the running actor falls below all
 * others. Finds a bug that needs d ordering constraints with probability at least 1 / (n k^(d-1)).
 */
export class Pct extends Randomised {
  readonly name: string;
  readonly #depth: number;
  #priority: number[] = [];
  #changes: number[] = [];
  #step = 0;
  /** Length of executions so far, to spread the change points over. */
  #length = 64;
  #lowest = 0;

  constructor(seed: number, depth: number) {
    super(seed);
    this.#depth = depth;
    this.name = `pct${depth}`;
  }

  override newExecution(actors: number, _view: View): boolean {
    this.#length = Math.max(this.#length * 0.9, this.#step, 8);
    this.#step = 0;
    this.#lowest = 0;
    this.#priority = Array.from({ length: actors }, () => this.random.unit());
    this.#changes = Array.from({ length: this.#depth - 1 }, () => this.random.below(Math.ceil(this.#length)));
    return true;
  }

  nextActor(runnable: Uint8Array, count: number): number {
    let best = this.#best(runnable, count);
    if (this.#changes.includes(this.#step++)) {
      this.#priority[best] = --this.#lowest;
      best = this.#best(runnable, count);
    }
    return best;
  }

  #best(runnable: Uint8Array, count: number): number {
    let best = runnable[0] as number;
    for (let i = 1; i < count; i++) {
      const actor = runnable[i] as number;
      if ((this.#priority[actor] as number) > (this.#priority[best] as number)) best = actor;
    }
    return best;
  }
}

/**
 * Uniform random walk over interleavings: an actor is chosen in proportion to the steps it still has to make, as the last
 * executions suggest. An actor with twenty times the steps of another is then not always at its beginning when the other ends.
 */
export class UniformWalk extends Randomised {
  readonly name = 'urw';
  #expected: number[] = [];
  #made: number[] = [];

  override newExecution(actors: number, _view: View): boolean {
    if (this.#expected.length !== actors) this.#expected = Array.from({ length: actors }, () => 16);
    else this.#expected = this.#expected.map((value, i) => 0.8 * value + 0.2 * Math.max(1, this.#made[i] ?? 1));
    this.#made = Array.from({ length: actors }, () => 0);
    return true;
  }

  #left(actor: number): number {
    return Math.max(1, (this.#expected[actor] as number) - (this.#made[actor] as number));
  }

  nextActor(runnable: Uint8Array, count: number): number {
    let total = 0;
    for (let i = 0; i < count; i++) total += this.#left(runnable[i] as number);
    let at = this.random.unit() * total;
    let chosen = runnable[count - 1] as number;
    for (let i = 0; i < count; i++) {
      at -= this.#left(runnable[i] as number);
      if (at < 0) {
        chosen = runnable[i] as number;
        break;
      }
    }
    this.#made[chosen] = (this.#made[chosen] as number) + 1;
    return chosen;
  }
}

/**
 * POS, partial order sampling (Yuan, Yang and Gu, 2018): every pending step has a random priority, and the highest goes. Its
 * actor draws a new one, and so does whoever is about to touch what the step touches; in the basic form only the actor.
 */
export class PriorityWalk extends Randomised {
  readonly name: string;
  readonly #basic: boolean;
  #priority: number[] = [];
  #view: View | null = null;

  constructor(seed: number, basic = false) {
    super(seed);
    this.#basic = basic;
    this.name = basic ? 'basicPos' : 'pos';
  }

  override newExecution(actors: number, view: View): boolean {
    this.#priority = Array.from({ length: actors }, () => this.random.unit());
    this.#view = view;
    return true;
  }

  nextActor(runnable: Uint8Array, count: number): number {
    let best = runnable[0] as number;
    for (let i = 1; i < count; i++) {
      const actor = runnable[i] as number;
      if ((this.#priority[actor] as number) > (this.#priority[best] as number)) best = actor;
    }
    this.#priority[best] = this.random.unit();
    if (this.#basic) return best;
    for (let i = 0; i < count; i++) {
      const actor = runnable[i] as number;
      if (actor !== best && this.#view?.conflicts(best, actor)) this.#priority[actor] = this.random.unit();
    }
    return best;
  }
}

/** Each runnable actor in turn, `quantum` steps at a time. Deterministic: one execution, then nothing is left. */
export class RoundRobin implements Scheduler {
  readonly name = 'roundRobin';
  readonly #quantum: number;
  #left = 0;
  #started = false;

  constructor(quantum = 1) {
    this.#quantum = quantum;
  }

  newExecution(): boolean {
    const first = !this.#started;
    this.#started = true;
    this.#left = this.#quantum;
    return first;
  }

  nextActor(runnable: Uint8Array, count: number, current: number): number {
    if (this.#left > 0 && includes(runnable, count, current)) {
      this.#left--;
      return current;
    }
    this.#left = this.#quantum - 1;
    for (let i = 0; i < count; i++) if ((runnable[i] as number) > current) return runnable[i] as number;
    return runnable[0] as number;
  }

  nextRandom(): number {
    return 0;
  }
}

/** Follows a recorded schedule; where it ends or cannot be followed, runs on without preemption. */
export class Replay implements Scheduler {
  readonly name = 'replay';
  readonly #schedule: ArrayLike<number>;
  #step = 0;
  /** Steps at which the wanted actor could not run. */
  diverged = 0;

  constructor(schedule: ArrayLike<number>) {
    this.#schedule = schedule;
  }

  newExecution(): boolean {
    this.#step = 0;
    this.diverged = 0;
    return true;
  }

  nextActor(runnable: Uint8Array, count: number, current: number): number {
    const wanted = this.#schedule[this.#step++];
    if (wanted !== undefined && includes(runnable, count, wanted)) return wanted;
    if (wanted !== undefined) this.diverged++;
    return includes(runnable, count, current) ? current : (runnable[0] as number);
  }

  nextRandom(): number {
    return 0;
  }
}
