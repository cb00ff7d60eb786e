/** The memory behind a check: it reads the words as they are, and tells of those that are not part of the state. */
import type { Memory } from '../../../arena/access.ts';
import { useMemory } from '../../../arena/access.ts';
import type { Arena } from '../../../arena/arena.ts';
import { useRanges } from '../../../arena/serialRanges.ts';
import type { Serials } from './serials.ts';
import type { Symmetry } from './symmetry.ts';
import type { UndoLog } from './undoLog.ts';

const changes = (): never => {
  throw new Error('a check changes shared words');
};

class Looking implements Memory {
  readonly #undoLog: UndoLog;
  readonly #symmetry: Symmetry | null;
  readonly #serials: Serials | null;
  /** Told of each word. */
  witness: ((word: number) => void) | null = null;
  readonly write = changes;
  readonly increase = changes;

  constructor(undoLog: UndoLog, symmetry: Symmetry | null, serials: Serials | null) {
    this.#undoLog = undoLog;
    this.#symmetry = symmetry;
    this.#serials = serials;
  }

  read(word: number): number {
    this.witness?.(word);
    const value = this.#undoLog.read(word);
    // An actor that has come to its end holds no lock, so the mask is the same on every path.
    if (!this.#undoLog.isHeldMask(word)) this.#undoLog.seen(word);
    this.#symmetry?.touched(-1, word);
    this.#serials?.touched(word, value);
    return value;
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
  readonly #serials: Serials | null;

  constructor(arena: Arena, undoLog: UndoLog, symmetry: Symmetry | null, serials: Serials | null) {
    this.#serials = serials;
    this.#arena = arena as { words: Int32Array };
    this.#words = arena.words;
    this.#memory = new Looking(undoLog, symmetry, serials);
    this.#proxy = seenThrough(arena.words, (word) => this.#memory.read(word));
  }

  /** Runs a check. `witness` is told of the words that it reads. */
  run<T>(check: () => T, witness: ((word: number) => void) | null = null): T {
    const before = useMemory(this.#memory);
    const ranges = useRanges(this.#serials);
    this.#memory.witness = witness;
    this.#arena.words = this.#proxy;
    try {
      return check();
    } finally {
      this.#arena.words = this.#words;
      useRanges(ranges);
      useMemory(before);
    }
  }
}
