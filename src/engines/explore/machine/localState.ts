/**
 * What an actor is, between two steps: the point it stands at in its operation, and what it has read since the operation began.
 * Whatever it does next follows from that, and from the shared words. There are few local states, and many states made of them.
 */
import { HIGH, LOW, mix } from './journal.ts';
import type { Symmetry } from './symmetry.ts';

/** Place of an actor that has nothing left to do. */
export const DONE = -1;

/** What a waiting actor waits for: a wake-up on `word`, or with a mask that `word & mask` is `value`. */
export interface Wait {
  readonly word: number;
  readonly value: number;
  readonly mask: number;
}

export const NO_WAIT: Wait = { word: 0, value: 0, mask: 0 };

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

/** Hash of what an actor has read, and which points it has passed, since its operation began. In order: a log, not a set. */
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
    this.low = Math.imul(this.low ^ mix(word, value, LOW), 0x9e3779b1);
    this.high = Math.imul(this.high + mix(word, value, HIGH), 0x85ebca77);
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

export interface LocalState {
  readonly id: number;
  readonly actor: number;
  readonly operation: number;
  /** The point, or DONE. */
  readonly at: number;
  readonly wait: Wait;
  /** Hash of which locks it holds, and how many. It follows from the rest unless a round of a loop leaves one behind. */
  readonly locks: number;
  readonly reads: Reads;
  /** Of all of the above; what a state's hash is made of. */
  readonly low: number;
  readonly high: number;
  /** The same, but equal for actors that can be exchanged. */
  readonly anonymousLow: number;
  readonly anonymousHigh: number;
  /** Interchangeable actors it knows by name, from what it read or waits for; a bit each. */
  readonly named: number;
  /** State one step earlier in the same operation, null for the first of it. */
  readonly parent: LocalState | null;
  /** Words and values read in the step that led here, in order: what leads a new generator here too. */
  readonly log: Int32Array;
  /** Where the recorded steps from here begin (see recordedSteps.ts), 0 for none. */
  entry: number;
  /** Shared words that the next step reads, and those that it writes; null as long as that is not known. */
  touches: readonly [reads: ReadonlySet<number>, writes: ReadonlySet<number>] | null;
}

/** All local states met so far, each once. */
export class LocalStates {
  readonly list: LocalState[] = [];
  readonly #byKey = new Map<number, LocalState>();
  readonly #symmetry: Symmetry | null;

  constructor(symmetry: Symmetry | null) {
    this.#symmetry = symmetry;
  }

  /** The one for `actor` in `operation` at `at`; made, with `parent` and `log`, when it is new. */
  intern(
    actor: number,
    operation: number,
    at: number,
    wait: Wait,
    locks: number,
    reads: Reads,
    parent: LocalState | null,
    log: () => Int32Array,
  ): LocalState {
    const waiting = mix(wait.word, wait.value, HIGH) ^ mix(wait.mask, locks, LOW);
    const place = mix(actor * 0x10000 + operation, at, LOW) ^ waiting;
    const low = mix(place, reads.low, LOW);
    const high = mix(Math.imul(place, 0x9e3779b1), reads.high, HIGH);
    const key = (low >>> 0) * 2 ** 21 + ((high >>> 0) & 0x1fffff);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const { length: id } = this.list;
    const anywhere = mix((this.#symmetry?.first[actor] ?? actor) * 0x10000 + operation, at, LOW) ^ waiting;
    const state = {
      id,
      actor,
      operation,
      at,
      wait,
      locks,
      reads: { low: reads.low, high: reads.high, named: reads.named },
      low,
      high,
      anonymousLow: mix(anywhere, reads.low, LOW),
      anonymousHigh: mix(Math.imul(anywhere, 0x9e3779b1), reads.high, HIGH),
      named: reads.named | (this.#symmetry?.namedByWait(wait) ?? 0),
      parent,
      log: log(),
      entry: 0,
      touches: null,
    };
    this.list.push(state);
    this.#byKey.set(key, state);
    return state;
  }
}
