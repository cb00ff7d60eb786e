/**
 * Lock rules, checked as the locks are used: release by a stranger, recursion, sleeping under a spin lock, and lock
 * order. The order graph lives in the arena, so orders seen by different threads at different times add up: a cycle is
 * reported although no deadlock happened. Trylocks add no edge into the lock (they cannot wait).
 */

import { get, or, set } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { Actor } from '../arena/structures.ts';
import type { Word } from '../arena/units.ts';
import { Violation } from '../arena/violation.ts';
import { erased } from '../steps/steps.ts';
import { type LockClass, lockClasses } from './lockClass.ts';
import type { Task } from './task.ts';

const CAPACITY = 16;

/** Hears of every lock that is taken, after its word was written, and of every one that is about to be released. */
export type LockObserver = (task: Task, word: Word, cls: LockClass, taken: boolean) => void;

let observer: LockObserver | null = null;

/** Hangs an observer in, or takes it out with null. In the stepped tree only. */
export function observeLocks(next: LockObserver | null): void {
  observer = next;
}

const nameOf = (cls: LockClass): string => lockClasses[cls]?.name ?? `class ${cls}`;

/** Names of the locks a task holds, outermost first. */
export function heldLocks(arena: Arena, actor: Actor): string[] {
  const count = Math.min(get(arena, actor + Actor.heldCount), CAPACITY);
  const listed = Array.from({ length: count }, (_, i) => nameOf(get(arena, actor + Actor.held + 2 * i + 1)));
  const counted = lockClasses.flatMap(({ name, counted }, cls) => {
    const holds = counted ? get(arena, actor + Actor.heldOf + cls) : 0;
    return holds === 0 ? [] : [`${holds} ${name}`];
  });
  return [...counted, ...listed];
}

/**
 * A call that may sleep is legal only without a spin lock, and not in a non-blocking section.
 *
 * @kernel kernel/sched/core.c __might_sleep
 */
export function mightSleep(task: Task, what: string): void {
  if (task.checks && get(task.arena, task.actor + Actor.spinDepth) > 0) {
    const held = heldLocks(task.arena, task.actor).join(', ');
    throw new Violation('I-LOCK', `actor ${task.id} may sleep in ${what} while it must not (holds ${held || 'no lock'})`);
  }
}

/** non_block_start: until {@link nonBlockEnd} the task must not sleep, as if it held a spin lock. */
export function nonBlockStart(task: Task): void {
  const word = task.actor + Actor.spinDepth;
  if (task.checks) set(task.arena, word, get(task.arena, word) + 1);
}

export function nonBlockEnd(task: Task): void {
  const word = task.actor + Actor.spinDepth;
  if (task.checks) set(task.arena, word, get(task.arena, word) - 1);
}

/** Is `target` reachable backwards from `from`: was target ever held, directly or not, when `from` was taken? */
function leadsTo(arena: Arena, target: LockClass, from: LockClass): boolean {
  let seen = 0;
  let pending = 1 << from;
  while (pending !== 0) {
    const cls = 31 - Math.clz32(pending);
    pending &= ~(1 << cls);
    seen |= 1 << cls;
    const held = get(arena, arena.lockOrder + cls);
    if ((held & (1 << target)) !== 0) return true;
    pending |= held & ~seen;
  }
  return false;
}

function addEdges(task: Task, cls: LockClass, mask: number): void {
  const { arena } = task;
  or(arena, arena.lockOrder + cls, mask);
  for (let held = 0; held < lockClasses.length; held++) {
    if ((mask & (1 << held)) !== 0 && held !== cls && leadsTo(arena, cls, held)) {
      throw new Violation(
        'I-LOCK',
        `lock order: actor ${task.id} takes ${nameOf(cls)} while it holds ${nameOf(held)}; elsewhere the order is the reverse`,
      );
    }
  }
}

/**
 * Call before waiting for a lock (or passing a lock map) of a class.
 *
 * @kernel kernel/locking/lockdep.c lock_acquire
 */
export function lockOrder(task: Task, cls: LockClass): void {
  const { arena, actor } = task;
  const mask = get(arena, actor + Actor.heldMask);
  if ((mask & (1 << cls)) !== 0 && !lockClasses[cls]?.nests) {
    throw new Violation('I-LOCK', `actor ${task.id} takes a second ${nameOf(cls)} while it holds one`);
  }
  const edges = mask & ~(1 << cls);
  if ((get(arena, arena.lockOrder + cls) & edges) !== edges) addEdges(task, cls, edges);
}

/** Call after a lock was taken. */
export function noteLocked(task: Task, word: Word, cls: LockClass): void {
  if (!erased && observer !== null) observer(task, word, cls, true);
  const { arena, actor } = task;
  const info = lockClasses[cls];
  const holds = get(arena, actor + Actor.heldOf + cls) + 1;
  set(arena, actor + Actor.heldOf + cls, holds);
  if (holds === 1) set(arena, actor + Actor.heldMask, get(arena, actor + Actor.heldMask) | (1 << cls));
  if (info?.kind === 'spin') set(arena, actor + Actor.spinDepth, get(arena, actor + Actor.spinDepth) + 1);
  if (info?.counted) return;
  const count = get(arena, actor + Actor.heldCount);
  if (count >= CAPACITY) throw new Violation('I-LOCK', `actor ${task.id} holds more than ${CAPACITY} locks`);
  set(arena, actor + Actor.held + 2 * count, word);
  set(arena, actor + Actor.held + 2 * count + 1, cls);
  set(arena, actor + Actor.heldCount, count + 1);
}

/** Removes a lock from the list of those held; locks are mostly released innermost first. */
function unlist(task: Task, word: Word, cls: LockClass): void {
  const { arena, actor } = task;
  const top = get(arena, actor + Actor.heldCount) - 1;
  let at = top;
  while (at >= 0 && (get(arena, actor + Actor.held + 2 * at) !== word || get(arena, actor + Actor.held + 2 * at + 1) !== cls))
    at--;
  if (at < 0) throw new Violation('I-LOCK', `actor ${task.id} releases ${nameOf(cls)} (word ${word}), which it does not hold`);
  for (let i = 2 * at; i < 2 * top; i++) set(arena, actor + Actor.held + i, get(arena, actor + Actor.held + i + 2));
  set(arena, actor + Actor.heldCount, top);
}

/** Call before a lock is released. */
export function noteUnlocked(task: Task, word: Word, cls: LockClass): void {
  if (!erased && observer !== null) observer(task, word, cls, false);
  const { arena, actor } = task;
  const info = lockClasses[cls];
  const left = get(arena, actor + Actor.heldOf + cls) - 1;
  if (left < 0) throw new Violation('I-LOCK', `actor ${task.id} releases a ${nameOf(cls)} (word ${word}), but it holds none`);
  if (!info?.counted) unlist(task, word, cls);
  set(arena, actor + Actor.heldOf + cls, left);
  if (left === 0) set(arena, actor + Actor.heldMask, get(arena, actor + Actor.heldMask) & ~(1 << cls));
  if (info?.kind === 'spin') set(arena, actor + Actor.spinDepth, get(arena, actor + Actor.spinDepth) - 1);
}

/** Passes through a lockdep map: records the order of a wait that no lock word stands for. */
export function lockMap(task: Task, cls: LockClass): void {
  if (task.checks) lockOrder(task, cls);
}
