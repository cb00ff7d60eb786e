/** Actors of the stepped tree that a test moves one by one, as far as it wants. */
import assert from 'node:assert/strict';
import type { Arena } from '../../src/arena/arena.ts';
import { Point, points } from '../../src/steps/points.ts';
import { erased, type Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { parkStep } from '../../src/sync/wait.ts';
import { soloTask } from './machine.ts';

/** For a test that holds an operation in the middle: in the erased tree an operation is over when its call returns. */
export const steppedOnly = { skip: erased ? 'steps its actors one by one' : false };

/** An operation under way. */
export interface Actor<T> {
  readonly task: Task;
  /** Goes on until the operation is done, or has to wait for a word that somebody else must change. */
  go(): 'done' | 'waits';
  /** Goes on for so many points, or until it is done. */
  steps(count: number): void;
  /** Goes on until it is about to pass `point`. It gets there without waiting, or the test fails. */
  to(point: number): void;
  /** What the operation returned. */
  result(): T;
}

/** Begins `operation` as actor `id`, which must be another one than that of every operation still under way. */
export function actor<T>(arena: Arena, id: number, operation: (task: Task) => Steps<T>): Actor<T> {
  const task = soloTask(arena, id, { park: parkStep });
  const steps = operation(task);
  let last: IteratorResult<number, T> | undefined;
  const next = (): IteratorResult<number, T> => {
    last = steps.next();
    return last;
  };
  return {
    task,
    go() {
      if (last?.done) return 'done';
      for (;;) {
        const step = next();
        if (step.done) return 'done';
        if (step.value === Point.wait) return 'waits';
      }
    },
    steps(count) {
      for (let i = 0; i < count && !last?.done; i++) next();
    },
    to(point) {
      for (;;) {
        const step = next();
        assert.ok(!step.done && step.value !== Point.wait, `actor ${id} ended or waited before ${points[point]?.name}`);
        if (step.value === point) return;
      }
    },
    result() {
      assert.ok(last?.done, `actor ${id} is not done`);
      return last.value;
    },
  };
}
