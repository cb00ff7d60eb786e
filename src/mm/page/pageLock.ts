/**
 * The page lock (folio lock): a sleeping bit lock in the page flags. It is the right to migrate a page or to make it
 * exclusive, and it is held for the whole life of migration entries.
 */

import { acquired, and, cas, forgetRound, forgetSince, get, load, looksAt, observed, set } from '../../arena/access.ts';
import { EINTR } from '../../arena/errno.ts';
import type { Errno, Pfn, Word } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { lockOrder, mightSleep, noteLocked, noteUnlocked } from '../../sync/lockdep.ts';
import { spinUnlock } from '../../sync/spinlock.ts';
import { fatalSignalPending, ownerTag, type Task } from '../../sync/task.ts';
import { waitWhile, wake } from '../../sync/wait.ts';
import { PG_LOCKED, PG_WAITERS } from './page.ts';

function took(task: Task, pfn: Pfn): void {
  const owner = task.arena.page.lockOwner + pfn;
  set(task.arena, owner, ownerTag(task, owner));
  if (task.checks) noteLocked(task, task.arena.page.flags + pfn, LockClass.pageLock);
}

/**
 * folio_trylock. Legal under a spin lock.
 *
 * @kernel mm/filemap.c folio_trylock
 */
export function* trylockPage(task: Task, pfn: Pfn): Steps<boolean> {
  const word = task.arena.page.flags + pfn;
  yield Point.trylockPage;
  for (;;) {
    looksAt(PG_LOCKED);
    const flags = get(task.arena, word);
    if ((flags & PG_LOCKED) !== 0) return false;
    // Acquire: pairs with the `and` in unlockPage.
    if (cas(task.arena, word, flags, flags | PG_LOCKED) === flags) break;
  }
  took(task, pfn);
  return true;
}

/** Marks that somebody waits and returns the flags to wait on, or -1 when the page is not locked. */
function announce(task: Task, word: Word): number {
  for (;;) {
    looksAt(PG_LOCKED | PG_WAITERS);
    const flags = load(task.arena, word);
    if ((flags & PG_LOCKED) === 0) return -1;
    if ((flags & PG_WAITERS) !== 0) return flags;
    if (cas(task.arena, word, flags, flags | PG_WAITERS) === flags) return flags | PG_WAITERS;
  }
}

function* lock(task: Task, pfn: Pfn, killable: boolean): Steps<Errno> {
  const word = task.arena.page.flags + pfn;
  mightSleep(task, 'lockPage');
  if (task.checks) lockOrder(task, LockClass.pageLock);
  const mark = observed();
  while (!(yield* trylockPage(task, pfn))) {
    // What comes next looks for itself.
    forgetSince(mark);
    const flags = announce(task, word);
    if (flags !== -1) yield* waitWhile(task, word, flags, killable);
    if (killable && fatalSignalPending(task)) return -EINTR;
    forgetRound(mark);
  }
  acquired(word);
  forgetSince(mark);
  return 0;
}

/**
 * folio_lock: sleeps until the page is ours.
 *
 * @kernel mm/filemap.c folio_lock
 */
export function* lockPage(task: Task, pfn: Pfn): Steps<void> {
  yield* lock(task, pfn, false);
}

/**
 * folio_lock_killable: 0, or -EINTR on a fatal signal.
 *
 * @kernel mm/filemap.c folio_lock_killable
 */
export function* lockPageKillable(task: Task, pfn: Pfn): Steps<Errno> {
  return yield* lock(task, pfn, true);
}

/**
 * folio_unlock.
 *
 * @kernel mm/filemap.c folio_unlock
 */
export function* unlockPage(task: Task, pfn: Pfn): Steps<void> {
  const { arena } = task;
  const owner = arena.page.lockOwner + pfn;
  if (get(arena, owner) !== ownerTag(task, owner)) {
    throw new Violation(
      'I-LOCK',
      `actor ${task.id} unlocks page ${pfn}, locked by actor ${get(arena, arena.page.lockOwner + pfn) - 1}`,
    );
  }
  if (task.checks) noteUnlocked(task, arena.page.flags + pfn, LockClass.pageLock);
  set(arena, arena.page.lockOwner + pfn, 0);
  yield Point.unlockPage;
  // Release, and learn in the same step whether anybody waits: nobody can start to wait in between.
  const flags = and(arena, arena.page.flags + pfn, ~(PG_LOCKED | PG_WAITERS));
  // An actor that changed the flags meanwhile has stored over the bit, and perhaps another one has taken the lock.
  if ((flags & PG_LOCKED) === 0)
    throw new Violation('I-LOCK', `page ${pfn} is not locked any more when actor ${task.id} unlocks it`);
  if ((flags & PG_WAITERS) !== 0) wake(arena, arena.page.flags + pfn);
  yield Point.unlocked;
}

/** Sleeps until the page has been unlocked once; the caller holds a reference and tests again. */
export function* waitOnPageLocked(task: Task, pfn: Pfn, killable = false): Steps<void> {
  const word = task.arena.page.flags + pfn;
  mightSleep(task, 'waitOnPageLocked');
  const flags = announce(task, word);
  if (flags !== -1) yield* waitWhile(task, word, flags, killable);
}

/**
 * softleaf_entry_wait_on_locked: called with the page-table lock held and the entry verified; releases it and sleeps until
 * the page is unlocked. It holds no reference: what it will wait for is fixed before the lock is dropped, and afterwards
 * only the wait word is touched.
 *
 * @kernel mm/migrate.c softleaf_entry_wait_on_locked
 */
export function* waitOnLockedDropPtl(task: Task, pfn: Pfn, ptl: Word): Steps<void> {
  const word = task.arena.page.flags + pfn;
  const flags = announce(task, word);
  yield* spinUnlock(task, ptl, LockClass.ptl);
  yield Point.waitOnLocked;
  if (flags !== -1) yield* waitWhile(task, word, flags);
}
