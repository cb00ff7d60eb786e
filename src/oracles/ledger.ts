/**
 * The data oracle: what every reader may find. Each actor owns one word of every page, its slot, and writes a number into it
 * that counts up. The ledger, in its own shared buffer, says for each slot what was last acknowledged and last begun, and
 * for each page which discards (munmap, DONTNEED) have begun and ended. A read is wrong when it is older than what was
 * acknowledged before it began, unless a discard may have come in between; then it may be 0.
 *
 * One more word of each page is a counter that CPUs and devices increment atomically; its final value must be the number of
 * increments.
 */

import type { Arena } from '../arena/arena.ts';
import type { FrameWord, Vpn } from '../arena/units.ts';
import { Violation } from '../arena/violation.ts';

/** Words of a page used: one slot an actor, then the shared counter. */
export const counterSlot = (actors: number): number => actors;

const BEGUN = 0;
const ENDED = 1;
const COUNTED = 2;
const HEAD = 3;
const ISSUED = 0;
const ACKNOWLEDGED = 1;
const EPOCH = 2;
const PER_SLOT = 3;

/** Numbers that count up in words of 32 bits wrap around: one is after another one when it is less than half the way ahead. */
const isAfter = (a: number, b: number): boolean => ((a - b) | 0) > 0;

/** The number after `value`. Not 0: that is what reads where nothing was ever written. */
const following = (value: number): number => (value + 1) | 0 || 1;

/** What a reader remembers from before its read. */
export interface Expectation {
  acknowledged: number;
  epoch: number;
}

export class Ledger {
  readonly buffer: SharedArrayBuffer;
  readonly pages: number;
  readonly actors: number;
  readonly #words: Int32Array;
  readonly #stride: number;

  constructor(pages: number, actors: number, buffer?: SharedArrayBuffer) {
    this.pages = pages;
    this.actors = actors;
    this.#stride = HEAD + PER_SLOT * actors;
    this.buffer = buffer ?? new SharedArrayBuffer(4 * pages * this.#stride);
    this.#words = new Int32Array(this.buffer);
  }

  #slot(page: number, slot: number): number {
    return page * this.#stride + HEAD + PER_SLOT * slot;
  }

  /** The value to write next into a slot, and the page's discards that had ended before the write began. */
  beginWrite(page: number, slot: number): { readonly value: number; readonly epoch: number } {
    const at = this.#slot(page, slot);
    const epoch = Atomics.load(this.#words, page * this.#stride + ENDED);
    const value = following(Atomics.load(this.#words, at + ACKNOWLEDGED));
    Atomics.store(this.#words, at + ISSUED, value);
    return { value, epoch };
  }

  /** The write has been done. */
  acknowledge(page: number, slot: number, { value, epoch }: { readonly value: number; readonly epoch: number }): void {
    const at = this.#slot(page, slot);
    // Epoch first: a reader that sees the new value also sees an epoch at least as new (it tests the value twice).
    Atomics.store(this.#words, at + EPOCH, epoch);
    Atomics.store(this.#words, at + ACKNOWLEDGED, value);
  }

  /** To be taken before a read begins. */
  expect(page: number, slot: number): Expectation {
    const at = this.#slot(page, slot);
    for (;;) {
      const acknowledged = Atomics.load(this.#words, at + ACKNOWLEDGED);
      const epoch = Atomics.load(this.#words, at + EPOCH);
      // An epoch of a later write is newer than that of `acknowledged`: it would forbid what a discard allows.
      if (Atomics.load(this.#words, at + ACKNOWLEDGED) === acknowledged) return { acknowledged, epoch };
    }
  }

  /** Why `value`, read after `expected` was taken, cannot be right; null when it can. */
  objection(page: number, slot: number, value: number, expected: Expectation): string | null {
    const issued = Atomics.load(this.#words, this.#slot(page, slot) + ISSUED);
    const begun = Atomics.load(this.#words, page * this.#stride + BEGUN);
    if (!isAfter(expected.acknowledged, value) && !isAfter(value, issued)) return null;
    if (value === 0 && isAfter(begun, expected.epoch)) return null;
    return (
      `page ${page}, word ${slot}: read ${value}, though ${expected.acknowledged} had been acknowledged and nothing above ${issued} written` +
      (isAfter(begun, expected.epoch) ? ' (a discard may have made it 0)' : '')
    );
  }

  check(page: number, slot: number, value: number, expected: Expectation, who: string): void {
    const objection = this.objection(page, slot, value, expected);
    if (objection !== null) throw new Violation('I-DATA', `${who}: ${objection}`);
  }

  /** Brackets an operation that may throw away the contents of pages. */
  beginDiscard(start: Vpn, end: Vpn): void {
    for (let page = start; page < end; page++) Atomics.add(this.#words, page * this.#stride + BEGUN, 1);
  }
  endDiscard(start: Vpn, end: Vpn): void {
    for (let page = start; page < end; page++) Atomics.add(this.#words, page * this.#stride + ENDED, 1);
  }

  /** One increment of the shared counter of a page was done. */
  counted(page: number): void {
    Atomics.add(this.#words, page * this.#stride + COUNTED, 1);
  }
  countOf(page: number): number {
    return Atomics.load(this.#words, page * this.#stride + COUNTED);
  }
}

/** A frame's words as the checker sees them at a quiescent point; `base` is -1 for "reads as zero". */
export const wordAt = (arena: Arena, base: FrameWord, word: number): number =>
  base < 0 ? 0 : Atomics.load(arena.frames, base + word);
