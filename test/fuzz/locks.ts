/**
 * A state of a program, a plain list of small numbers, and the rules of the model's locks on it: who may take what, who is woken,
 * and what is not allowed. Nothing here is shared with the model.
 */
import { LOCKS, RWSEM, WORDS } from './program.ts';

export type State = number[];

/** Places of a state: shared words, owners of the locks (0: free), the semaphore, and the lock-order graph, a few bits a class. */
export const OWNERS = WORDS;
const READERS = OWNERS + LOCKS.length;
const WRITER = READERS + 1;
const WAITING_READERS = READERS + 2;
const WAITING_WRITERS = READERS + 3;
const READERS_TURN = READERS + 4;
const ORDER = READERS + 5;
const ACTORS = ORDER + 1;

/**
 * Places of an actor. `wait` is 1 while it waits for a wake-up, 2 when it was woken; `fresh` is 1 while it stands at the first point of
 * its first operation; `held` is how often it holds each lock.
 */
export const Place = {
  operation: 0,
  pc: 1,
  wait: 2,
  fresh: 3,
  registers: 4,
  saved: 6,
  round: 8,
  pad: 9,
  held: 10,
  window: 16,
  kept: 17,
  counted: 19,
} as const;
const SIZE = 21;

export const sizeOf = (actors: number): number => ACTORS + SIZE * actors;
export const placeOf = (actor: number): number => ACTORS + SIZE * actor;

const MOST_HELD = 16;

/** Thrown where a rule is broken. No Error: thousands are thrown, and nobody looks at their stacks. */
export class Broken {
  readonly rule: string;

  constructor(rule: string) {
    this.rule = rule;
  }
}

export function breaks(rule: string): never {
  throw new Broken(rule);
}

const at = (state: State, place: number): number => state[place] as number;

function change(state: State, place: number, by: number): void {
  state[place] = at(state, place) + by;
}

const heldBy = (state: State, actor: number, lock: number): number => at(state, placeOf(actor) + Place.held + lock);

export const holdsAny = (state: State, actor: number): boolean => LOCKS.some((_, lock) => heldBy(state, actor, lock) > 0);

function hold(state: State, actor: number, lock: number): void {
  change(state, placeOf(actor) + Place.held + lock, 1);
  if (LOCKS.reduce((sum, _, one) => sum + heldBy(state, actor, one), 0) > MOST_HELD) breaks('I-LOCK');
}

function letGo(state: State, actor: number, lock: number): void {
  if (heldBy(state, actor, lock) === 0) breaks('I-LOCK');
  change(state, placeOf(actor) + Place.held + lock, -1);
}

/** Class of a lock in the order graph: spin lock, mutex, semaphore, the other mutexes. */
const classOf = (lock: number): number => [0, 1, 1, 2, 3, 3][lock] as number;
const CLASSES = 4;
/** Two locks of the class are not held at once. */
const ALONE = 3;

/** Before a lock is waited for: nobody sleeps under a spin lock, and the order of classes is the same everywhere. */
export function checkOrder(state: State, actor: number, lock: number): void {
  if (lock !== 0 && heldBy(state, actor, 0) > 0) breaks('I-LOCK');
  const cls = classOf(lock);
  let mask = 0;
  for (let one = 0; one < LOCKS.length; one++) {
    if (heldBy(state, actor, one) === 0) continue;
    if (classOf(one) !== cls) mask |= 1 << classOf(one);
    else if (cls === ALONE) breaks('I-LOCK');
  }
  const order = (from: number): number => (at(state, ORDER) >> (CLASSES * from)) & ((1 << CLASSES) - 1);
  if ((order(cls) & mask) === mask) return;
  state[ORDER] = at(state, ORDER) | (mask << (CLASSES * cls));
  for (let from = 0; from < CLASSES; from++) {
    if ((mask & (1 << from)) === 0) continue;
    let reached = order(from);
    for (let round = 0; round < CLASSES; round++)
      for (let via = 0; via < CLASSES; via++) if (reached & (1 << via)) reached |= order(via);
    if (reached & (1 << cls)) breaks('I-LOCK');
  }
}

/** False: somebody else has it. */
export function take(state: State, actor: number, lock: number): boolean {
  if (state[OWNERS + lock] !== 0) return false;
  state[OWNERS + lock] = actor + 1;
  hold(state, actor, lock);
  return true;
}

export function checkUnlock(state: State, actor: number, lock: number): void {
  if (state[OWNERS + lock] !== actor + 1) breaks('I-LOCK');
  letGo(state, actor, lock);
}

export function mayEnter(state: State, write: boolean): boolean {
  if (state[WRITER] !== 0) return false;
  const turn = state[READERS_TURN] !== 0;
  return write ? state[READERS] === 0 && (!turn || state[WAITING_READERS] === 0) : state[WAITING_WRITERS] === 0 || turn;
}

export function checkDown(state: State, actor: number, write: boolean): void {
  if (heldBy(state, actor, 0) > 0) breaks('I-LOCK');
  if (write && state[WRITER] === actor + 1) breaks('I-DEAD');
  checkOrder(state, actor, RWSEM);
}

/** False: it has to wait, and is queued. */
export function enter(state: State, actor: number, write: boolean): boolean {
  const queue = write ? WAITING_WRITERS : WAITING_READERS;
  const queued = state[placeOf(actor) + Place.wait] !== 0;
  if (!mayEnter(state, write)) {
    if (!queued) change(state, queue, 1);
    return false;
  }
  if (queued) change(state, queue, -1);
  if (state[WAITING_READERS] === 0) state[READERS_TURN] = 0;
  if (write) state[WRITER] = actor + 1;
  else change(state, READERS, 1);
  hold(state, actor, RWSEM);
  return true;
}

export function tryEnter(state: State, actor: number): boolean {
  if (!mayEnter(state, false)) return false;
  change(state, READERS, 1);
  hold(state, actor, RWSEM);
  return true;
}

export function checkUp(state: State, actor: number, write: boolean, keeps: boolean): void {
  if (write && state[WRITER] !== actor + 1) breaks('I-LOCK');
  if (!keeps) letGo(state, actor, RWSEM);
}

/** True: who waits for the semaphore is to be woken. */
export function leave(state: State, write: boolean, keeps: boolean): boolean {
  if (!write) {
    if (state[READERS] === 0) breaks('I-LOCK');
    change(state, READERS, -1);
    return state[READERS] === 0 && at(state, WAITING_WRITERS) > 0;
  }
  state[WRITER] = 0;
  if (at(state, WAITING_READERS) > 0) state[READERS_TURN] = 1;
  if (keeps) change(state, READERS, 1);
  return at(state, WAITING_READERS) + at(state, WAITING_WRITERS) > 0;
}
