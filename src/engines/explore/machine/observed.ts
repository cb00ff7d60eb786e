/**
 * What an actor remembers, as a hash: the live variables of its calls where they are known (liveValues.ts), and what it has read and
 * which points it has passed since then, or since its operation began. In order: a log, not a set.
 */
import { mixHigh, mixLow } from './hash.ts';
import { type Copies, NO_COPIES, type Serials } from './serials.ts';

/** Hash of what is remembered. */
export interface Reads {
  readonly low: number;
  readonly high: number;
  /** Interchangeable actors that it knows by name, a bit each (see symmetry.ts). */
  readonly named: number;
  /** Is it a hash of live variables alone? */
  readonly isLive: boolean;
  /** Serial numbers among it. Only where they are looked for. */
  readonly copies: Copies;
}

export const NO_READS: Reads = { low: 0, high: 0, named: 0, isLive: false, copies: NO_COPIES };

/** In place of a word number: no word has these. */
const POINT = 0x7ffffffe;
const STRETCH = 0x7fffffff;

/** In place of a value: a serial number was read. */
const SERIAL = 0x7ffffffd;

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
  copies = NO_COPIES;
  readonly #serials: Serials | null;
  /** Number of the stretch since live variables were looked at, or since the operation began. */
  stretch = 0;

  constructor(serials: Serials | null) {
    this.#serials = serials;
  }

  set({ low, high, named, isLive, copies }: Reads): void {
    this.low = low;
    this.high = high;
    this.named = named;
    this.isLive = isLive;
    this.copies = copies;
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
  isAll({ low, high, copies }: Pick<Reads, 'low' | 'high' | 'copies'>): void {
    this.low = low;
    this.high = high;
    this.copies = copies;
    this.isLive = true;
  }

  note(word: number, value: number): void {
    if (this.#serials !== null) this.copies = noted(this.copies, this.#serials, word, value);
    this.low = Math.imul(this.low ^ mixLow(word, value), 0x9e3779b1);
    this.high = Math.imul(this.high + mixHigh(word, value), 0x85ebca77);
    this.isLive = false;
  }

  /** The actor goes on from a point: two visits of one point are two places. */
  passed(point: number): void {
    this.note(POINT, point);
  }

  mark(): Mark {
    const { low, high, named, isLive, copies } = this;
    return new Mark({ low, high, named, isLive, copies }, this.stretch);
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

/** What was remembered, and the value that was read in the word: a serial number, or not. */
function noted({ numbers, low, high }: Copies, serials: Serials, word: number, value: number): Copies {
  const isSerial = serials.isAt(word, value);
  const what = isSerial ? SERIAL : value;
  return {
    numbers: isSerial ? [...numbers, value] : numbers,
    low: mixLow(mixLow(low, word), what),
    high: mixHigh(mixHigh(high, word), what),
  };
}
