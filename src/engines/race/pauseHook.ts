/** What the race engine does at every point: note it, look whether somebody interfered, and perhaps wait. */
import { load, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { Actor, Header } from '../../arena/structures.ts';
import { points } from '../../steps/points.ts';
import { foreignEvents, type Task } from '../../sync/task.ts';
import type { PointDelay } from './job.ts';
import { isShaking, nap } from './shaking.ts';

const RING = 16;

export interface PassedPoints {
  readonly hook: (point: number) => void;
  /** By point id: another actor changed something between this point and the actor's next. */
  readonly hits: Float64Array;
}

/** Waits without giving the core away: Atomics.wait never sleeps for less than about 80 us. A stop ends it. */
function stall(arena: Arena, milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end && load(arena, Header.stop) === 0);
}

/**
 * The number of points passed, after `passed`, as a word of 32 bits. It wraps around, and skips the numbers that would say that the
 * ring is not full yet.
 */
export const nextPassed = (passed: number): number => (passed === -1 ? RING : (passed + 1) | 0);

/** Place in the ring; right for what has wrapped around, too. */
const placeOf = (passed: number): number => passed & (RING - 1);

/** Names of the last points an actor passed, oldest first. */
export function recentPoints(words: Int32Array, actor: number): string[] {
  const next = words[actor + Actor.recentAt] as number;
  const count = next >= 0 && next < RING ? next : RING;
  return Array.from(
    { length: count },
    (_, i) => points[words[actor + Actor.recent + placeOf(next - count + i)] as number]?.name ?? '?',
  );
}

/**
 * The hook for one actor. `random` is its own, so that delays do not change what the actor does; `shaking` is the word of
 * shaking.ts.
 */
export function passedPoints(task: Task, delays: readonly PointDelay[], random: () => number, shaking: Int32Array): PassedPoints {
  const { arena, actor } = task;
  const hits = new Float64Array(points.length);
  const delayOf = points.map((_, id) => delays.find(({ point }) => point === id));
  const delaying = delays.length > 0;
  let last = 0;
  let seen = 0;
  let passed = arena.words[actor + Actor.recentAt] as number;
  const hook = (point: number): void => {
    // Plain loads: an event missed now is seen at the next point.
    const foreign = foreignEvents(task);
    if (foreign !== seen) {
      hits[last] = (hits[last] as number) + 1;
      seen = foreign;
    }
    last = point;
    set(arena, actor + Actor.recent + placeOf(passed), point);
    passed = nextPassed(passed);
    set(arena, actor + Actor.recentAt, passed);
    if (isShaking(shaking)) nap(arena, random);
    if (!delaying) return;
    const delay = delayOf[point];
    if (delay !== undefined && random() < delay.probability) stall(arena, delay.milliseconds);
  };
  return { hook, hits };
}
