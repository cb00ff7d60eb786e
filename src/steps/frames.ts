/**
 * What the calls of an actor that is stopped at a point will still use: its live variables, call by call.
 *
 * The build writes calls of these functions into the generators of the stepped tree (build/recordFrames.ts): at each yield the call says
 * where it stops, and with which values. An explorer reads them there and then; a record holds objects, not copies. An operation that
 * is led to where it was before goes by the points on the way. The trees without a scheduler have no trace of it.
 *
 *     yield Point.lock;                      $by(Point.lock, $d, 17, task, word) || (yield Point.lock);
 *     yield* spinLock(task, word);           yield* $to(spinLock(task, word), $d, 18, task);
 */

import { goesBy } from './leader.ts';

/** In place of a value: it is not known what the call has kept. */
export const UNKNOWN = Symbol('unknown');

/** The calls of one actor, the outermost first. */
export class Frames {
  /** How many calls are under way. */
  depth = 0;
  /** Where each call has stopped: a number that no other yield of the tree has. */
  readonly sites: number[] = [];
  /** The values that it will still use. */
  readonly live: (readonly unknown[])[] = [];
  /** A call is about to begin. */
  #isExpected = false;
  /** The calls did not follow each other as calls do; nothing is known until the next operation. */
  #isBroken = false;

  /** An operation begins. */
  begin(operation: unknown): void {
    this.depth = 0;
    this.#isBroken = false;
    this.#expect(operation);
  }

  /** Is each call that is under way among the records? */
  get isWhole(): boolean {
    return !this.#isBroken && !this.#isExpected;
  }

  /** How deep the call is that begins. */
  enter(): number {
    // A call that nobody waits for is run by hand, to its end.
    this.#isExpected = false;
    return this.depth;
  }

  note(depth: number, site: number, live: readonly unknown[]): void {
    // The call that was to begin is another one, that was under way already.
    if (this.#isExpected) this.#isBroken = true;
    this.sites[depth] = site;
    this.live[depth] = live;
    this.depth = depth + 1;
  }

  call(operation: unknown, depth: number, site: number, live: readonly unknown[]): void {
    this.note(depth, site, live);
    this.#expect(operation);
  }

  #expect(operation: unknown): void {
    this.#isExpected = isRecorded(operation);
    if (this.#isExpected) return;
    // It says nothing of itself, whatever it calls.
    this.sites[this.depth] = 0;
    this.live[this.depth++] = [UNKNOWN];
  }
}

let frames = new Frames();

/** Lets calls be recorded in `next`. Returns where they were recorded before. */
export function useFrames(next: Frames): Frames {
  const before = frames;
  frames = next;
  return before;
}

const RECORDED = Symbol('recorded');

const isRecorded = (operation: unknown): boolean => typeof operation === 'object' && operation !== null && RECORDED in operation;

/** What a function is: its code, by a number that no other has, and the variables around it that it uses. */
export interface Code {
  readonly site: number;
  readonly captured: (() => readonly unknown[]) | undefined;
}

const codes = new WeakMap<object, Code>();

/** What a function is; undefined when it does not say so. */
export const codeOf = (what: object): Code | undefined => codes.get(what);

/** A function says what it is; a generator, that its calls record themselves. Returns the function. */
export function recorded<T extends object>(what: T, site: number, captured?: () => readonly unknown[]): T {
  mark(what);
  codes.set(what, { site, captured });
  return what;
}

/** The generators among the members of an object record themselves. Returns the object. */
export function holdsRecorded<T extends object>(what: T): T {
  for (const member of Object.values(Object.getOwnPropertyDescriptors(what))) mark(member.value);
  return what;
}

function mark(what: unknown): void {
  if (typeof what !== 'function' || typeof what.prototype !== 'object' || what.prototype === null) return;
  Object.defineProperty(what.prototype, RECORDED, { value: true });
}

/** How deep the call is that begins. */
export const enter = (): number => frames.enter();

/** The call stops at a point. */
export function at<T>(point: T, depth: number, site: number, ...live: unknown[]): T {
  frames.note(depth, site, live);
  return point;
}

/** The call comes to a point. Does it go by? */
export function by(point: unknown, depth: number, site: number, ...live: unknown[]): boolean {
  frames.note(depth, site, live);
  return goesBy(point);
}

/** The call lets another one begin. */
export function to<T>(operation: T, depth: number, site: number, ...live: unknown[]): T {
  frames.call(operation, depth, site, live);
  return operation;
}

/** A loop over a list, of which it can be said how far it has come. */
export class Each<T> implements Iterable<T> {
  readonly list: Iterable<T>;
  /** Elements that were handed out. */
  done = 0;

  constructor(list: Iterable<T>) {
    this.list = list;
  }

  /** Is `done` all there is to say? */
  get isIndexed(): boolean {
    return Array.isArray(this.list) || ArrayBuffer.isView(this.list);
  }

  [Symbol.iterator](): Iterator<T> {
    const elements = this.list[Symbol.iterator]();
    return {
      next: () => {
        this.done++;
        return elements.next();
      },
      return: (value?: unknown) => elements.return?.(value) ?? { done: true, value },
    };
  }
}

export const each = <T>(list: Iterable<T>): Each<T> => new Each(list);
