/**
 * What an actor remembers, as a hash: the live variables of its calls where they are known (liveValues.ts), and what it has read and
 * which points it has passed since then, or since its operation began. In order: a log, not a set.
 */
import { mixHigh, mixLow } from './hash.ts';

/** Hash of what is remembered. */
export interface Reads {
  readonly low: number;
  readonly high: number;
  /** Interchangeable actors that it knows by name, a bit each (see symmetry.ts). */
  readonly named: number;
  /** Is it a hash of live variables alone? */
  readonly isLive: boolean;
}

export const NO_READS: Reads = { low: 0, high: 0, named: 0, isLive: false };

/** In place of a word number: no word has these. */
const POINT = 0x7ffffffe;
const STRETCH = 0x7fffffff;

/** A way back to what was remembered. It leads nowhere once live variables were looked at: what they do not hold is forgotten then. */
export class Mark {
  readonly reads: Reads;
  readonly stretch: number;

  constructor(reads: Reads, stretch: number) {
    this.reads = reads;
    this.stretch = stretch;
  }
}

let stretches = 0;

export class Observed implements Reads {
  low = 0;
  high = 0;
  named = 0;
  isLive = false;
  /** Number of the stretch since live variables were looked at, or since the operation began. */
  stretch = 0;

  set({ low, high, named, isLive }: Reads): void {
    this.low = low;
    this.high = high;
    this.named = named;
    this.isLive = isLive;
  }

  /** The actor goes on from where it remembers this, in its `stretch`; in a new one if that is all. */
  goOn(reads: Reads, stretch: number): void {
    this.set(reads);
    this.stretch = reads.isLive ? ++stretches : stretch;
  }

  /** An operation begins: what was before does not matter any more. */
  begin(): void {
    this.set(NO_READS);
    this.stretch = ++stretches;
  }

  /** Everything that matters is in the live variables, of which this is the hash. */
  isAll(low: number, high: number): void {
    this.low = low;
    this.high = high;
    this.isLive = true;
  }

  note(word: number, value: number): void {
    this.low = Math.imul(this.low ^ mixLow(word, value), 0x9e3779b1);
    this.high = Math.imul(this.high + mixHigh(word, value), 0x85ebca77);
    this.isLive = false;
  }

  /** The actor goes on from a point: two visits of one point are two places. */
  passed(point: number): void {
    this.note(POINT, point);
  }

  mark(): Mark {
    const { low, high, named, isLive } = this;
    return new Mark({ low, high, named, isLive }, this.stretch);
  }

  /**
   * Forgets what came after `mark`, but not that something did: before and after a stretch are two places. Where live variables were looked
   * at meanwhile, they say what is left; whom the actor knows by name they do not say.
   */
  rewind({ reads, stretch }: Mark): void {
    if (stretch !== this.stretch) {
      this.named = reads.named;
      return;
    }
    this.set(reads);
    this.note(STRETCH, 0);
  }

  /** Forgets what came after `mark`, and that something did: also that its variables were known for a while. */
  restart({ reads, stretch }: Mark): void {
    this.set({ ...reads, isLive: false });
    this.stretch = stretch;
  }
}
