/**
 * The shared words under the explorer: every write can be taken back, and a hash of all words is kept as they change.
 *
 * Going back costs as much as was written, not as much as there is. Words that no actor's behaviour depends on are left out of
 * the hash: statistics, and the private notes of an actor about the locks it holds, which follow from where it stands.
 */
import type { Arena } from '../../../arena/arena.ts';
import { LOCK_CLASSES } from '../../../arena/config.ts';
import { Actor } from '../../../arena/structures.ts';
import type { Symmetry } from './symmetry.ts';

/** Halves of a hash. Two different ones, because 32 bits are too few for millions of states. */
export const LOW = 0x1b873593;
export const HIGH = 0x68e31da4;

/** A word and its value, spread over 32 bits. */
export function mix(word: number, value: number, salt: number): number {
  let h = Math.imul(word ^ salt, 0x85ebca6b) ^ Math.imul(value + 0x7ed55d16, 0xc2b2ae35);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return h ^ (h >>> 13);
}

/** What a word is to the explorer. The lock-order graph is part of the state, but what an actor does next does not follow from it. */
export const Kind = { shared: 0, private: 1, lockOrder: 2 } as const;

/** Fields of an actor record that others look at, or that outlive an operation and matter. */
const KEPT = [Actor.window, Actor.window + 1, Actor.tlbGeneration, Actor.tlbGeneration + 1, Actor.signal];

function kinds(arena: Arena): Uint8Array {
  const kind = new Uint8Array(arena.words.length);
  for (let id = 0; id < arena.config.actors; id++) {
    const record = arena.actors + id * Actor.shape.size;
    kind.fill(Kind.private, record, record + Actor.shape.size);
    for (const field of KEPT) kind[record + field] = Kind.shared;
    kind.fill(Kind.shared, record + Actor.tlb, record + Actor.ownEvents);
  }
  return kind.fill(Kind.lockOrder, arena.lockOrder, arena.lockOrder + LOCK_CLASSES);
}

/** Word numbers below zero are frame words, `~at`. */
export class Journal {
  readonly #words: Int32Array;
  readonly #frames: Int32Array;
  readonly #kind: Uint8Array;
  /** Hash of all words that count, as difference from the beginning. */
  low = 0;
  high = 0;
  /** Told of all changes of words that count, while a search asks for it. */
  symmetry: Symmetry | null = null;
  /** Length of the journal; pass it to {@link undo} to come back to here. */
  top = 0;
  /** Word and old value of each write. */
  #entries = new Int32Array(1 << 14);

  constructor(arena: Arena) {
    this.#words = arena.words;
    this.#frames = arena.frames;
    this.#kind = kinds(arena);
  }

  kindOf(word: number): number {
    return word < 0 ? Kind.shared : (this.#kind[word] as number);
  }

  get(word: number): number {
    return (word >= 0 ? this.#words[word] : this.#frames[~word]) as number;
  }

  set(word: number, value: number): void {
    const old = (word >= 0 ? this.#words[word] : this.#frames[~word]) as number;
    if (old === value) return;
    if (this.top === this.#entries.length) this.#grow();
    this.#entries[this.top] = word;
    this.#entries[this.top + 1] = old;
    this.top += 2;
    if (word >= 0) this.#words[word] = value;
    else this.#frames[~word] = value;
    if (this.kindOf(word) === Kind.private) return;
    this.low ^= mix(word, old, LOW) ^ mix(word, value, LOW);
    this.high ^= mix(word, old, HIGH) ^ mix(word, value, HIGH);
    if (this.symmetry !== null) this.symmetry.change(word, old, value);
  }

  /** What was written so far belongs to the beginning. */
  rebase(): void {
    this.top = 0;
    this.low = 0;
    this.high = 0;
  }

  #grow(): void {
    const more = new Int32Array(this.#entries.length * 2);
    more.set(this.#entries);
    this.#entries = more;
  }

  /** Takes back all writes after `top` was the length. The hash is the caller's, who knows what it was. */
  undo(top: number, low: number, high: number): void {
    const entries = this.#entries;
    for (let at = this.top - 2; at >= top; at -= 2) {
      const word = entries[at] as number;
      if (this.symmetry !== null && this.kindOf(word) !== Kind.private) {
        this.symmetry.change(word, this.get(word), entries[at + 1] as number);
      }
      if (word >= 0) this.#words[word] = entries[at + 1] as number;
      else this.#frames[~word] = entries[at + 1] as number;
    }
    this.top = top;
    this.low = low;
    this.high = high;
  }
}
