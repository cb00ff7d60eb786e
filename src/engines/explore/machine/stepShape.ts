/**
 * What one recorded step touches, and which steps commute: two steps of different actors that do not conflict can be made in either
 * order and come to the same state, and neither of them makes the other one possible or impossible.
 */
import type { Coverage } from './coverage.ts';
import { DONE, type LocalState } from './localState.ts';
import { Op, type RecordedSteps } from './recordedSteps.ts';
import { Kind, type UndoLog } from './undoLog.ts';

/** How a step touches something. Two that only read, or only add, commute. */
const Touch = { reads: 1, adds: 2, writes: 3 } as const;

/** A word is touched under twice its number; who waits there, and who wakes them, touches the waiters of the word, which is one more. */
export const wordKey = (word: number): number => 2 * word;
export const waitersKey = (word: number): number => 2 * word + 1;

/** Touched by who comes to the end of its operations, and looked at by who is in the background and may begin again: larger than any word. */
const LEFT = 2 ** 30;

/** A bit for each of 32 classes of keys. */
const bitOf = (key: number): number => 1 << (Math.imul(key, 0x9e3779b1) >>> 27);

export interface StepShape {
  readonly id: number;
  /** What is touched, in ascending order, and how. */
  readonly keys: Int32Array;
  readonly touches: Uint8Array;
  /** Classes of what is touched, and of what is touched but not only read. */
  readonly touched: number;
  readonly changed: number;
  /** Ends with checks: they look at words that depend on what is there. */
  readonly checks: boolean;
  /** Places of covers that the actor leaves, and that it enters (see {@link Coverage.placesAt}). */
  readonly leaves: number;
  readonly enters: number;
}

/** Who can tell how actors look from outside. */
interface Background {
  readonly hasBackground: boolean;
  isBackground(actor: number): boolean;
}

/** Pairs of steps whose answer is remembered, at first and at the most; powers of two. */
const [FEW_PAIRS, MOST_PAIRS] = [1 << 8, 1 << 16];

/** All steps that were recorded, by where their effects begin. */
export class StepShapes {
  readonly #recorded: RecordedSteps;
  readonly #undoLog: UndoLog;
  readonly #coverage: Coverage;
  readonly #background: Background;
  readonly #byPlace = new Map<number, StepShape>();
  readonly #list: StepShape[] = [];
  /** First and second step, and 1 more than the answer; in the slot of the pair. */
  #pairs = new Int32Array(3 * FEW_PAIRS);
  #slots = FEW_PAIRS;

  constructor(recorded: RecordedSteps, undoLog: UndoLog, coverage: Coverage, background: Background) {
    this.#recorded = recorded;
    this.#undoLog = undoLog;
    this.#coverage = coverage;
    this.#background = background;
  }

  /** Drops them all: the records are gone. */
  forget(): void {
    this.#byPlace.clear();
    this.#list.length = 0;
    this.#pairs.fill(0);
  }

  numbered(id: number): StepShape {
    return this.#list[id] as StepShape;
  }

  /** The step from one local state to another whose effects begin at `place`. */
  of(place: number, from: LocalState, to: LocalState): StepShape {
    const known = this.#byPlace.get(place);
    if (known !== undefined) return known;
    const shape = this.#made(place, from, to);
    this.#byPlace.set(place, shape);
    this.#list.push(shape);
    if (this.#slots < MOST_PAIRS && 16 * this.#list.length > this.#slots) {
      this.#slots *= 4;
      this.#pairs = new Int32Array(3 * this.#slots);
    }
    return shape;
  }

  #made(place: number, from: LocalState, to: LocalState): StepShape {
    const how = new Map<number, number>();
    const note = (key: number, touch: number): void => {
      const before = how.get(key) ?? touch;
      how.set(key, before === touch ? touch : Touch.writes);
    };
    const { reads, effects } = this.#recorded.accessesOf(from.entry, place);
    // Orders of locks only add up: a circle is found in any order of the actors.
    const counts = (word: number): boolean => this.#undoLog.kindOf(word) !== Kind.lockOrder;
    for (const word of reads) if (counts(word)) note(wordKey(word), Touch.reads);
    let checks = false;
    for (let i = 0; i < effects.length; i += 2) {
      const [op, word] = [effects[i] as number, effects[i + 1] as number];
      if (op === Op.check) checks = true;
      else if (op === Op.wake) note(waitersKey(word), Touch.adds);
      else if (counts(word)) note(wordKey(word), op === Op.increase ? Touch.adds : Touch.writes);
    }
    for (const { wait } of [from, to]) if (wait.word !== 0 && wait.mask === 0) note(waitersKey(wait.word), Touch.reads);
    if (from.wait.mask !== 0) note(wordKey(from.wait.word), Touch.reads);
    if (this.#background.hasBackground) {
      const isBackground = this.#background.isBackground(from.actor);
      if (!isBackground && to.at === DONE) note(LEFT, Touch.adds);
      if (isBackground && from.operation === 0 && from.parent === null) note(LEFT, Touch.reads);
    }
    const keys = Int32Array.from(how.keys()).sort();
    const touches = Uint8Array.from(keys, (key) => how.get(key) as number);
    const classes = (some: (touch: number) => boolean): number =>
      keys.reduce((all, key, i) => (some(touches[i] as number) ? all | bitOf(key) : all), 0);
    return {
      id: this.#list.length,
      keys,
      touches,
      touched: classes(() => true),
      changed: classes((touch) => touch !== Touch.reads),
      checks,
      leaves: this.#coverage.placesAt(from.at),
      enters: this.#coverage.placesAt(to.at),
    };
  }

  /** May it matter which of the two steps is made first? What their checks look at is not looked at here. */
  conflict(one: StepShape, other: StepShape): boolean {
    if (this.#coverage.isDecidedBy(one, other)) return true;
    if (((one.changed & other.touched) | (one.touched & other.changed)) === 0) return false;
    const [a, b] = one.id < other.id ? [one, other] : [other, one];
    const pairs = this.#pairs;
    const slot = 3 * ((Math.imul(a.id, 0x9e3779b1) ^ Math.imul(b.id, 0x85ebca6b)) & (this.#slots - 1));
    if (pairs[slot] === a.id && pairs[slot + 1] === b.id && pairs[slot + 2] !== 0) return pairs[slot + 2] === 2;
    const answer = meet(a, b);
    pairs[slot] = a.id;
    pairs[slot + 1] = b.id;
    pairs[slot + 2] = answer ? 2 : 1;
    return answer;
  }
}

/** Do the two touch the same, in ways that do not commute? */
function meet({ keys, touches }: StepShape, other: StepShape): boolean {
  for (let i = 0, j = 0; i < keys.length && j < other.keys.length; ) {
    const [mine, theirs] = [keys[i] as number, other.keys[j] as number];
    if (mine < theirs) i++;
    else if (theirs < mine) j++;
    else if (touches[i] !== other.touches[j] || touches[i] === Touch.writes) return true;
    else {
      i++;
      j++;
    }
  }
  return false;
}

/** Does the step do more to `key` than look at it? */
export function changesKey({ keys, touches, changed }: StepShape, key: number): boolean {
  if ((changed & bitOf(key)) === 0) return false;
  const at = keys.indexOf(key);
  return at !== -1 && touches[at] !== Touch.reads;
}

export const changesWord = (shape: StepShape, word: number): boolean => changesKey(shape, wordKey(word));
