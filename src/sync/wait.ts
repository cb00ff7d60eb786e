/**
 * The one way the model blocks: wait while a shared word has a value, and wake whoever waits on a word. Every lock,
 * wait queue and completion is built on it. There are three ways to park, one an engine.
 */
import { load, set } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { Actor, Header } from '../arena/structures.ts';
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

/** Waits while `words[word] === value`. May return early; callers loop. */
export function* waitWhile(task: Task, word: number, value: number, killable = false): Steps<void> {
  const { arena, actor } = task;
  // Not observed: whoever waits looks again at what it waited for.
  if (Atomics.load(arena.words, word) !== value) return;
  set(arena, actor + Actor.waitValue, value);
  set(arena, actor + Actor.waitWord, word);
  yield* task.park(task, word, value, killable);
  set(arena, actor + Actor.waitWord, 0);
}

/** Hears of every wake-up, in the stepped tree only: an engine with a clock of its own lets exactly those go on. */
export type Waker = (word: number, count: number) => void;

let waker: Waker | null = null;

/** Hangs a waker in, or takes it out with null. */
export function onWake(next: Waker | null): void {
  waker = next;
}

/** Wakes up to `count` waiters of a word. Costs 30-76 ns even when nobody waits, hence the waiters bits of the locks. */
export function wake(arena: Arena, word: number, count = Number.POSITIVE_INFINITY): void {
  if (!erased && waker !== null) waker(word, count);
  else Atomics.notify(arena.words, word, count);
}

/** Race: spin for about a microsecond, then sleep. The slices let a watchdog end a wait that no wake-up will end. */
export function* parkThread(task: Task, word: number, value: number, killable: boolean): Steps<void> {
  const { arena } = task;
  for (let i = 0; i < SPINS; i++) if (load(arena, word) !== value) return;
  while (load(arena, word) === value) {
    if (killable && fatalSignalPending(task)) return;
    if (load(arena, Header.stop) === STOP_ABORT) throw new Aborted(`actor ${task.id} was told to give up waiting`);
    Atomics.wait(arena.words, word, value, SLICE_MS);
  }
}

/** Explore and simulate: the scheduler runs the task again once the word has changed. */
export function* parkStep(task: Task, word: number, value: number, killable: boolean): Steps<void> {
  while (task.arena.words[word] === value && !(killable && fatalSignalPending(task))) yield Point.wait;
}

/** A task that runs alone: nobody else can change the word. */
export function* parkAlone(task: Task, word: number, value: number, killable: boolean): Steps<void> {
  if (killable && fatalSignalPending(task)) return;
  throw new Violation('I-DEAD', `actor ${task.id} would wait for ever: word ${word} is ${value} and nobody else runs`);
}
