/**
 * Serial numbers under the explorer (arena/serials.ts): each counts in a range of its own, so that the words that hold one are known by
 * what is in them; and in a variable an object stands for it, which nobody can take for a number.
 *
 * Whatever speaks against it that they are only copied and compared is noted in `broken`. States that differ only in serial numbers
 * must be told apart then.
 */
import type { Serial, SerialRanges } from '../../../arena/serialRanges.ts';

/** Words that can be serial numbers, and the numbers of the range of each; powers of two. */
const WORDS = 1 << 16;
const RANGE_BITS = 14;

/** The first range begins here. */
const FIRST = 0x20000000;

/** A serial number does not count farther than that. */
const FARTHEST = (1 << (RANGE_BITS - 1)) - 2000;

/** What a word is. */
const Kind = { number: 0, counts: 1, sequence: 2 } as const;

/** What stands for a serial number in a variable. */
export class SerialNumber {
  readonly value: number;
  readonly #serials: Serials;

  constructor(value: number, serials: Serials) {
    this.value = value;
    this.#serials = serials;
  }

  /** Somebody calculates with it, or makes a text of it. */
  [Symbol.toPrimitive](): never {
    this.#serials.break('an actor takes one for a number');
    throw new Error('a serial number is taken for a number');
  }

  toJSON(): never {
    return this[Symbol.toPrimitive]();
  }
}

/** Nobody but who made it looks into it. */
const opaque = (one: SerialNumber): Serial => one as unknown as Serial;

export class Serials implements SerialRanges {
  /** Why numbers cannot be taken for serial numbers after all, in a sentence; null as long as nothing speaks against it. */
  broken: string | null = null;
  /** Words that have held a serial number, each once. */
  readonly holders: number[] = [];
  /** Serial numbers have counted so often. */
  moves = 0;
  readonly #isHolder = new Uint8Array(WORDS);
  readonly #kinds = new Uint8Array(WORDS);
  readonly #objects = new Map<number, SerialNumber>();
  /** Words that begin to count in the step under way. */
  readonly #begun: number[] = [];
  /** The word that is being looked at, or changed, as a serial number; 0 for none. */
  #known = 0;

  break(why: string): void {
    this.broken ??= why;
  }

  begin(word: number, first: number, isSequence: boolean): number {
    if (!this.copied(word)) return first;
    this.#kinds[word] = isSequence ? Kind.sequence : Kind.counts;
    return originOf(word) + first;
  }

  copied(word: number): boolean {
    const fits = word >= 0 && word < WORDS;
    if (!fits) this.break('the machine has too many words');
    else if (this.#isHolder[word] === 0) {
      this.#isHolder[word] = 1;
      this.holders.push(word);
    }
    return fits;
  }

  read<A>(arena: A, word: number, read: (arena: A, word: number) => number): number {
    this.#known = word;
    try {
      return read(arena, word);
    } finally {
      this.#known = 0;
    }
  }

  write<A>(arena: A, word: number, write: (arena: A, word: number, value: number) => void, value: number): void {
    this.#known = word;
    try {
      write(arena, word, value);
    } finally {
      this.#known = 0;
    }
  }

  shown(value: number): Serial {
    let one = this.#objects.get(value);
    if (one === undefined) {
      one = new SerialNumber(value, this);
      this.#objects.set(value, one);
    }
    return opaque(one);
  }

  valueOf(serial: Serial): number {
    const one: unknown = serial;
    if (one instanceof SerialNumber) return one.value;
    this.break('an actor gives a number for one');
    return one as number;
  }

  counts(word: number, value: number, asSequence = false): void {
    if (this.wordOf(value) !== word) this.break('an actor lets a copy of one count');
    else if (asSequence && !this.isSequence(word)) this.break('an actor takes one for a sequence');
  }

  isOdd(serial: Serial): boolean {
    const value = this.valueOf(serial);
    if (!this.isSequence(this.wordOf(value))) this.break('an actor takes one for a sequence');
    return (value & 1) !== 0;
  }

  compared(one: Serial, other: Serial): void {
    if (this.wordOf(this.valueOf(one)) !== this.wordOf(this.valueOf(other))) this.break('an actor compares two that count apart');
  }

  /** Somebody reads the value in the word, or writes it there: not as a number, if it is a serial number. */
  touched(word: number, value: number): void {
    if (word !== this.#known && this.isAt(word, value)) this.break('an actor takes one for a number');
  }

  /** The word, which had this value, is raised. */
  raised(word: number, value: number): void {
    if (word === this.#known) this.counts(word, value);
    else this.touched(word, value);
  }

  /** The word whose serial number, or a copy of it, a number would be if it were one; 0 for none. */
  wordOf(value: number): number {
    const at = (value - FIRST) >>> RANGE_BITS;
    return at < WORDS && this.#kinds[at] !== Kind.number ? at : 0;
  }

  isSerial(value: number): boolean {
    return this.wordOf(value) !== 0;
  }

  /** Is the value a serial number, in that word? */
  isAt(word: number, value: number): boolean {
    return this.#isHolder[word] === 1 && this.wordOf(value) !== 0;
  }

  /** May it matter whether the serial number of the word is odd? */
  isSequence(word: number): boolean {
    return this.#kinds[word] === Kind.sequence;
  }

  /** The value of a word as it is where all serial numbers begin as the kernel lets them. */
  inKernel(word: number, value: number): number {
    return this.isAt(word, value) ? value - originOf(this.wordOf(value)) : value;
  }

  /** What is in words at the beginning: no copy is of a serial number that has begun again since. */
  standsAtFirst(inWord: (word: number) => number): void {
    for (const word of this.holders) {
      const value = inWord(word);
      if (this.isAt(word, value) && value > inWord(this.wordOf(value))) this.break(BEGINS_AGAIN);
    }
    this.#begun.length = 0;
  }

  /** The value is written to the word, in which another one was. `inWord` tells what is in other words. */
  written(word: number, old: number, value: number, inWord: (word: number) => number): void {
    if (this.#isHolder[word] !== 1 || this.wordOf(value) !== word) return;
    this.moves++;
    if (this.wordOf(old) === word) {
      if (value < old) this.break('a serial number is set back');
      else if (value - originOf(word) > FARTHEST) this.break('a serial number counts very far');
      return;
    }
    this.#begun.push(word);
    if (this.holders.some((other) => other !== word && this.wordOf(inWord(other)) === word)) this.break(BEGINS_AGAIN);
  }

  /** A step was made. If serial numbers have begun to count in it, no actor must have copies of earlier ones in what it remembers. */
  stepMade(remembered: readonly { readonly copies: Copies }[]): void {
    if (this.#begun.length === 0) return;
    const isCopy = (value: number): boolean => this.#begun.includes(this.wordOf(value));
    if (remembered.some(({ copies }) => copies.numbers.some(isCopy))) this.break(BEGINS_AGAIN);
    this.#begun.length = 0;
  }
}

const BEGINS_AGAIN = 'a serial number begins again while there are copies of it';

/** What stands for 0 of the serial number at `word`. */
export const originOf = (word: number): number => FIRST + (word << RANGE_BITS) + (1 << (RANGE_BITS - 1));

/** Serial numbers in what an actor remembers, in order; and the hash of what it remembers without them. */
export interface Copies {
  readonly numbers: readonly number[];
  readonly low: number;
  readonly high: number;
}

/** There are none, and nothing else. */
export const NO_COPIES: Copies = { numbers: [], low: 0, high: 0 };
