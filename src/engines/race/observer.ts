/** Samples a race from outside: a thread of its own, so that a busy main thread does not bend the samples. */
import { type Arena, type ArenaBuffers, attachArena } from '../../arena/arena.ts';
import { type CounterName, counterNames } from '../../arena/counters.ts';
import { Actor } from '../../arena/structures.ts';

export type Counters = Record<CounterName, number>;

/** Sums of all actors' counters. Each word has one writer; a sum may lag, and never goes back. */
export function sumCounters(arena: Arena): Counters {
  const sums = Object.fromEntries(counterNames.map((name) => [name, 0])) as Counters;
  for (let id = 0; id < arena.config.actors; id++) {
    const at = arena.actors + id * Actor.shape.size + Actor.counters;
    counterNames.forEach((name, i) => {
      sums[name] += arena.words[at + i] as number;
    });
  }
  return sums;
}

/** What {@link Observer.start} sends. */
export interface Sample {
  readonly at: number;
  readonly counters: Counters;
}

/** The object the observer thread exposes. */
export class Observer {
  #arena: Arena | undefined;
  #timer: NodeJS.Timeout | undefined;

  attach(buffers: ArenaBuffers): void {
    this.#arena = attachArena(buffers);
  }

  /** Samples every `everyMs` and passes each sample on, without waiting for the receiver. */
  start(everyMs: number, push: (sample: Sample) => unknown): void {
    const arena = this.#arena;
    if (arena === undefined) throw new Error('observer: attach comes before start');
    this.#timer = setInterval(() => {
      push({ at: performance.now(), counters: sumCounters(arena) });
    }, everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
