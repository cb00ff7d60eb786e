/** What the model tests use to look into the middle of an operation. */

import { poolAlloc, poolFree } from '../../src/arena/pool.ts';
import type { Serial } from '../../src/arena/serials.ts';
import { mmuIntervalNotifierInsert, mmuIntervalNotifierRemove } from '../../src/notifier/interval.ts';
import { registerIntervalOps } from '../../src/notifier/ops.ts';
import { eventNames, type NotifierRange } from '../../src/notifier/range.ts';
import { mmuIntervalSetSeq } from '../../src/notifier/sequence.ts';
import { setPause } from '../../src/steps/pause.ts';
import { points } from '../../src/steps/points.ts';
import { run, type Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';

/** An interval notifier that writes down what it hears, as `CLEAR 16-17` or `MIGRATE 16-20 by 1`. */
export interface Recorder {
  /** The interval. */
  readonly sub: number;
  readonly heard: string[];
  /** Called inside the callback, after the sequence was set. */
  during: ((task: Task, range: NotifierRange) => void) | null;
  /** What the callback answers; false is a refusal. */
  answer: boolean;
  /** Does the callback leave the sequence alone for (EXCLUSIVE, this owner)? 0 for never. */
  ignoreExclusiveOf: number;
}

const describeRange = ({ event, start, end, owner }: NotifierRange): string =>
  `${eventNames[event]} ${start}-${end}${owner === 0 ? '' : ` by ${owner}`}`;

let nextOps = 1000;

/** Subscribes a recorder to pages [start, start + length) of `mm`. */
export function record(task: Task, mm: number, start: number, length: number): Recorder {
  const ops = nextOps++;
  const sub = poolAlloc(task.arena, task.arena.pools.interval);
  const recorder: Recorder = { sub, heard: [], during: null, answer: true, ignoreExclusiveOf: 0 };
  registerIntervalOps(ops, {
    *invalidate(caller: Task, interval: number, range: NotifierRange, seq: Serial): Steps<boolean> {
      recorder.heard.push(describeRange(range));
      if (!recorder.answer) return false;
      const own = recorder.ignoreExclusiveOf !== 0 && range.event === 7 && range.owner === recorder.ignoreExclusiveOf;
      if (!own) mmuIntervalSetSeq(caller, interval, seq);
      recorder.during?.(caller, range);
      return true;
    },
  });
  const error = run(mmuIntervalNotifierInsert(task, sub, mm, { start, length, ops }));
  if (error !== 0) throw new Error(`record: insertion failed with ${error}`);
  return recorder;
}

/** What was heard since the last call. */
export const heard = (recorder: Recorder): string[] => recorder.heard.splice(0);

/** Unsubscribes. */
export function unrecord(task: Task, recorder: Recorder): void {
  run(mmuIntervalNotifierRemove(task, recorder.sub));
  poolFree(task.arena, task.arena.pools.interval, recorder.sub);
}

/**
 * Completes the operation that `begin` starts, and calls `act` the first `times` times it passes `point`: another actor's
 * move, in the stepped tree between two steps, in the erased tree from the pause hook. An operation that never passes the
 * point is an error: the test would show nothing.
 */
export function runWith<T>(begin: () => Steps<T>, point: number, act: () => void, times = 1): T {
  let left = times;
  const reach = (reached: number): void => {
    if (reached !== point || left === 0) return;
    left--;
    setPause(null);
    act();
    setPause(reach);
  };
  setPause(reach);
  try {
    const result = complete(begin(), reach);
    if (left === times) throw new Error(`runWith: the operation never passed ${points[point]?.name}`);
    return result;
  } finally {
    setPause(null);
  }
}

function complete<T>(steps: Steps<T>, reach: (point: number) => void): T {
  // In the erased tree it has run already, and `steps` is its value.
  if (typeof steps !== 'object' || steps === null || !('next' in steps)) return steps as T;
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value;
    reach(step.value);
  }
}
