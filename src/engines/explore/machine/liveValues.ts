/**
 * A hash of what the calls of a stopped actor will still use (steps/frames.ts): with the same point, the same wait and the same locks
 * they go on in the same way.
 *
 * Numbers and the like count as they are, objects of the operation by what is in them, an object that is met again as the one that it
 * is: who holds the same object sees what the other one changes. Objects that are there for longer count by their names. Of anything
 * else (a function, a class with private fields, an iterator) it is not known what is in it, and then nothing is known.
 */
import type { Arena } from '../../../arena/arena.ts';
import { registeredDrivers } from '../../../drivers/registry.ts';
import { lastingNumber } from '../../../scenarios/kit/lasting.ts';
import { AGAIN } from '../../../scenarios/kit/scenario.ts';
import { codeOf, Each, type Frames, UNKNOWN } from '../../../steps/frames.ts';
import { Rounds } from '../../../steps/rounds.ts';
import type { Task } from '../../../sync/task.ts';
import { mixHigh, mixLow } from './hash.ts';
import { Mark } from './observed.ts';
import { type Copies, NO_COPIES, SerialNumber, type Serials } from './serials.ts';

/** In front of a value: what kind it is. */
const Tag = {
  frame: 1,
  integer: 2,
  number: 3,
  string: 4,
  other: 5,
  lasting: 6,
  again: 7,
  array: 8,
  object: 9,
  view: 10,
  key: 11,
  each: 12,
  end: 13,
  code: 14,
  serial: 15,
} as const;

/** Values that have no parts. */
const OTHERS: readonly unknown[] = [undefined, null, false, true, AGAIN];

/** Names of objects that are there as long as the machine; from `scenario` on those that the scenario has named. */
const Lasting = { task: 1, arena: 2, words: 3, frames: 4, scratch: 5, mark: 6, rounds: 7, scenario: 8 } as const;

/** Parts of values above which it is better to remember what was read. */
const MOST_PARTS = 256;

const float = new Float64Array(1);
const halves = new Int32Array(float.buffer);

export class LiveValues {
  low = 0;
  high = 0;
  /** Serial numbers among the values, and the hash without them. Only where they are looked for. */
  copies: Copies = NO_COPIES;
  #numbers: number[] = [];
  #restLow = 0;
  #restHigh = 0;
  readonly #serials: Serials | null;
  readonly #arena: Arena;
  readonly #lasting = new Map<unknown, number>();
  /** Objects met, by the order in which they were. */
  readonly #met = new Map<object, number>();
  /** Lists of which only the rest counted. */
  readonly #rests = new Set<object>();
  #parts = 0;
  #task: Task | null = null;

  constructor(arena: Arena, serials: Serials | null) {
    this.#arena = arena;
    this.#serials = serials;
    for (const [id, driver] of registeredDrivers().entries()) this.#lasting.set(driver, -1 - id);
    this.#lasting.set(arena, Lasting.arena);
    this.#lasting.set(arena.words, Lasting.words);
    this.#lasting.set(arena.frames, Lasting.frames);
  }

  /** Hashes the calls of an actor into `low` and `high`; false when they hold something that is not known. */
  look(task: Task, frames: Frames): boolean {
    if (!frames.isWhole) return false;
    this.#task = task;
    this.low = 0;
    this.high = 0;
    this.#restLow = 0;
    this.#restHigh = 0;
    this.#numbers = [];
    this.#parts = 0;
    this.#met.clear();
    this.#rests.clear();
    for (let i = 0; i < frames.depth; i++) {
      this.#site(Tag.frame, frames.sites[i] as number);
      for (const value of frames.live[i] as readonly unknown[]) if (!this.#value(value)) return false;
    }
    if (this.#serials !== null) this.copies = { numbers: this.#numbers, low: this.#restLow, high: this.#restHigh };
    return true;
  }

  #note(tag: number, value: number, rest = value): void {
    if (this.#serials !== null) {
      this.#restLow = mixLow(mixLow(this.#restLow, tag), rest);
      this.#restHigh = mixHigh(mixHigh(this.#restHigh, tag), rest);
    }
    this.low = Math.imul(this.low ^ mixLow(tag, value), 0x9e3779b1);
    this.high = Math.imul(this.high + mixHigh(tag, value), 0x85ebca77);
  }

  #value(value: unknown): boolean {
    switch (typeof value) {
      case 'number':
        this.#number(value);
        return true;
      case 'string':
        this.#string(Tag.string, value);
        return true;
      case 'undefined':
      case 'boolean':
      case 'symbol': {
        const other = OTHERS.indexOf(value);
        this.#note(Tag.other, other);
        return other !== -1 && value !== UNKNOWN;
      }
      case 'object':
        return this.#object(value);
      case 'function':
        return this.#function(value);
      default:
        return false;
    }
  }

