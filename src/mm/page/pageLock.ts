/**
 * The page lock (folio lock): a sleeping bit lock in the page flags. It is the right to migrate a page or to make it
 * exclusive, and it is held for the whole life of migration entries. A huge page has one, whichever piece one asks for.
 */

import { acquired, and, cas, forgetRound, forgetSince, get, load, looksAt, observed, or, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
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
import { inBlock, PG_LOCKED, PG_WAITERS, pageFlags, pageFolio } from './page.ts';

function took(task: Task, folio: Pfn): void {
  const owner = task.arena.page.lockOwner + folio;
  set(task.arena, owner, ownerTag(task, owner));
  if (task.checks) noteLocked(task, task.arena.page.flags + folio, LockClass.pageLock);
}

/** The word that is the lock of a page now. Until it is locked the huge page that a piece is of may be split. */
function* lockWord({ arena }: Task, pfn: Pfn): Steps<Word> {
  const folio = pageFolio(arena, pfn);
  if (folio !== pfn) yield Point.pageFolio;
  return arena.page.flags + folio;
}

/** The same for who has just looked at it, in a step of its own where it may be another one by now. */
function* waitWord(task: Task, pfn: Pfn): Steps<Word> {
  if (inBlock(task.arena, pfn)) yield Point.pageFolio;
  return yield* lockWord(task, pfn);
}

/** folio_test_locked. */
export const isPageLocked = (arena: Arena, pfn: Pfn): boolean => (pageFlags(arena, pageFolio(arena, pfn)) & PG_LOCKED) !== 0;

/** Is it the caller who has it locked? */
export function hasLocked(task: Task, pfn: Pfn): boolean {
  const { arena } = task;
  const owner = arena.page.lockOwner + pageFolio(arena, pfn);
  return isPageLocked(arena, pfn) && get(arena, owner) === ownerTag(task, owner);
}

/**
 * folio_trylock. Legal under a spin lock.
 *
 * @kernel mm/filemap.c folio_trylock
 */
export function* trylockPage(task: Task, pfn: Pfn): Steps<boolean> {
  const { arena } = task;
  yield Point.trylockPage;
  for (;;) {
    const word = yield* lockWord(task, pfn);
    looksAt(PG_LOCKED);
    const flags = get(arena, word);
    if ((flags & PG_LOCKED) !== 0) return false;
    // Acquire: pairs with the `and` in letGo.
    if (cas(arena, word, flags, flags | PG_LOCKED) !== flags) continue;
    const folio = pageFolio(arena, pfn);
    if (word === arena.page.flags + folio) {
      took(task, folio);
      return true;
    }
    // Split since we looked whose lock it is: this one is another page's.
    letGo(arena, word);
  }
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
  mightSleep(task, 'lockPage');
  if (task.checks) lockOrder(task, LockClass.pageLock);
  const mark = observed();
  while (!(yield* trylockPage(task, pfn))) {
    // What comes next looks for itself, also at whose lock it is: a huge page may be split while we wait.
    forgetSince(mark);
    const word = yield* waitWord(task, pfn);
    const flags = announce(task, word);
    if (flags !== -1) yield* waitWhile(task, word, flags, killable);
    if (killable && fatalSignalPending(task)) return -EINTR;
    forgetRound(mark);
  }
  acquired(task.arena.page.flags + pageFolio(task.arena, pfn));
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

/** The lock is not the caller's any more; the bit goes next. Returns its word. */
function disown(task: Task, folio: Pfn, pfn: Pfn): Word {
  const { arena } = task;
  const owner = arena.page.lockOwner + folio;
  if (get(arena, owner) !== ownerTag(task, owner)) {
    throw new Violation('I-LOCK', `actor ${task.id} unlocks page ${pfn}, locked by actor ${get(arena, owner) - 1}`);
  }
  if (task.checks) noteUnlocked(task, arena.page.flags + folio, LockClass.pageLock);
  set(arena, owner, 0);
  return arena.page.flags + folio;
}

/** Clears the bits, and wakes who waits. False when they were clear. */
function letGo(arena: Arena, word: Word): boolean {
  // Release, and learn in the same step whether anybody waits: nobody can start to wait in between.
  const flags = and(arena, word, ~(PG_LOCKED | PG_WAITERS));
  if ((flags & PG_WAITERS) !== 0) wake(arena, word);
  return (flags & PG_LOCKED) !== 0;
}

/**
 * folio_unlock.
 *
 * @kernel mm/filemap.c folio_unlock
 */
export function* unlockPage(task: Task, pfn: Pfn): Steps<void> {
  const { arena } = task;
  const word = disown(task, pageFolio(arena, pfn), pfn);
  yield Point.unlockPage;
  // An actor that changed the flags meanwhile has stored over the bit, and perhaps another one has taken the lock.
  if (!letGo(arena, word)) throw new Violation('I-LOCK', `page ${pfn} is not locked any more when actor ${task.id} unlocks it`);
  yield Point.unlocked;
}

/**
 * What the caller has locked falls apart: `relabel` says what the pieces of the huge page that begins with `head` belong to from then on.
 * Each of those begins locked, and all but `kept`, given by their first pieces, are unlocked at once. Who has waited looks again.
 */
export function* splitLock(task: Task, head: Pfn, kept: readonly Pfn[], relabel: () => void): Steps<void> {
  const { arena } = task;
  const moved = kept.filter((first) => pageFolio(arena, first) !== first);
  for (const first of moved) {
    // Nobody has this lock: it is that of the whole until there is another label.
    or(arena, arena.page.flags + first, PG_LOCKED);
    took(task, first);
  }
  relabel();
  // The first piece is kept as well, or each had its own lock before.
  if (moved.length < kept.length) return;
  letGo(arena, disown(task, head, head));
  yield Point.unlocked;
}

/** Sleeps until the page has been unlocked once; the caller holds a reference and tests again. */
export function* waitOnPageLocked(task: Task, pfn: Pfn, killable = false): Steps<void> {
  mightSleep(task, 'waitOnPageLocked');
  const word = yield* waitWord(task, pfn);
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
  const word = yield* waitWord(task, pfn);
  const flags = announce(task, word);
  yield* spinUnlock(task, ptl, LockClass.ptl);
  yield Point.waitOnLocked;
  if (flags !== -1) yield* waitWhile(task, word, flags);
}
