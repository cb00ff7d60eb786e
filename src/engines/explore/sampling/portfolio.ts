/**
 * The default: several strategies that share the executions. Each gets more of them as it finds new orders, that is, pairs of
 * points at which one actor was left and another taken up.
 */

import type { Executor } from '../machine/execution.ts';
import { BoundedWalk, DelayWalk } from './boundedWalks.ts';
import { FeedbackWalk } from './feedback.ts';
import { HintedWalk } from './hintedWalk.ts';
import { type Scheduler, type View, Xorshift } from './scheduler.ts';
import { Pct, PriorityWalk, RandomWalk, RoundRobin, UniformWalk } from './strategies.ts';

/** Names accepted by `--strategy`, apart from `portfolio` and `search`. */
export const strategies: Readonly<Record<string, (seed: number) => Scheduler>> = {
  random: (seed) => new RandomWalk(seed),
  pct1: (seed) => new Pct(seed, 1),
  pct2: (seed) => new Pct(seed, 2),
  pct3: (seed) => new Pct(seed, 3),
  pct4: (seed) => new Pct(seed, 4),
  pos: (seed) => new PriorityWalk(seed),
  basicPos: (seed) => new PriorityWalk(seed, true),
  urw: (seed) => new UniformWalk(seed),
  bounded1: (seed) => new BoundedWalk(seed, 1),
  bounded2: (seed) => new BoundedWalk(seed, 2),
  bounded3: (seed) => new BoundedWalk(seed, 3),
  delay1: (seed) => new DelayWalk(seed, 1),
  delay2: (seed) => new DelayWalk(seed, 2),
  delay3: (seed) => new DelayWalk(seed, 3),
  feedback: (seed) => new FeedbackWalk(seed),
  hints: (seed) => new HintedWalk(seed),
  roundRobin: () => new RoundRobin(),
};

const MEMBERS = ['bounded1', 'bounded2', 'delay2', 'pct2', 'pct3', 'urw', 'pos', 'basicPos', 'hints', 'random'];
/** What a strategy's merit loses with each of its executions. */
const FADING = 0.95;
/** Merit nobody falls below: a strategy that finds nothing now may be the one that is needed later. */
const LEAST = 0.2;

export class Portfolio implements Scheduler {
  readonly name = 'portfolio';
  readonly #members: readonly Scheduler[];
  readonly #merit: number[];
  readonly #random: Xorshift;
  readonly #seen = new Set<number>();
  #current = 0;

  constructor(seed: number) {
    this.#members = MEMBERS.map((name, i) => (strategies[name] as (seed: number) => Scheduler)(seed * 31 + i));
    this.#merit = MEMBERS.map(() => 1);
    this.#random = new Xorshift(seed ^ 0x2545f491);
  }

  get member(): string {
    return (this.#members[this.#current] as Scheduler).name;
  }

  /** Orders seen so far. */
  get coverage(): number {
    return this.#seen.size;
  }

  newExecution(actors: number, view: View): boolean {
    let at = this.#random.unit() * this.#merit.reduce((sum, merit) => sum + merit, 0);
    this.#current = this.#merit.findIndex((merit) => {
      at -= merit;
      return at < 0;
    });
    if (this.#current === -1) this.#current = 0;
    return (this.#members[this.#current] as Scheduler).newExecution(actors, view);
  }

  nextActor(runnable: Uint8Array, count: number, current: number): number {
    return (this.#members[this.#current] as Scheduler).nextActor(runnable, count, current);
  }

  nextRandom(bound: number): number {
    return this.#random.below(bound);
  }

  /** Notes a switch from one actor to another; call after each step. */
  note(executor: Executor, from: number, to: number): void {
    if (from === to || from === -1) return;
    const order = ((executor.at[from] as number) + 2) * 4096 + ((executor.at[to] as number) + 2) * 16 + to;
    if (this.#seen.has(order)) return;
    this.#seen.add(order);
    this.#merit[this.#current] = (this.#merit[this.#current] as number) + 1;
  }

  /** Ends an execution of the current member. */
  settle(): void {
    this.#merit[this.#current] = Math.max(LEAST, (this.#merit[this.#current] as number) * FADING);
  }
}
