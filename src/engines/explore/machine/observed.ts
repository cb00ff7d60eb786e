/** What an actor has read and which points it has passed since its operation began, as a hash. In order: a log, not a set. */
import { mixHigh, mixLow } from './hash.ts';

/** Hash of what was read. */
export interface Reads {
  readonly low: number;
  readonly high: number;
  /** Interchangeable actors that it knows by name, a bit each (see symmetry.ts). */
  readonly named: number;
}

export const NO_READS: Reads = { low: 0, high: 0, named: 0 };

/** In place of a word number: no word has these. */
const POINT = 0x7ffffffe;
const STRETCH = 0x7fffffff;

export class Observed implements Reads {
  low = 0;
  high = 0;
  named = 0;

  set({ low, high, named }: Reads): void {
    this.low = low;
    this.high = high;
    this.named = named;
  }

  note(word: number, value: number): void {
    this.low = Math.imul(this.low ^ mixLow(word, value), 0x9e3779b1);
    this.high = Math.imul(this.high + mixHigh(word, value), 0x85ebca77);
  }

  /** The actor goes on from a point: two visits of one point are two places. */
  passed(point: number): void {
    this.note(POINT, point);
  }

  mark(): Reads {
    return { low: this.low, high: this.high, named: this.named };
  }

  /** Forgets what came after `mark`, but not that something did: before and after a stretch are two places. */
  rewind(mark: Reads): void {
    this.set(mark);
    this.note(STRETCH, 0);
  }
}
