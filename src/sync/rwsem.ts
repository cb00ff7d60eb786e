/**
 * Reader-writer semaphore, phase-fair: a waiting writer stops new readers, and a leaving writer lets the readers that
 * waited go first. So a reader nested inside a reader deadlocks as soon as a writer queues between the two, as it does
 * in the kernel. Two words: the state, and the tag of the writer.
 */

import { acquired, cas, forgetSince, get, observed, set } from '../arena/access.ts';
import { EINTR } from '../arena/errno.ts';
import type { Errno, Word } from '../arena/units.ts';
import { Violation } from '../arena/violation.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import type { LockClass } from './lockClass.ts';
import { lockOrder, mightSleep, noteLocked, noteUnlocked } from './lockdep.ts';
import { fatalSignalPending, ownerTag, type Task } from './task.ts';
import { waitWhile, wake } from './wait.ts';

const READER = 1;
const READERS = 0xff;
const WAITING_READER = 1 << 8;
const WAITING_READERS = 0xff << 8;
const WAITING_WRITER = 1 << 16;
const WAITING_WRITERS = 0xff << 16;
const WRITER = 1 << 24;
/** The readers that waited when a writer left go before the next writer. */
const READERS_TURN = 1 << 25;

const WRITER_TAG = 1;

const readerMayEnter = (state: number): boolean =>
  (state & WRITER) === 0 && ((state & WAITING_WRITERS) === 0 || (state & READERS_TURN) !== 0);

const writerMayEnter = (state: number): boolean =>
  (state & (WRITER | READERS)) === 0 && ((state & READERS_TURN) === 0 || (state & WAITING_READERS) === 0);

/** State after a waiting reader stops waiting. */
function unqueueReader(state: number): number {
  const next = state - WAITING_READER;
  return (next & WAITING_READERS) === 0 ? next & ~READERS_TURN : next;
}

function* read(task: Task, word: Word, cls: LockClass, killable: boolean): Steps<Errno> {
  const { arena } = task;
  mightSleep(task, 'downRead');
  if (task.checks) lockOrder(task, cls);
  const mark = observed();
  yield Point.lock;
  let queued = false;
  for (;;) {
    // A plain look is enough: the compare-and-swap, or the wait, tells whether it was right.
    const state = get(arena, word);
    if (readerMayEnter(state)) {
      const next = (queued ? unqueueReader(state) : state) + READER;
      if (cas(arena, word, state, next) === state) break;
    } else if (!queued) {
      queued = cas(arena, word, state, state + WAITING_READER) === state;
    } else if (killable && fatalSignalPending(task)) {
      if (cas(arena, word, state, unqueueReader(state)) === state) {
        wake(arena, word);
        return -EINTR;
      }
    } else {
      // How often it was woken in vain makes no difference: it waits as it did.
      forgetSince(mark);
      yield* waitWhile(task, word, state, killable);
    }
  }
  acquired(word);
  forgetSince(mark);
  if (task.checks) noteLocked(task, word, cls);
  return 0;
}

/**
 * Takes the semaphore for reading; not recursive.
 *
 * @kernel kernel/locking/rwsem.c down_read
 */
export function* downRead(task: Task, word: Word, cls: LockClass): Steps<void> {
  yield* read(task, word, cls, false);
}

/** As {@link downRead}, but gives up with -EINTR when a fatal signal is pending while it waits. */
export function* downReadKillable(task: Task, word: Word, cls: LockClass): Steps<Errno> {
  return yield* read(task, word, cls, true);
}

/** Takes the semaphore for reading if no writer holds or awaits it. */
export function* downReadTrylock(task: Task, word: Word, cls: LockClass): Steps<boolean> {
  const { arena } = task;
  yield Point.lock;
  for (;;) {
    const state = get(arena, word);
    if (!readerMayEnter(state)) return false;
    if (cas(arena, word, state, state + READER) === state) break;
  }
  if (task.checks) noteLocked(task, word, cls);
  return true;
}

