/**
 * The local state of an actor between two steps: the point where it stands in its operation, the live variables of its calls (or, where
 * they are not known, what it has read since they were, or since the operation began), and what its task keeps from one operation to
 * the next. The next step follows from the local state and the shared words.
 * A scenario has few local states; the many states of the machine are combinations of them.
 */
import { mixHigh, mixLow } from './hash.ts';
import type { Reads } from './observed.ts';
import type { Scratch } from './scratch.ts';
import { type Copies, NO_COPIES } from './serials.ts';

/** Place of an actor that has nothing left to do. */
export const DONE = -1;

/** What a waiting actor waits for: a wake-up on `word`, or with a mask that `word & mask` is `value`. Without a mask the value is 0. */
export interface Wait {
  readonly word: number;
  readonly value: number;
  readonly mask: number;
}

export const NO_WAIT: Wait = { word: 0, value: 0, mask: 0 };

/** What tells local states apart. */
export interface Place {
  readonly actor: number;
  readonly operation: number;
  /** The point, or DONE. */
  readonly at: number;
  readonly wait: Wait;
  /** Hash of the locks it holds. It follows from the rest unless a round of a loop leaves one behind. */
  readonly locksLow: number;
  readonly locksHigh: number;
  readonly reads: Reads;
  readonly scratch: Scratch;
  /** The lock that the step that led here has waited for and taken, 0 for none. */
  readonly granted: number;
  /** Is it the first of an operation? Who is in the background stops there, and not where a round of its loop begins. */
  readonly isFirst: boolean;
}

export interface LocalState extends Place {
  readonly id: number;
  /** Hash of the place; what a state's hash is made of. */
  readonly low: number;
  readonly high: number;
  /** The same, but equal for actors that can be exchanged. */
  readonly anonymousLow: number;
  readonly anonymousHigh: number;
  /** Hash of what anybody could see from outside: operation, point, wait and locks, but not what was read. */
  readonly control: number;
  /** Interchangeable actors it knows by name, from what it read or waits for; a bit each. */
  readonly named: number;
  /** Serial numbers in it, and the hash of the place without them. */
  readonly copies: Copies;
  /** State one step earlier in the same operation, null for the first of it. */
  readonly parent: LocalState | null;
  /** Contents of the task's array when the operation began; of the first state of an operation. */
  readonly before: Scratch;
  /** Words and values read in the step that led here, in order: what leads a new generator here too. */
  readonly log: Int32Array;
  /** How often a generator came here from elsewhere than from `parent`. */
  others: number;
  /** Where the recorded steps from here begin (see recordedSteps.ts), 0 for none. */
  entry: number;
  /** Does the next step touch nothing that counts? See lookAhead.ts; -1 while it is not known. */
  quiet: number;
  /** Shared words that the next step reads, and those that it writes; null as long as that is not known. */
  touches: readonly [reads: ReadonlySet<number>, writes: ReadonlySet<number>] | null;
}

/** What is known of actors that can be exchanged; see symmetry.ts. */
export interface Twins {
  /** For each actor the first of those it can be exchanged with. */
  readonly first: Int8Array;
  /** The one that an actor names by what it waits for, as a bit; 0 for none. */
  readonly namedByWait: (wait: Wait) => number;
}

/** How a local state was reached. */
export interface Way {
  readonly parent: LocalState | null;
  readonly before: Scratch;
  readonly log: () => Int32Array;
}

function isAt(state: LocalState, place: Place): boolean {
  const { actor, operation, at, wait, locksLow, locksHigh, reads, scratch, granted, isFirst } = place;
  return (
    state.isFirst === isFirst &&
    state.actor === actor &&
    state.operation === operation &&
    state.at === at &&
    state.wait.word === wait.word &&
    state.wait.value === wait.value &&
    state.wait.mask === wait.mask &&
    state.locksLow === locksLow &&
    state.locksHigh === locksHigh &&
    state.granted === granted &&
    state.reads.low === reads.low &&
    state.reads.high === reads.high &&
    state.reads.named === reads.named &&
    state.reads.isLive === reads.isLive &&
    state.scratch.low === scratch.low &&
    state.scratch.high === scratch.high
  );
}

const kindOf = ({ named, isLive }: Reads, isFirst: boolean): number => (named << 2) | (isLive ? 2 : 0) | (isFirst ? 1 : 0);

/** Hash of a place, as that of `actor`. Two halves, each folded in order. */
function lowOf(actor: number, { operation, at, wait, granted, locksLow, reads, scratch, isFirst }: Place): number {
  const stand = mixLow(mixLow(mixLow(mixLow(actor, operation), at), granted), kindOf(reads, isFirst));
  const waits = mixLow(mixLow(mixLow(stand, wait.word), wait.value), wait.mask);
  return mixLow(mixLow(mixLow(waits, locksLow), reads.low), scratch.low);
}

function highOf(actor: number, { operation, at, wait, granted, locksHigh, reads, scratch, isFirst }: Place): number {
  const stand = mixHigh(mixHigh(mixHigh(mixHigh(actor, operation), at), granted), kindOf(reads, isFirst));
  const waits = mixHigh(mixHigh(mixHigh(stand, wait.word), wait.value), wait.mask);
  return mixHigh(mixHigh(mixHigh(waits, locksHigh), reads.high), scratch.high);
}

/** Hash of what could be seen from outside. */
const controlOf = ({ actor, operation, at, wait, locksHigh }: Place): number =>
  mixHigh(mixHigh(mixHigh(mixHigh(actor, operation), at), wait.word), locksHigh);

/** The serial numbers of a place. */
function copiesIn(place: Place): Copies {
  const { actor, reads } = place;
  const { numbers, low, high } = reads.copies;
  if (numbers.length === 0) return NO_COPIES;
  const without = { ...place, reads: { ...reads, low, high } };
  return { numbers, low: lowOf(actor, without), high: highOf(actor, without) };
}

/** All local states met so far, each once. */
export class LocalStates {
  readonly list: LocalState[] = [];
  readonly #byHash = new Map<number, LocalState[]>();
  readonly #twins: Twins | null;

  constructor(twins: Twins | null) {
    this.#twins = twins;
  }

  /** Drops them all. */
  forget(): void {
    this.list.length = 0;
    this.#byHash.clear();
  }

  /** The one at `place`; made, as reached on `way`, when it is new. */
  intern(place: Place, { parent, before, log }: Way): LocalState {
    const { actor, operation, at, wait, locksLow, locksHigh, reads, scratch, granted, isFirst } = place;
    const low = lowOf(actor, place);
    const bucket = this.#byHash.get(low);
    if (bucket !== undefined) for (const state of bucket) if (isAt(state, place)) return state;
    const first = this.#twins?.first[actor] ?? actor;
    const state: LocalState = {
      id: this.list.length,
      actor,
      operation,
      at,
      wait,
      locksLow,
      locksHigh,
      granted,
      isFirst,
      scratch,
      reads: { low: reads.low, high: reads.high, named: reads.named, isLive: reads.isLive, copies: reads.copies },
      low,
      high: highOf(actor, place),
      anonymousLow: lowOf(first, place),
      anonymousHigh: highOf(first, place),
      control: controlOf(place),
      copies: copiesIn(place),
      named: reads.named | (this.#twins?.namedByWait(wait) ?? 0),
      parent,
      before,
      log: log(),
      others: 0,
      entry: 0,
      quiet: -1,
      touches: null,
    };
    this.list.push(state);
    if (bucket === undefined) this.#byHash.set(low, [state]);
    else bucket.push(state);
    return state;
  }
}
