/** The one way the model lets time pass: a retry loop that backs off. How long that really is depends on the engine. */
import { load } from '../arena/access.ts';
import { Header } from '../arena/structures.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import { mightSleep } from './lockdep.ts';
import type { Task } from './task.ts';

/** usleep_range: sleeps for about so many milliseconds (fractions are fine). Not under a spin lock. */
export function* sleepFor(task: Task, milliseconds: number): Steps<void> {
  mightSleep(task, 'sleepFor');
  yield* task.sleep(task, milliseconds);
}

/** Race: gives the core away. A stop of the race ends it. */
export function* sleepThread(task: Task, milliseconds: number): Steps<void> {
  yield Point.sleep;
  if (load(task.arena, Header.stop) === 0) Atomics.wait(task.arena.words, Header.stop, 0, milliseconds);
}
