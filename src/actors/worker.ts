/** A kernel worker: does what the drivers have left to it. */
import { Mirror } from '../arena/structures.ts';
import { sleepFor } from '../sync/sleep.ts';
import { runPendingWork } from '../sync/workqueue.ts';
import type { Operation, World } from './world.ts';

/** Milliseconds between two looks, and looks of one operation: an idle worker comes to rest fifty times a second. */
const LOOK_MS = 1;
const LOOKS = 20;

function* work(world: World) {
  const { task, driver, mirrors } = world;
  for (let look = 0; look < LOOKS; look++) {
    let done = 0;
    for (const mirror of mirrors) done += yield* runPendingWork(task, mirror + Mirror.work, driver.work ?? [], mirror);
    if (done > 0) return;
    yield* sleepFor(task, LOOK_MS);
  }
}

export const workerOperations: readonly Operation[] = [{ name: 'work', weight: 1, run: work }];
