/** The memory behind a check: it reads the words as they are, and tells of those that are not part of the state. */
import type { Memory } from '../../../arena/access.ts';
import { useMemory } from '../../../arena/access.ts';
import type { Arena } from '../../../arena/arena.ts';
import type { Journal } from './journal.ts';
import type { Symmetry } from './symmetry.ts';

const changes = (): never => {
  throw new Error('a check changes shared words');
};

class Looking implements Memory {
  readonly #journal: Journal;
  readonly #symmetry: Symmetry | null;
  readonly write = changes;
  readonly increase = changes;

  constructor(journal: Journal, symmetry: Symmetry | null) {
    this.#journal = journal;
    this.#symmetry = symmetry;
  }

  read(word: number): number {
    // Who has come to an end holds no lock: whatever way it came, the mask is the same.
    if (!this.#journal.isHeldMask(word)) this.#journal.seen(word);
    this.#symmetry?.touched(-1, word);
    return this.#journal.get(word);
  }

  wake(): void {}
  namesOwner(): void {}
  acquired(): void {}
  overActors(begins: boolean): void {
    if (this.#symmetry !== null) this.#symmetry.overActors = begins;
  }
  mark(): null {
    return null;
  }
  rewind(): void {}
  restart(): void {}
}

/** The words, so that reading one of them past the functions of access.ts is seen, too. */
function seenThrough(words: Int32Array, read: (word: number) => number): Int32Array {
  return new Proxy(words, {
    get(target, key) {
      const index = typeof key === 'string' ? Number(key) : Number.NaN;
      if (Number.isInteger(index) && index >= 0 && index < target.length) return read(index);
      const value = Reflect.get(target, key, target) as unknown;
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
}

export class LookingOn {
  readonly #arena: { words: Int32Array };
  readonly #words: Int32Array;
  readonly #proxy: Int32Array;
  readonly #memory: Looking;

  constructor(arena: Arena, journal: Journal, symmetry: Symmetry | null) {
    this.#arena = arena as { words: Int32Array };
    this.#words = arena.words;
    this.#memory = new Looking(journal, symmetry);
    this.#proxy = seenThrough(arena.words, (word) => this.#memory.read(word));
  }

  /** Runs a check. */
  run<T>(check: () => T): T {
    const before = useMemory(this.#memory);
    this.#arena.words = this.#proxy;
    try {
      return check();
    } finally {
      this.#arena.words = this.#words;
      useMemory(before);
    }
  }
}
