/** The migration worker: moves ranges to a device and back, and now and then empties a device. */

import { Counter } from '../arena/counters.ts';
import type { Mirror } from '../arena/structures.ts';
import { count } from '../sync/task.ts';
import type { Operation, World } from './world.ts';
import { randomStretch } from './world.ts';

/** Longest range of one migration, in pages. */
const SPAN = 32;

const anyMirror = (world: World): Mirror => world.mirrors[world.random(world.mirrors.length)] as number;

function* toDevice(world: World) {
  const { task, driver, base, pages } = world;
  const [start, end] = randomStretch(world, base, pages, SPAN);
  if ((yield* driver.migrateToDevice(task, anyMirror(world), start, end)) < 0) count(task, Counter.failedOperations);
}

function* toSystem(world: World) {
  const { task, driver, base, pages } = world;
  const [start, end] = randomStretch(world, base, pages, SPAN);
  if ((yield* driver.migrateToSystem(task, anyMirror(world), start, end)) < 0) count(task, Counter.failedOperations);
}

function* evict(world: World) {
  yield* world.driver.evict(world.task, anyMirror(world));
}

export const migratorOperations: readonly Operation[] = [
  { name: 'migrateToDevice', weight: 70, run: toDevice },
  { name: 'migrateToSystem', weight: 27, run: toSystem },
  { name: 'evict', weight: 3, run: evict },
];
