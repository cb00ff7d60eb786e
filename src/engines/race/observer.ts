/** Samples a race from outside: a thread of its own, so that a busy main thread does not bend the samples. */
import { type ArenaBuffers, attachArena } from '../../arena/arena.ts';
import { type Counters, CounterTotals } from './counterTotals.ts';

/** What {@link Observer.start} sends. */
export interface Sample {
  readonly at: number;
  readonly counters: Counters;
}

/** The object the observer thread exposes. */
export class Observer {
  #totals: CounterTotals | undefined;
  #timer: NodeJS.Timeout | undefined;

  attach(buffers: ArenaBuffers): void {
    this.#totals = new CounterTotals(attachArena(buffers));
  }

  /** Samples every `everyMs` and passes each sample on, without waiting for the receiver. */
  start(everyMs: number, push: (sample: Sample) => unknown): void {
    const totals = this.#totals;
    if (totals === undefined) throw new Error('observer: attach comes before start');
    this.#timer = setInterval(() => {
      push({ at: performance.now(), counters: totals.read() });
    }, everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
