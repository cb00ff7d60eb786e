/**
 * A hash of the state that is the same for states which differ only in how far serial numbers have counted.
 *
 * All numbers of one serial number that are in the state, the word itself and copies of it, are put in order. What counts is which of
 * them are the same; and of a sequence whether they are odd, and whether one is just below another: a copy may be 1 less than the word,
 * and made again (docs/explore.md).
 */
import { grown } from './grown.ts';
import { mixHigh, mixLow } from './hash.ts';
import type { LocalState } from './localState.ts';
import { originOf, type Serials } from './serials.ts';
import type { UndoLog } from './undoLog.ts';

/** What stands for how far a number of a sequence is above the one below it: 1, or more and even or odd. */
const shortened = (distance: number): number => (distance === 1 ? 1 : 2 + (distance & 1));

export class SerialKey {
  low = 0;
  high = 0;
  readonly #serials: Serials;
  readonly #undoLog: UndoLog;
  /** Numbers of the state in ascending order, each once, and what stands for each. */
  #numbers = new Int32Array(256);
  #standing = new Int32Array(256);
  #count = 0;

  constructor(serials: Serials, undoLog: UndoLog) {
    this.#serials = serials;
    this.#undoLog = undoLog;
  }

  /** Takes the hash of a state that is `low` and `high` as it is. */
  look(local: readonly LocalState[], low: number, high: number): void {
    this.low = low;
    this.high = high;
    this.#gather(local);
    this.#order();
    const undoLog = this.#undoLog;
    for (const word of this.#serials.holders) {
      const value = undoLog.get(word);
      if (!undoLog.counts(word) || !this.#serials.isAt(word, value)) continue;
      const standing = this.#standingFor(value);
      this.low ^= mixLow(word, value) ^ mixLow(word, standing);
      this.high ^= mixHigh(word, value) ^ mixHigh(word, standing);
    }
    for (const state of local) {
      const { numbers } = state.copies;
      if (numbers.length === 0) continue;
      let { low: apartLow, high: apartHigh } = state.copies;
      for (let i = 0; i < numbers.length; i++) {
        const standing = this.#standingFor(numbers[i] as number);
        apartLow = mixLow(apartLow, standing);
        apartHigh = mixHigh(apartHigh, standing);
      }
      this.low ^= state.low ^ apartLow;
      this.high ^= state.high ^ apartHigh;
    }
  }

  /** All numbers of the state. */
  #gather(local: readonly LocalState[]): void {
    const undoLog = this.#undoLog;
    const serials = this.#serials;
    this.#count = 0;
    for (const { copies, wait } of local) {
      const { numbers } = copies;
      for (let i = 0; i < numbers.length; i++) this.#add(numbers[i] as number);
      if (wait.mask !== 0 && serials.isAt(wait.word, undoLog.get(wait.word))) serials.break('an actor waits for bits of one');
    }
    for (const word of serials.holders) {
      const value = undoLog.get(word);
      if (undoLog.counts(word) && serials.isAt(word, value)) this.#add(value);
    }
  }

  #add(value: number): void {
    if (this.#count === this.#numbers.length) {
      this.#numbers = grown(this.#numbers);
      this.#standing = grown(this.#standing);
    }
    this.#numbers[this.#count++] = value;
  }

  /** Puts the numbers in order, and finds what stands for each. Those of one serial number are together, as they lie in one range. */
  #order(): void {
    const numbers = this.#numbers;
    numbers.subarray(0, this.#count).sort();
    let count = 0;
    for (let i = 0; i < this.#count; i++) {
      const value = numbers[i] as number;
      const before = count === 0 ? 0 : (numbers[count - 1] as number);
      if (count > 0 && before === value) continue;
      const word = this.#serials.wordOf(value);
      const isNext = count > 0 && this.#serials.wordOf(before) === word;
      const isSequence = this.#serials.isSequence(word);
      if (isNext) this.#standing[count] = (this.#standing[count - 1] as number) + (isSequence ? shortened(value - before) : 1);
      else this.#standing[count] = originOf(word) + (isSequence ? value & 1 : 0);
      numbers[count++] = value;
    }
    this.#count = count;
  }

  #standingFor(value: number): number {
    let [from, to] = [0, this.#count - 1];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#numbers[middle] as number) < value) from = middle + 1;
      else to = middle;
    }
    return this.#standing[from] as number;
  }
}
