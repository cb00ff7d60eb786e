/**
 * What each actor says of itself while it races, in memory that the engine reads at any time: how often it was disturbed, and how
 * long its operations took. From this the engine sees during the race whether the actors really run at the same time.
 */
import { HISTOGRAM_BUCKETS, Histogram } from '../shared/histogram.ts';

const OPERATIONS = 0;
const OVERLAPPED = 1;
const EVENTS = 2;
const BUSY = 3;
const WORDS = BUSY + HISTOGRAM_BUCKETS;

/** The vitals of `actors` actors, all zero. */
export const makeVitals = (actors: number): SharedArrayBuffer =>
  new SharedArrayBuffer(actors * WORDS * Float64Array.BYTES_PER_ELEMENT);

/** One actor's. Only the actor itself writes; a reader may see an operation half counted. */
export class Vitals {
  readonly #words: Float64Array;
  /** Durations of operations from their real start, in nanoseconds. */
  readonly busy: Histogram;

  constructor(buffer: SharedArrayBuffer, actor: number) {
    this.#words = new Float64Array(buffer, actor * WORDS * Float64Array.BYTES_PER_ELEMENT, WORDS);
    this.busy = new Histogram(this.#words.subarray(BUSY));
  }

  /** Operations it has finished. */
  get operations(): number {
    return this.#words[OPERATIONS] as number;
  }

  /** Operations during which another actor began or ended an invalidation. */
  get overlapped(): number {
    return this.#words[OVERLAPPED] as number;
  }

  /** Invalidations it has begun and ended itself. */
  get events(): number {
    return this.#words[EVENTS] as number;
  }

  /** An operation of `ns` nanoseconds has ended, in which it made `events` and was, or was not, disturbed. */
  operated(ns: number, events: number, disturbed: boolean): void {
    const words = this.#words;
    words[OPERATIONS] = (words[OPERATIONS] as number) + 1;
    words[EVENTS] = (words[EVENTS] as number) + events;
    if (disturbed) words[OVERLAPPED] = (words[OVERLAPPED] as number) + 1;
    this.busy.record(ns);
  }
}
