/** What the programs are written with: words and arrays of the arena, mutexes, and condition variables made of waiting and waking. */
import { frameLoad, frameStore, increase, load, store } from '../../src/arena/access.ts';
import type { Arena } from '../../src/arena/arena.ts';
import { Header } from '../../src/arena/structures.ts';
import type { Word } from '../../src/arena/units.ts';
import { demand } from '../../src/arena/violation.ts';
import type { Finding } from '../../src/oracles/finding.ts';
import type { EndCover } from '../../src/scenarios/kit/covers.ts';
import type { Script } from '../../src/scenarios/kit/scenario.ts';
import { wordArena } from '../../src/scenarios/kit/wordArena.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../src/sync/spinlock.ts';
import type { Task } from '../../src/sync/task.ts';
import { waitWhile, wake } from '../../src/sync/wait.ts';
import { ASSERT } from './program.ts';

/** Words of an array (see {@link at}) that a program has. */
const ARRAY = 64;

/** An arena of 16 words, all 0, and an array. */
export const memory = (actors: number): Arena => wordArena(actors, ARRAY);

/** A shared word by its number, 0 to 15. */
export const word = (number: number): Word => Header.shared + number;

/** Element of the array, 0 to 63. */
export const at = (arena: Arena, index: number): number => frameLoad(arena, index);
export const put = (arena: Arena, index: number, value: number): void => frameStore(arena, index, value);

/** Reads a word that nothing guards: anybody may run before. */
export function* read(task: Task, from: Word): Steps<number> {
  yield Point.call;
  return load(task.arena, from);
}

export function* write(task: Task, to: Word, value: number): Steps<void> {
  yield Point.call;
  store(task.arena, to, value);
}

/**
 * A mutex as pthread has it: any may be taken while others are held. Its class says so, or else the order of classes would be
 * checked (lockdep.ts), and two locks in either order found before anybody waits.
 */
const CLASS = LockClass.umemRwsem;

export const lock = (task: Task, mutex: Word): Steps<void> => mutexLock(task, mutex, CLASS);
export const unlock = (task: Task, mutex: Word): Steps<void> => mutexUnlock(task, mutex, CLASS);

/** Drops the mutex, waits to be signalled, takes it again. The word counts the signals. May return early; callers loop. */
export function* wait(task: Task, condition: Word, mutex: Word): Steps<void> {
  const signals = load(task.arena, condition);
  yield* unlock(task, mutex);
  yield* waitWhile(task, condition, signals);
  yield* lock(task, mutex);
}

/** Lets one of those go on who wait for the condition. */
export function* signal(task: Task, condition: Word): Steps<void> {
  yield Point.call;
  increase(task.arena, condition, 1);
  wake(task.arena, condition, 1);
}

/** What the program demands of itself. */
export const assert = (holds: boolean, message: () => string): void => demand(holds, ASSERT, message);

/** The same at the end. */
export const unless = (holds: boolean, message: string): Finding[] => (holds ? [] : [{ rule: ASSERT, message }]);

/** A cover: an execution ends with a word as it says. */
export const endsWith = (arena: Arena, number: number, value: number, what: string): EndCover => ({
  end: () => arena.words[word(number)] === value,
  what,
});

/** An actor that does one thing. */
export const actor = (name: string, operation: (task: Task) => Steps<unknown>): Script => ({ name, operations: [operation] });

/** So many actors that do the same: nobody tells them apart. */
export function alike(count: number, name: string, operation: (task: Task) => Steps<unknown>): Script[] {
  const operations = [operation];
  return Array.from({ length: count }, (_, i) => ({ name: `${name}${i}`, operations }));
}
