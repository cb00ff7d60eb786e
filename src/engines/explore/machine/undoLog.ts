/**
 * The shared words under the explorer: every write can be taken back, and a hash of all words is kept as they change.
 *
 * Going back costs as much as was written, not as much as there is. Two kinds of words are left out of the hash: notes that
 * follow from the local state of an actor, and counters. When another actor or a check reads one, it is part of the state from then on.
 */
import type { Arena } from '../../../arena/arena.ts';
import { LOCK_CLASSES } from '../../../arena/config.ts';
import { Actor } from '../../../arena/structures.ts';
import { Violation } from '../../../arena/violation.ts';
import { grown } from './grown.ts';
import { mixHigh, mixLow } from './hash.ts';
import type { Serials } from './serials.ts';
import type { Symmetry } from './symmetry.ts';

/**
 * What a word is to the explorer.
 *
 * - `shared`: part of the state; what an actor reads there is what it has seen.
 * - `derived`: notes of an actor about its locks and its wait. They follow from its local state, or nobody's next step depends on them.
 * - `statistic`: nobody has read it so far.
 * - `lockOrder`: part of the state, but what an actor does next does not follow from it.
 */
export const Kind = { shared: 0, lockOrder: 1, derived: 2, statistic: 3 } as const;

/** Fields that follow from an actor's local state: [first, behind the last]. */
const DERIVED = [Actor.waitWord, Actor.signal] as const;

/** Fields that engines and counters write. */
const STATISTICS: readonly (readonly [from: number, to: number])[] = [
  [Actor.operation, Actor.waitWord],
  [Actor.ownEvents, Actor.shape.size],
];

function kinds(arena: Arena): Uint8Array {
  const kind = new Uint8Array(arena.words.length);
  for (let id = 0; id < arena.config.actors; id++) {
    const record = arena.actors + id * Actor.shape.size;
    kind.fill(Kind.derived, record + DERIVED[0], record + DERIVED[1]);
    for (const [from, to] of STATISTICS) kind.fill(Kind.statistic, record + from, record + to);
  }
  return kind.fill(Kind.lockOrder, arena.lockOrder, arena.lockOrder + LOCK_CLASSES);
}

/** Word numbers below zero are frame words, `~at`. */
export class UndoLog {
  readonly #arena: Arena;
  readonly #words: Int32Array;
  readonly #frames: Int32Array;
  readonly #kind: Uint8Array;
  /** Is a word part of the hash? */
  readonly #counted: Uint8Array;
  /** Told of all values that are written, where serial numbers are looked for. */
  readonly #serials: Serials | null;
  /** Hash of all words that count, as difference from the beginning. */
  low = 0;
  high = 0;
  /** Told of all changes of words that count, while a search asks for it. */
  symmetry: Symmetry | null = null;
  /** Length of the undoLog; pass it to {@link undo} to come back to here. */
  top = 0;
  /** Words that turned out to be part of the state. While it grows, hashes made before and after do not compare. */
  promotions = 0;
  /** Fields of the actors' records that turned out to be so. */
  readonly promoted: number[] = [];
  /** Word and old value of each write. */
  #entries = new Int32Array(1 << 8);

  constructor(arena: Arena, serials: Serials | null) {
    this.#arena = arena;
    this.#serials = serials;
    this.#words = arena.words;
    this.#frames = arena.frames;
    this.#kind = kinds(arena);
    this.#counted = new Uint8Array(this.#kind.length);
    for (let word = 0; word < this.#kind.length; word++)
      this.#counted[word] = this.#kind[word] === Kind.shared || this.#kind[word] === Kind.lockOrder ? 1 : 0;
  }

  kindOf(word: number): number {
    return word < 0 ? Kind.shared : (this.#kind[word] as number);
  }

  /** Is the word part of the hash? */
  counts(word: number): boolean {
    return word < 0 || this.#counted[word] === 1;
  }

  /** Is the word one of the actor's own notes, which follow from its local state? */
  isOwnNote(actor: number, word: number): boolean {
    return this.kindOf(word) === Kind.derived && this.ownerOf(word) === actor;
  }

  /** Is the word the set of lock classes that an actor holds? */
  isHeldMask(word: number): boolean {
    return this.ownerOf(word) !== -1 && (word - this.#arena.actors) % Actor.shape.size === Actor.heldMask;
  }

  /** Does the word matter to no other actor and no check? Orders of locks only add up: a cycle is found in any order of the actors. */
  isQuiet(word: number): boolean {
    return !this.counts(word) || this.kindOf(word) === Kind.lockOrder;
  }

  /** The actor whose record has the word, -1 for none. */
  ownerOf(word: number): number {
    const { actors, config } = this.#arena;
    const at = word - actors;
    return at < 0 || at >= config.actors * Actor.shape.size ? -1 : (at / Actor.shape.size) | 0;
  }

  /** Somebody looks at the word: it, and the same one of every other actor, is part of the state from now on. */
  seen(word: number): void {
    if (!this.counts(word)) this.promote((word - this.#arena.actors) % Actor.shape.size);
  }

  /** A field of the actors' records is part of the state from now on. */
  promote(field: number): void {
    const { actors, config } = this.#arena;
    this.promoted.push(field);
    for (let id = 0; id < config.actors; id++) this.#counted[actors + id * Actor.shape.size + field] = 1;
    this.promotions++;
  }

  readonly #valueOf = (word: number): number => this.get(word);

  get(word: number): number {
    return (word >= 0 ? this.#words[word] : this.#frames[~word]) as number;
  }

  /** What somebody reads in the word. @throws Violation I-CRASH when there is no such word. */
  read(word: number): number {
    const value = this.get(word);
    if (value === undefined) throw new Violation('I-CRASH', `word ${word} is read, and there is none`);
    return value;
  }

  set(word: number, value: number): void {
    const old = (word >= 0 ? this.#words[word] : this.#frames[~word]) as number;
    if (old === value) return;
    if (this.top === this.#entries.length) this.#entries = grown(this.#entries);
    this.#entries[this.top] = word;
    this.#entries[this.top + 1] = old;
    this.top += 2;
    if (word >= 0) this.#words[word] = value;
    else this.#frames[~word] = value;
    if (this.#serials !== null) this.#serials.written(word, old, value, this.#valueOf);
    if (!this.counts(word)) return;
    this.low ^= mixLow(word, old) ^ mixLow(word, value);
    this.high ^= mixHigh(word, old) ^ mixHigh(word, value);
    if (this.symmetry !== null) this.symmetry.change(word, old, value);
  }

  /** What was written so far belongs to the beginning. */
  rebase(): void {
    this.top = 0;
    this.low = 0;
    this.high = 0;
  }

  /** Takes back all writes after `top` was the length. The hash is the caller's, who knows what it was. */
  undo(top: number, low: number, high: number): void {
    const entries = this.#entries;
    for (let at = this.top - 2; at >= top; at -= 2) {
      const word = entries[at] as number;
      if (this.symmetry !== null && this.counts(word)) this.symmetry.change(word, this.get(word), entries[at + 1] as number);
      if (word >= 0) this.#words[word] = entries[at + 1] as number;
      else this.#frames[~word] = entries[at + 1] as number;
    }
    this.top = top;
    this.low = low;
    this.high = high;
  }

  /** The words as they are, for whoever compares two moments. Frames come last. */
  snapshot(): Int32Array {
    const all = new Int32Array(this.#words.length + this.#frames.length);
    all.set(this.#words);
    all.set(this.#frames, this.#words.length);
    return all;
  }
}