  /** Its code, and the variables around it that it uses: as they are now. */
  #function(value: object): boolean {
    const code = codeOf(value);
    if (code === undefined) return false;
    if (this.#isMetAgain(value)) return true;
    this.#site(Tag.code, code.site);
    if (code.captured === undefined) return true;
    let captured: readonly unknown[];
    try {
      captured = code.captured();
    } catch {
      // One of them has no value yet.
      return false;
    }
    return captured.every((one) => this.#value(one));
  }

  /** Has the object been met before? Then that is said, and otherwise noted. */
  #isMetAgain(object: object): boolean {
    const before = this.#met.get(object);
    if (before === undefined) this.#met.set(object, this.#met.size);
    else this.#note(Tag.again, before);
    return before !== undefined;
  }

  #site(tag: number, site: number): void {
    this.#note(tag, site / 0x100000);
    this.#note(tag, site & 0xfffff);
  }

  #number(value: number): void {
    if ((value | 0) === value && !Object.is(value, -0)) this.#note(Tag.integer, value);
    else {
      float[0] = value;
      this.#note(Tag.number, halves[0] as number);
      this.#note(Tag.number, halves[1] as number);
    }
  }

  /** One that has never begun to count is what it is. */
  #serial(value: number): void {
    if (this.#serials?.isSerial(value) !== true) {
      this.#note(Tag.serial, value);
      return;
    }
    this.#numbers.push(value);
    this.#note(Tag.serial, value, 0);
  }

  #string(tag: number, text: string): void {
    this.#note(tag, text.length);
    for (let i = 0; i < text.length; i++) this.#note(tag, text.charCodeAt(i));
  }

  #object(object: object | null): boolean {
    if (object === null) {
      this.#note(Tag.other, OTHERS.indexOf(null));
      return true;
    }
    if (object instanceof SerialNumber) {
      this.#serial(object.value);
      return true;
    }
    const lasting = this.#nameOf(object);
    if (lasting !== 0) {
      this.#note(Tag.lasting, lasting);
      return true;
    }
    if (object instanceof Each) return this.#each(object);
    if (this.#isMetAgain(object)) return true;
    if (++this.#parts > MOST_PARTS) return false;
    if (this.#rests.has(object)) this.#note(Tag.again, -1);
    if (ArrayBuffer.isView(object)) return this.#view(object);
    const prototype: unknown = Object.getPrototypeOf(object);
    if (Array.isArray(object) && prototype === Array.prototype) return this.#list(object);
    if (prototype !== Object.prototype && prototype !== null) return false;
    this.#note(Tag.object, prototype === null ? 0 : 1);
    for (const key of Reflect.ownKeys(object)) {
      const member = Object.getOwnPropertyDescriptor(object, key) as PropertyDescriptor;
      if (typeof key !== 'string' || !('value' in member)) return false;
      this.#string(Tag.key, key);
      if (!this.#value(member.value)) return false;
    }
    this.#note(Tag.end, 0);
    return true;
  }

  #nameOf(object: object): number {
    if (object === this.#task) return Lasting.task;
    if (object === this.#task?.pfns) return Lasting.scratch;
    if (object instanceof Mark) return Lasting.mark;
    if (object instanceof Rounds) return Lasting.rounds;
    const number = lastingNumber(this.#arena, object);
    return number === undefined ? (this.#lasting.get(object) ?? 0) : Lasting.scenario + number;
  }

  #list(list: readonly unknown[]): boolean {
    // A list may have members beside its elements, and places without any.
    if (Object.keys(list).length !== list.length) return false;
    this.#parts += list.length;
    if (this.#parts > MOST_PARTS) return false;
    this.#note(Tag.array, list.length);
    for (let i = 0; i < list.length; i++) if (!this.#value(list[i])) return false;
    return true;
  }

  #view(view: ArrayBufferView): boolean {
    const { buffer } = view;
    if (buffer === this.#task?.pfns.buffer) {
      // What is in it is part of the local state anyway.
      this.#note(Tag.view, view.byteOffset);
      this.#note(Tag.view, view.byteLength);
      return view instanceof Int32Array;
    }
    if (!(view instanceof Int32Array) || buffer instanceof SharedArrayBuffer || view.byteLength !== buffer.byteLength)
      return false;
    this.#parts += view.length;
    if (this.#parts > MOST_PARTS) return false;
    this.#note(Tag.view, view.length);
    for (let i = 0; i < view.length; i++) this.#note(Tag.integer, view[i] as number);
    return true;
  }

  /** A loop over a list: the elements that come. */
  #each({ list, done, isIndexed }: Each<unknown>): boolean {
    if (!isIndexed) return false;
    const elements = list as unknown as ArrayLike<unknown> & object;
    this.#note(Tag.each, done);
    if (this.#met.has(elements) || this.#rests.has(elements) || !Array.isArray(elements)) return this.#object(elements);
    this.#rests.add(elements);
    this.#parts += elements.length - done;
    if (this.#parts > MOST_PARTS) return false;
    this.#note(Tag.array, elements.length - done);
    for (let i = done; i < elements.length; i++) if (!this.#value(elements[i])) return false;
    return true;
  }
}
