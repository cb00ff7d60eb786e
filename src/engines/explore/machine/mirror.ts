/**
 * Would a like actor do the same in another one's place? What an actor read is given to a generator of its twin, with the two of them
 * exchanged, and what the twin then reads and does must be the same, with the two exchanged. An actor that looks at the record of one
 * of them by its number may be that one itself: only its twin's step shows that it is told apart.
 */
import type { Memory } from '../../../arena/access.ts';
import { Op } from './recordedSteps.ts';
import type { Symmetry } from './symmetry.ts';

/** All accesses of one step, in order. */
export class Accesses {
  /** Word and value. */
  readonly reads: number[] = [];
  /** Operation, word, operand. */
  readonly effects: number[] = [];
}

/** The twin has done something else. */
export class Unlike extends Error {}

/** It looks at all actors, and says so itself: that is taken for granted. */
export class Declared extends Error {}

export class Mirror implements Memory {
  readonly #symmetry: Symmetry;
  #actor = 0;
  #twin = 0;
  #log: ArrayLike<number> = [];
  #at = 0;
  #effects: number[] = [];

  constructor(symmetry: Symmetry) {
    this.#symmetry = symmetry;
  }

  /** A generator of `twin` is about to begin, in the place of `actor`. */
  begin(actor: number, twin: number): void {
    this.#actor = actor;
    this.#twin = twin;
  }

  /** In its next step it is to read what the actor has read. */
  expect(log: ArrayLike<number>): void {
    this.#log = log;
    this.#at = 0;
    this.#effects = [];
  }

  /** Has it read all of it? */
  get isThrough(): boolean {
    return this.#at === this.#log.length;
  }

  /** Has it read, and done, all that the actor has? */
  hasMade({ effects }: Accesses): boolean {
    return this.isThrough && effects.length === this.#effects.length && effects.every((value, i) => value === this.#effects[i]);
  }

  read(word: number): number {
    const other = this.#symmetry.exchangedWord(word, this.#actor, this.#twin);
    if (this.isThrough || this.#log[this.#at] !== other) throw new Unlike();
    const value = this.#log[this.#at + 1] as number;
    this.#at += 2;
    return this.#symmetry.exchangedValue(word, value, this.#actor, this.#twin);
  }

  write(word: number, value: number): void {
    const operand = this.#symmetry.exchangedValue(word, value, this.#actor, this.#twin);
    this.#did(Op.write, word, this.#symmetry.isWaitValue(word) ? 0 : operand);
  }

  increase(word: number, by: number): void {
    this.#did(Op.increase, word, by);
  }

  wake(word: number): void {
    this.#did(Op.wake, word, 0);
  }

  #did(op: number, word: number, operand: number): void {
    this.#effects.push(op, this.#symmetry.exchangedWord(word, this.#actor, this.#twin), operand);
  }

  overActors(): void {
    throw new Declared();
  }

  namesOwner(word: number): void {
    this.#symmetry.name(word);
  }

  acquired(): void {}
  mark(): null {
    return null;
  }
  rewind(): void {}
  restart(): void {}
}
