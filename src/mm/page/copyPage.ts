/** copy_highpage in two halves with a point between them, so that a write during the copy can be torn by it. */

import { frameCopy } from '../../arena/access.ts';
import { frameAt } from '../../arena/frames.ts';
import type { Pfn } from '../../arena/units.ts';
import { Point } from '../../steps/points.ts';
import { pointsWatched, type Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';

/** @kernel include/linux/highmem.h copy_highpage */
export function* copyPage(task: Task, to: Pfn, from: Pfn): Steps<void> {
  const { arena } = task;
  const { frameWords } = arena;
  const source = frameAt(arena, from);
  const target = frameAt(arena, to);
  if (!pointsWatched()) {
    frameCopy(arena, target, source, frameWords);
    return;
  }
  const half = frameWords >> 1;
  yield Point.copyPage;
  frameCopy(arena, target, source, half);
  yield Point.copyPage;
  frameCopy(arena, target + half, source + half, frameWords - half);
}
