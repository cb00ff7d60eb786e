/**
 * Interchangeable actors are given the very same operations. To a search, states are one if they differ only by an exchange of such
 * actors.
 *
 * The hash of a state then consists of the words that all actors share, and of a sum over the actors of what each one owns: its local
 * state, its record, its locks. A sum does not depend on the numbers of the actors. If another actor refers to one of them by number
 * (it remembers a word that names it, or waits for one), that actor is hashed with its number, so that the reference is not lost.
 */
import type { Arena } from '../../../arena/arena.ts';
import { Actor } from '../../../arena/structures.ts';
import type { Script } from '../../../scenarios/kit/scenario.ts';
import { lockOwner } from '../../../sync/spinlock.ts';
import { mixHigh, mixLow } from './hash.ts';
import type { LocalState, Wait } from './localState.ts';
import type { Observed } from './observed.ts';

/** In place of a word number of an actor's own record, or of a word that names it. */
const RECORD = 0x40000000;
const OWNED = 0x20000000;
/** In place of a value that names who reads it: no actor has this tag. */
const SELF = 0x1fffffff;

/** For each actor the first of those it can be exchanged with; itself when there is nobody before it. */
export function firstOfEach(scripts: readonly Script[]): Int8Array {
  const same = (one: Script, other: Script): boolean =>
    one.background === other.background &&
    one.operations.length > 0 &&
    one.operations.length === other.operations.length &&
    one.operations.every((operation, i) => operation === other.operations[i]);
  return Int8Array.from(scripts, (script, i) => {
    const first = scripts.findIndex((other) => same(script, other));
    return first === -1 ? i : first;
  });
}

export class Symmetry {
  /** See {@link firstOfEach}. */
  readonly first: Int8Array;
  /** Actors that have a twin, a bit each. */
  readonly twins: number;
  /** Hash of the shared words that belong to no twin, as difference from the beginning. */
  low = 0;
  high = 0;
  keyLow = 0;
  keyHigh = 0;
  readonly #words: Int32Array;
  readonly #records: number;
  readonly #recordsEnd: number;
  /** Words that name their owner while they have one. */
  readonly #naming: Uint8Array;
  /** Hash of the words of each actor: its record, and what it owns. Two halves. */
  readonly #own: Int32Array;
  readonly #twinsOf: readonly (readonly number[])[];

  constructor(arena: Arena, first: Int8Array) {
    this.first = first;
    this.twins = first.reduce((mask, other, i) => (other === i ? mask : mask | (1 << i) | (1 << other)), 0);
    this.#twinsOf = Array.from(first, (one, i) => [...first.keys()].filter((other) => other !== i && first[other] === one));
    this.#words = arena.words;
    this.#records = arena.actors;
    this.#recordsEnd = arena.actors + first.length * Actor.shape.size;
    this.#naming = new Uint8Array(arena.words.length);
    this.#own = new Int32Array(2 * first.length);
  }

  /** Why like actors cannot be exchanged after all, in a sentence; null as long as nothing was seen that tells them apart. */
  broken: string | null = null;

  /** All actors are looked at in the same way. */
  overActors = false;

  /** `actor` touches a word: that of another one's record tells who is who. */
  touched(actor: number, word: number): void {
    if (this.overActors) return;
    const owner = this.#ownerOf(word);
    if (owner !== -1 && owner !== actor && this.isTwin(owner)) this.tellsApart('an actor looks at the record of one of them');
  }

  tellsApart(why: string): void {
    this.broken ??= why;
  }

  /** How many actors have a twin. */
  get size(): number {
    return this.first.reduce((n, _, i) => n + (this.isTwin(i) ? 1 : 0), 0);
  }

  isTwin(actor: number): boolean {
    return (this.twins & (1 << actor)) !== 0;
  }

  /** From now on `word` names its owner whenever it has one. */
  name(word: number): void {
    this.#naming[word] = 1;
  }