export function* upRead(task: Task, word: Word, cls: LockClass): Steps<void> {
  const { arena } = task;
  if (task.checks) noteUnlocked(task, word, cls);
  // Who else reads or waits makes no difference to who leaves.
  const mark = observed();
  yield Point.unlock;
  for (;;) {
    const state = get(arena, word);
    if ((state & READERS) === 0)
      throw new Violation('I-LOCK', `actor ${task.id} ends a read section nobody began (word ${word})`);
    if (cas(arena, word, state, state - READER) !== state) continue;
    if ((state & READERS) === READER && (state & WAITING_WRITERS) !== 0) wake(arena, word);
    break;
  }
  forgetSince(mark);
  yield Point.unlocked;
}

/**
 * Takes the semaphore for writing.
 *
 * @kernel kernel/locking/rwsem.c down_write
 */
export function* downWrite(task: Task, word: Word, cls: LockClass): Steps<void> {
  const { arena } = task;
  mightSleep(task, 'downWrite');
  const mark = observed();
  if (isWriteLockedBy(task, word)) {
    throw new Violation('I-DEAD', `actor ${task.id} takes semaphore ${word} for writing a second time`);
  }
  if (task.checks) lockOrder(task, cls);
  yield Point.lock;
  let queued = false;
  for (;;) {
    const state = get(arena, word);
    if (writerMayEnter(state)) {
      const next = (queued ? state - WAITING_WRITER : state) | WRITER;
      if (cas(arena, word, state, next) === state) break;
    } else if (!queued) {
      queued = cas(arena, word, state, state + WAITING_WRITER) === state;
    } else {
      forgetSince(mark);
      yield* waitWhile(task, word, state);
    }
  }
  acquired(word);
  forgetSince(mark);
  set(arena, word + WRITER_TAG, ownerTag(task, word + WRITER_TAG));
  if (task.checks) noteLocked(task, word, cls);
}

/** Leaves the write section; with `keep` it becomes a reader at once (downgrade_write). */
function* leaveWrite(task: Task, word: Word, keep: number): Steps<void> {
  const { arena } = task;
  set(arena, word + WRITER_TAG, 0);
  const mark = observed();
  yield Point.unlock;
  for (;;) {
    const state = get(arena, word);
    const turn = (state & WAITING_READERS) === 0 ? 0 : READERS_TURN;
    if (cas(arena, word, state, ((state & ~WRITER) | turn) + keep) !== state) continue;
    if ((state & (WAITING_READERS | WAITING_WRITERS)) !== 0) wake(arena, word);
    break;
  }
  forgetSince(mark);
  yield Point.unlocked;
}

export function* upWrite(task: Task, word: Word, cls: LockClass): Steps<void> {
  if (get(task.arena, word + WRITER_TAG) !== ownerTag(task, word + WRITER_TAG)) {
    throw new Violation('I-LOCK', `actor ${task.id} ends a write section it does not hold (word ${word})`);
  }
  if (task.checks) noteUnlocked(task, word, cls);
  yield* leaveWrite(task, word, 0);
}

/** Turns a held write lock into a read lock without letting anybody in between. */
export function* downgradeWrite(task: Task, word: Word): Steps<void> {
  if (get(task.arena, word + WRITER_TAG) !== ownerTag(task, word + WRITER_TAG)) {
    throw new Violation('I-LOCK', `actor ${task.id} downgrades a write section it does not hold (word ${word})`);
  }
  yield* leaveWrite(task, word, READER);
}

/** Which other writer holds it leaves no memory. */
export function isWriteLockedBy(task: Task, word: Word): boolean {
  const mark = observed();
  const isOurs = get(task.arena, word + WRITER_TAG) === ownerTag(task, word + WRITER_TAG);
  forgetSince(mark);
  return isOurs;
}

export const isReadLocked = (task: Task, word: Word): boolean => (get(task.arena, word) & (READERS | WRITER)) !== 0;
