/**
 * A hash of the state of an execution, kept up to date as the actors run.
 *
 * What an actor does next is a function of what it has read since its current operation began. So a state is the arena, and
 * for each actor the operation it is in and a hash of its reads. Two executions that reach the same state have the same
 * futures, and only one of them needs to be followed. Words that no actor's behaviour depends on are left out: counters, the
 * record of what an actor holds, the lock-order graph.
 */
import { type AccessObserver, observeAccess } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { LOCK_CLASSES } from '../../arena/config.ts';
import { Actor } from '../../arena/structures.ts';
import type { Executor } from './execution.ts';

/** A word and its value, spread over 32 bits. */
function mix(word: number, value: number, salt: number): number {
  let h = Math.imul(word ^ salt, 0x85ebca6b) ^ Math.imul(value + 0x7ed55d16, 0xc2b2ae35);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return h ^ (h >>> 13);
}

const SALT_LOW = 0x1b873593;
const SALT_HIGH = 0x68e31da4;

export class StateHash implements AccessObserver {
  #low = 0;
  #high = 0;
  readonly #reads: Int32Array;
  readonly #readsHigh: Int32Array;
  readonly #ignored: Uint8Array;
  readonly #frames: Int32Array;
  /** The actor that runs now. */
  actor = 0;

  constructor(arena: Arena, actors: number) {
    this.#reads = new Int32Array(actors);
    this.#readsHigh = new Int32Array(actors);
    this.#frames = arena.frames;
    this.#ignored = new Uint8Array(arena.words.length);
    const kept = [Actor.window, Actor.window + 1, Actor.tlbGeneration, Actor.tlbGeneration + 1, Actor.signal];
    for (let id = 0; id < arena.config.actors; id++) {
      const record = arena.actors + id * Actor.shape.size;
      this.#ignored.fill(1, record, record + Actor.shape.size);
      for (const field of kept) this.#ignored[record + field] = 0;
      this.#ignored.fill(0, record + Actor.tlb, record + Actor.tlb + 80);
    }
    this.#ignored.fill(1, arena.lockOrder, arena.lockOrder + LOCK_CLASSES);
  }

  /** Call when the execution is back at its beginning. */
  reset(): void {
    this.#low = 0;
    this.#high = 0;
    this.#reads.fill(0);
    this.#readsHigh.fill(0);
  }

  /** The actor begins its next operation: what it read before no longer matters. */
  forget(actor: number): void {
    this.#reads[actor] = 0;
    this.#readsHigh[actor] = 0;
  }

  attach(): void {
    observeAccess(this);
  }

  detach(): void {
    observeAccess(null);
  }

  read(word: number, value: number): void {
    if (word >= 0 && this.#ignored[word] !== 0) return;
    const { actor } = this;
    // Order matters here: a log, not a set.
    this.#reads[actor] = Math.imul((this.#reads[actor] as number) ^ mix(word, value, SALT_LOW), 0x9e3779b1);
    this.#readsHigh[actor] = Math.imul((this.#readsHigh[actor] as number) + mix(word, value, SALT_HIGH), 0x85ebca77);
  }

  mark(): unknown {
    return [this.#reads[this.actor], this.#readsHigh[this.actor]];
  }

  rewind(mark: unknown): void {
    const [low, high] = mark as [number, number];
    this.#reads[this.actor] = low;
    this.#readsHigh[this.actor] = high;
  }

  write(word: number, old: number, value: number): void {
    if (old === value || word < 0 || this.#ignored[word] !== 0) return;
    this.#low ^= mix(word, old, SALT_LOW) ^ mix(word, value, SALT_LOW);
    this.#high ^= mix(word, old, SALT_HIGH) ^ mix(word, value, SALT_HIGH);
  }

  /**
   * The state as a number of 53 bits: the arena, and for each actor where it is (operation and point), what it has read, and
   * what it waits for. `current` is the actor that runs on for free, -1 if that does not matter.
   */
  key({ operation, at, waitWord, waitValue }: Executor, current: number): number {
    let low = this.#low;
    let high = this.#high;
    // The frames are few, and copies between them move many words at once: they are looked at as a whole.
    const frames = this.#frames;
    for (let i = 0; i < frames.length; i++) {
      low = Math.imul(low ^ (frames[i] as number), 0x9e3779b1);
      high = Math.imul(high + (frames[i] as number), 0x85ebca77) ^ (high >>> 13);
    }
    for (let i = 0; i < at.length; i++) {
      const position =
        (operation[i] as number) * 4096 + (at[i] as number) + mix(waitWord[i] as number, waitValue[i] as number, SALT_LOW);
      low = Math.imul(low ^ mix(i, position, SALT_HIGH) ^ (this.#reads[i] as number), 0x9e3779b1);
      high = Math.imul(high + mix(i, position, SALT_LOW) + (this.#readsHigh[i] as number), 0x85ebca77);
      low ^= low >>> 16;
      high ^= high >>> 15;
    }
    low ^= mix(current + 2, 0, SALT_LOW);
    return (low >>> 0) * 2 ** 21 + ((high >>> 0) & 0x1fffff);
  }
}
