/** What the threads of an exploration share: the word to stop, and how far they have come. */

const STOP = 0;
/** Lowest job of the stage that settles the matter: what comes after it need not be done. */
const SETTLED = 1;
/** Threads that have started. */
const STARTED = 2;
const LANES_AT = 3;
/** A lane for each thread, for the job it is at: executions, states, two guesses of all states (thousands), orders. */
const LANE_WORDS = 5;
export const LANES = 64;

/** Time all threads have to start, in milliseconds. */
const START_MS = 10_000;

/** Guesses above it say nothing. */
const MOST = 1e6;

export interface Standing {
  readonly executions: number;
  /** Of the search with the most states. */
  readonly states: number;
  /** Two guesses of how many there are, mostly too low and mostly too high; 0 for one that says nothing. */
  readonly guesses: readonly [low: number, high: number];
  readonly orders: number;
}

export class Control {
  readonly words: Int32Array<SharedArrayBuffer>;

  constructor(words = new Int32Array(new SharedArrayBuffer(4 * (LANES_AT + LANES * LANE_WORDS)))) {
    this.words = words;
  }

  /** Called in each thread once: returns when all have come here, or after some seconds. */
  start(threads: number, patienceMs = START_MS): void {
    const { words } = this;
    const until = Date.now() + patienceMs;
    Atomics.add(words, STARTED, 1);
    Atomics.notify(words, STARTED);
    for (let n = Atomics.load(words, STARTED); n < threads && Date.now() < until; n = Atomics.load(words, STARTED)) {
      Atomics.wait(words, STARTED, n, until - Date.now());
    }
  }

  stop(): void {
    Atomics.store(this.words, STOP, 1);
  }

  get isStopped(): boolean {
    return Atomics.load(this.words, STOP) !== 0;
  }

  /** A stage of jobs begins. Nobody runs. */
  beginStage(): void {
    Atomics.store(this.words, SETTLED, 0x7fffffff);
  }

  settle(index: number): void {
    if (index < Atomics.load(this.words, SETTLED)) Atomics.store(this.words, SETTLED, index);
  }

  isSettledBefore(index: number): boolean {
    return Atomics.load(this.words, SETTLED) < index;
  }

  /** Where job number `index` says in its lane how it is doing, and learns when to stop. */
  watch(index: number, lane: number): JobWatch {
    const at = LANES_AT + lane * LANE_WORDS;
    this.words.fill(0, at, at + LANE_WORDS);
    return new JobWatch(this, index, at);
  }

  /** Takes what a job that has ended has said back: its result says it. */
  clear(lane: number): void {
    this.words.fill(0, LANES_AT + lane * LANE_WORDS, LANES_AT + (lane + 1) * LANE_WORDS);
  }

  /** Of the jobs that run. */
  standing(): Standing {
    let [executions, states, orders] = [0, 0, 0];
    let guesses: readonly [number, number] = [0, 0];
    for (let at = LANES_AT; at < this.words.length; at += LANE_WORDS) {
      executions += this.words[at] as number;
      const found = this.words[at + 1] as number;
      if (found > states) {
        states = found;
        guesses = [1000 * (this.words[at + 2] as number), 1000 * (this.words[at + 3] as number)];
      }
      orders = Math.max(orders, this.words[at + 4] as number);
    }
    return { executions, states, guesses, orders };
  }
}

const guess = (states: number): number => (states / 1000 < MOST ? states / 1000 : 0);

export class JobWatch {
  readonly #control: Control;
  readonly #index: number;
  readonly #at: number;

  constructor(control: Control, index: number, at: number) {
    this.#control = control;
    this.#index = index;
    this.#at = at;
  }

  search(executions: number, states: number, [low, high]: readonly [low: number, high: number]): void {
    const { words } = this.#control;
    words[this.#at] = executions;
    words[this.#at + 1] = states;
    words[this.#at + 2] = guess(states / high);
    words[this.#at + 3] = guess(states / low);
  }

  samples(executions: number, orders: number): void {
    const { words } = this.#control;
    words[this.#at] = executions;
    words[this.#at + 4] = orders;
  }

  stopped(until: number): boolean {
    return Date.now() >= until || this.#control.isStopped || this.#control.isSettledBefore(this.#index);
  }
}