  /** The actor whose record has the word, -1 for none. */
  #ownerOf(word: number): number {
    return word < this.#records || word >= this.#recordsEnd ? -1 : ((word - this.#records) / Actor.shape.size) | 0;
  }

  /** The twin whose record has the word, or whom its value names; -1 if it has nothing to do with one. */
  #twinOf(word: number, value: number): number {
    const owner = this.#ownerOf(word);
    const actor = owner !== -1 ? owner : this.#namedBy(word, value);
    return actor !== -1 && this.isTwin(actor) ? actor : -1;
  }

  #namedBy(word: number, value: number): number {
    return this.#naming[word] === 1 ? lockOwner(value) : -1;
  }

  /** Those that `actor` can be exchanged with. */
  twinsOf(actor: number): readonly number[] {
    return this.#twinsOf[actor] as number[];
  }

  /** The word as a twin sees one of its own, and the value as it is when it names that twin. */
  #asOwn(word: number, actor: number): number {
    const record = this.#records + actor * Actor.shape.size;
    return word >= record && word < record + Actor.shape.size ? RECORD + word - record : OWNED + word;
  }

  #asValue(word: number, value: number, actor: number): number {
    return this.#namedBy(word, value) === actor ? value - (actor + 1) + SELF : value;
  }

  /**
   * Is it an actor's note of the value that it waits to see change? The value names the owner of the word that is waited for, which does not
   * show in the note; it was read from there, or has just been written there.
   */
  isWaitValue(word: number): boolean {
    return this.#ownerOf(word) !== -1 && (word - this.#records) % Actor.shape.size === Actor.waitValue;
  }

  /** The word that is to one of the two what `word` is to the other. */
  exchangedWord(word: number, one: number, other: number): number {
    const owner = this.#ownerOf(word);
    if (owner !== one && owner !== other) return word;
    return word + (one + other - 2 * owner) * Actor.shape.size;
  }

  /** The value of the word with the two exchanged. */
  exchangedValue(word: number, value: number, one: number, other: number): number {
    const named = this.#namedBy(word, value);
    return named === one || named === other ? value + one + other - 2 * named : value;
  }

  /** The memory as it is now is the beginning. `counts` tells which words of a record others look at. */
  begin(counts: (word: number) => boolean): void {
    this.low = 0;
    this.high = 0;
    this.#own.fill(0);
    for (let word = this.#records; word < this.#recordsEnd; word++) {
      const actor = this.#twinOf(word, 0);
      if (actor !== -1 && counts(word)) this.#toggleOwn(actor, word, this.#words[word] as number);
    }
  }

  /** A shared word changes. */
  change(word: number, old: number, value: number): void {
    this.#toggle(word, old);
    this.#toggle(word, value);
  }

  #toggle(word: number, value: number): void {
    const actor = this.#twinOf(word, value);
    if (actor === -1) {
      this.low ^= mixLow(word, value);
      this.high ^= mixHigh(word, value);
      return;
    }
    this.#toggleOwn(actor, word, value);
  }

  #toggleOwn(actor: number, word: number, value: number): void {
    const own = this.#asOwn(word, actor);
    const what = this.#asValue(word, value, actor);
    this.#own[2 * actor] = (this.#own[2 * actor] as number) ^ mixLow(own, what);
    this.#own[2 * actor + 1] = (this.#own[2 * actor + 1] as number) ^ mixHigh(own, what);
  }

  /** What `actor` has read is noted as seen by it, and whom it thereby knows by name. */
  note(observed: Observed, actor: number, word: number, value: number): void {
    const twin = this.#twinOf(word, value);
    if (twin === actor) {
      observed.note(this.#asOwn(word, actor), this.#asValue(word, value, actor));
      return;
    }
    observed.note(word, value);
    if (twin !== -1) observed.named |= 1 << twin;
  }

  /** The twin that an actor names by what it waits for, as a bit; 0 for none. */
  namedByWait({ word, value }: Wait): number {
    const twin = word === 0 ? -1 : this.#twinOf(word, value);
    return twin === -1 ? 0 : 1 << twin;
  }

  /**
   * Hash of the state: `local` states of all actors, `woken` ones as bits, and the words. `current`, or -1, is marked: states in
   * which another one is are others. The result is in `keyLow` and `keyHigh`.
   */
  look(local: readonly LocalState[], woken: number, current: number): void {
    let named = 0;
    for (const state of local) named |= state.named;
    let low = this.low ^ mixLow(woken & ~this.twins, 0);
    let high = this.high ^ mixHigh(woken & ~this.twins, 0);
    for (let i = 0; i < local.length; i++) {
      const state = local[i] as LocalState;
      const mark = i === current ? 1 : 0;
      if (!this.isTwin(i)) {
        low ^= mixLow(state.low, mark);
        high ^= mixHigh(state.high, mark);
        continue;
      }
      const self = (named & (1 << i)) === 0 ? 0 : i + 1;
      const marks = mark | (((woken >> i) & 1) << 1) | (self << 2);
      // Added, and not combined by exclusive or: two of the same would cancel out.
      low = (low + mixHigh(state.anonymousLow ^ (this.#own[2 * i] as number), marks)) | 0;
      high = (high + mixLow(state.anonymousHigh ^ (this.#own[2 * i + 1] as number), marks)) | 0;
    }
    this.keyLow = low;
    this.keyHigh = high;
  }
}
