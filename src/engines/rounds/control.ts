/**
 * The words by which the columns of a race come together, beside the arena, which goes back to where it was after each round. A round
 * ends when all have arrived; the last one to arrive looks at the machine, sets the next round up, and opens it.
 */
import { availableParallelism } from 'node:os';
import { points } from '../../steps/points.ts';

const STOP = 0;
const FAILED = 1;
const ARRIVED = 2;
const ROUND = 3;
const LEAVES = 4;
const INTERLEAVED = 5;
/** Who passed a point last. */
const LAST = 6;
/** Changes of {@link LAST} in all rounds so far. */
const CHANGES = 7;
/** The same, before the round under way. */
const BEFORE = 8;
/** Of each column. */
const COLUMNS = 9;
const PLACE = 0;
const POINT = 1;
const MEAN = 2;
const WORDS = 3;

/** Looks before a wait: more where nobody else needs the core. */
const SPINS = 200;
const SPINS_ON_OWN_CORE = 20_000;
const SLICE_MS = 20;

export class Control {
  readonly words: SharedArrayBuffer;
  /** A byte for each pair of points: one column passed the second while the column before it stood at the first. */
  readonly pairs: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #pairs: Uint8Array;
  readonly #parties: number;
  readonly #spins: number;

  constructor(parties: number, words?: SharedArrayBuffer, pairs?: SharedArrayBuffer) {
    this.words = words ?? new SharedArrayBuffer((COLUMNS + WORDS * parties) * Int32Array.BYTES_PER_ELEMENT);
    this.pairs = pairs ?? new SharedArrayBuffer(points.length * points.length);
    this.#words = new Int32Array(this.words);
    this.#pairs = new Uint8Array(this.pairs);
    this.#parties = parties;
    this.#spins = availableParallelism() > parties ? SPINS_ON_OWN_CORE : SPINS;
  }

  /** Rounds that were opened. */
  get round(): number {
    return Atomics.load(this.#words, ROUND);
  }

  get interleaved(): number {
    return Atomics.load(this.#words, INTERLEAVED);
  }

  get pairsMet(): number {
    return this.#pairs.reduce((sum, met) => sum + met, 0);
  }

  /** The round under way is the last one. */
  stop(): void {
    Atomics.store(this.#words, STOP, 1);
  }

  /** Somebody has seen a rule break: no round ends any more. */
  fail(): void {
    Atomics.store(this.#words, FAILED, 1);
    Atomics.notify(this.#words, ROUND);
  }

  get hasFailed(): boolean {
    return Atomics.load(this.#words, FAILED) !== 0;
  }

  /** A column is through. True for the last one, who has the machine for itself until it calls {@link open}. */
  arrive(): boolean {
    return Atomics.add(this.#words, ARRIVED, 1) === this.#parties - 1;
  }

  /** Counts the round that has just ended. Columns were under way at the same time if they took turns more often than one after another they would. */
  count(): void {
    const changes = (this.#words[CHANGES] as number) - (this.#words[BEFORE] as number);
    if (changes > this.#parties) Atomics.add(this.#words, INTERLEAVED, 1);
  }

  /** Opens the next round; or lets all leave, if this was the last one. The store pairs with the load of those who wait. */
  open(): void {
    if (Atomics.load(this.#words, STOP) !== 0) Atomics.store(this.#words, LEAVES, 1);
    this.#words[BEFORE] = this.#words[CHANGES] as number;
    Atomics.store(this.#words, ARRIVED, 0);
    Atomics.add(this.#words, ROUND, 1);
    Atomics.notify(this.#words, ROUND);
  }

  /** Waits until the round after this one is open. False when there is none. */
  next(round: number): boolean {
    for (let i = 0; i < this.#spins && Atomics.load(this.#words, ROUND) === round && !this.hasFailed; i++);
    while (Atomics.load(this.#words, ROUND) === round && !this.hasFailed) Atomics.wait(this.#words, ROUND, round, SLICE_MS);
    return !this.hasFailed && Atomics.load(this.#words, LEAVES) === 0;
  }

  #of(column: number): number {
    return COLUMNS + WORDS * column;
  }

  /** The operation a column is in: its place, from 1 on; 0 between two rounds. */
  at(column: number, place: number): void {
    this.#words[this.#of(column) + PLACE] = place;
  }

  placeOf(column: number): number {
    return this.#words[this.#of(column) + PLACE] as number;
  }

  /** A column passes a point. Plain words: what is lost or late makes the evidence less, and nothing else. */
  passes(column: number, point: number): void {
    const words = this.#words;
    const last = words[LAST] as number;
    if (last !== column) {
      words[LAST] = column;
      words[CHANGES] = (words[CHANGES] as number) + 1;
      const other = words[this.#of(last) + POINT] as number;
      if (words[this.#of(last) + PLACE] !== 0) this.#pairs[other * points.length + point] = 1;
    }
    words[this.#of(column) + POINT] = point;
  }

  /** How long the columns take, in nanoseconds: smoothed, each by itself. */
  tookNs(column: number, ns: number): void {
    const at = this.#of(column) + MEAN;
    this.#words[at] = Math.min(2 ** 30, 0.9 * (this.#words[at] as number) + 0.1 * ns);
  }

  /** How long the others take together. */
  othersNs(column: number): number {
    let sum = 0;
    for (let other = 0; other < this.#parties; other++)
      if (other !== column) sum += this.#words[this.#of(other) + MEAN] as number;
    return sum;
  }
}
