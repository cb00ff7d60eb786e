/**
 * The one way the model blocks: wait while a shared word has a value, and wake the actors that wait on a word. Every lock,
 * wait queue and completion is built on it. There are three ways to park, one an engine.
 */

import { forgetSince, load, notify, observed, set } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { isStill, type Serial, waitedFor } from '../arena/serials.ts';
import { Actor, Header } from '../arena/structures.ts';
import type { Word } from '../arena/units.ts';
import { Violation } from '../arena/violation.ts';
import { Point } from '../steps/points.ts';
import { erased, type Steps } from '../steps/steps.ts';
import { fatalSignalPending, type Task } from './task.ts';

/** Thrown out of a wait when the engine gives the run up; never caught by the model. */
export class Aborted extends Error {
  override readonly name = 'Aborted';
}

/** Value of header.stop that ends waits as well as loops. */
export const STOP_ABORT = 2;

const SPINS = 128;
const SLICE_MS = 20;

/** Waits while the word is what it `was`. May return early; callers loop. */
export function* waitWhile(task: Task, word: Word, was: number | Serial, killable = false): Steps<void> {
  const { arena } = task;
  const value = waitedFor(was);
  // Leaves no memory: whoever waits looks again at what it waited for.
  const mark = observed();
  const same = isStill(arena, word, value);
  forgetSince(mark);
  if (!same) return;
  // The address of the record in a variable would tell like actors apart.
  set(arena, task.actor + Actor.waitValue, value);
  set(arena, task.actor + Actor.waitWord, word);
  yield* task.park(task, word, value, killable);
  set(arena, task.actor + Actor.waitWord, 0);
}

/** Hears of every wake-up, in the stepped tree only: an engine with a clock of its own lets exactly those go on. */
export type Waker = (word: Word, count: number) => void;

let waker: Waker | null = null;

/** Hangs a waker in, or takes it out with null. */
export function onWake(next: Waker | null): void {
  waker = next;
}

/** Wakes up to `count` waiters of a word. Costs 30-76 ns even when nobody waits, hence the waiters bits of the locks. */
export function wake(arena: Arena, word: Word, count = Number.POSITIVE_INFINITY): void {
  if (!erased && waker !== null) waker(word, count);
  else notify(arena, word, count);
}

/** Race: spin for about a microsecond, then sleep. The slices let a watchdog end a wait that no wake-up will end. */
export function* parkThread(task: Task, word: Word, value: number, killable: boolean): Steps<void> {
  const { arena } = task;
  for (let i = 0; i < SPINS; i++) if (load(arena, word) !== value) return;
  while (load(arena, word) === value) {
    if (killable && fatalSignalPending(task)) return;
    if (load(arena, Header.stop) === STOP_ABORT) throw new Aborted(`actor ${task.id} was told to give up waiting`);
    Atomics.wait(arena.words, word, value, SLICE_MS);
  }
}

/**
 * Explore and simulate: the scheduler runs the task again once it was woken. It looks no further, as its caller does: so what happens next does
 * not depend on the value, which to an explorer would tell apart those who have waited for different owners of a lock.
 */
export function* parkStep(task: Task, word: Word, value: number, killable: boolean): Steps<void> {
  const mark = observed();
  const waits = isStill(task.arena, word, value) && !(killable && fatalSignalPending(task));
  forgetSince(mark);
  if (waits) yield Point.wait;
}

/**
 * Waits at `point` until the word, under the mask, has the value. It is a point even if it has. To an explorer this is one wait
 * for a condition that any actor may make true: for scenarios of a few words without wake-ups.
 */
export function* waitUntil(task: Task, point: number, word: Word, mask: number, value: number): Steps<void> {
  const { arena } = task;
  const mark = observed();
  set(arena, task.actor + Actor.waitMask, mask);
  set(arena, task.actor + Actor.waitValue, value);
  set(arena, task.actor + Actor.waitWord, word);
  do {
    forgetSince(mark);
    yield point;
  } while ((load(arena, word) & mask) !== value);
  forgetSince(mark);
  set(arena, task.actor + Actor.waitWord, 0);
  set(arena, task.actor + Actor.waitMask, 0);
}

/** A task that runs alone: nobody else can change the word. */
export function* parkAlone(task: Task, word: Word, value: number, killable: boolean): Steps<void> {
  if (killable && fatalSignalPending(task)) return;
  throw new Violation('I-DEAD', `actor ${task.id} would wait for ever: word ${word} is ${value} and nobody else runs`);
}
