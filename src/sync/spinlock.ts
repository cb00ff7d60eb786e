/**
 * Spin lock and mutex: one word, 0 when free, else the owner's tag and a waiters bit. The two differ in what is allowed
 * while they are held (lockdep.ts); both spin shortly and then sleep, because a model of a spin lock that really spins
 * would burn the core its holder needs.
 */

import { acquired, cas, forgetSince, get, load, observed, xchg } from '../arena/access.ts';
import type { Word } from '../arena/units.ts';
import { Violation } from '../arena/violation.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import type { LockClass } from './lockClass.ts';
import { lockOrder, mightSleep, noteLocked, noteUnlocked } from './lockdep.ts';
import { ownerTag, type Task } from './task.ts';
import { waitWhile, wake } from './wait.ts';

const WAITERS = 1 << 30;
const OWNER = WAITERS - 1;

/** Id of the actor that holds the lock, or -1. */
export const lockOwner = (value: number): number => (value & OWNER) - 1;

function* lockSlow(task: Task, word: Word, mark: unknown): Steps<void> {
  const { arena } = task;
  for (;;) {
    forgetSince(mark);
    // Each round anew: a variable that is kept over a wait would tell like actors apart.
    const tag = ownerTag(task, word);
    const seen = load(arena, word);
    if ((seen & OWNER) === tag) throw new Violation('I-DEAD', `actor ${task.id} takes lock word ${word} a second time`);
    if (seen === 0) {
      // Others may still wait, and the one who released has cleared their bit: keep it set (Drepper's third mutex).
      if (cas(arena, word, 0, tag | WAITERS) === 0) return;
    } else if ((seen & WAITERS) !== 0 || cas(arena, word, seen, seen | WAITERS) === seen) {
      // Nor does it matter for whom it waits.
      forgetSince(mark);
      yield* waitWhile(task, word, seen | WAITERS);
    }
  }
}

function* lock(task: Task, word: Word, cls: LockClass): Steps<void> {
  if (task.checks) lockOrder(task, cls);
  const mark = observed();
  yield Point.lock;
  // Acquire: pairs with the exchange in `unlock`.
  if (cas(task.arena, word, 0, ownerTag(task, word)) !== 0) yield* lockSlow(task, word, mark);
  acquired(word);
  forgetSince(mark);
  if (task.checks) noteLocked(task, word, cls);
}

function* tryLock(task: Task, word: Word, cls: LockClass): Steps<boolean> {
  yield Point.lock;
  if (cas(task.arena, word, 0, ownerTag(task, word)) !== 0) return false;
  if (task.checks) noteLocked(task, word, cls);
  return true;
}

function* unlock(task: Task, word: Word, cls: LockClass): Steps<void> {
  const { arena } = task;
  // Who waits makes no difference to who leaves.
  const mark = observed();
  if ((get(arena, word) & OWNER) !== ownerTag(task, word)) {
    throw new Violation('I-LOCK', `actor ${task.id} releases lock word ${word}, owned by actor ${lockOwner(get(arena, word))}`);
  }
  if (task.checks) noteUnlocked(task, word, cls);
  yield Point.unlock;
  // Release: pairs with the compare-and-swap in `lock`. Without the waiters bit nobody needs waking.
  if ((xchg(arena, word, 0) & WAITERS) !== 0) wake(arena, word, 1);
  forgetSince(mark);
  yield Point.unlocked;
}

/**
 * Takes a spin lock. No sleeping until {@link spinUnlock}.
 *
 * @kernel kernel/locking/spinlock.c spin_lock
 */
export const spinLock = lock;
export const spinUnlock = unlock;
export const spinTryLock = tryLock;

/**
 * Takes a mutex; may sleep. Not recursive.
 *
 * @kernel kernel/locking/mutex.c mutex_lock
 */
export function* mutexLock(task: Task, word: Word, cls: LockClass): Steps<void> {
  mightSleep(task, 'mutexLock');
  yield* lock(task, word, cls);
}
export const mutexTryLock = tryLock;
export const mutexUnlock = unlock;

/** Is the lock held by this task? For assertions. */
export const isLockedBy = (task: Task, word: Word): boolean => (get(task.arena, word) & OWNER) === ownerTag(task, word);
