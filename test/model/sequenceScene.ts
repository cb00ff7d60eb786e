/** An address space with intervals that only keep their sequence. */

import assert from 'node:assert/strict';
import { poolAlloc } from '../../src/arena/pool.ts';
import type { Serial } from '../../src/arena/serials.ts';
import { mmuIntervalNotifierInsert } from '../../src/notifier/interval.ts';
import { registerIntervalOps } from '../../src/notifier/ops.ts';
import type { NotifierRange } from '../../src/notifier/range.ts';
import { mmuIntervalSetSeq } from '../../src/notifier/sequence.ts';
import { run, type Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { machine, soloTask } from './machine.ts';

/** Callbacks that only set the sequence. */
const OPS = 900;
registerIntervalOps(OPS, {
  *invalidate(task: Task, sub: number, _range: NotifierRange, seq: Serial): Steps<boolean> {
    mmuIntervalSetSeq(task, sub, seq);
    return true;
  },
});

export function sequenceScene() {
  const { arena, task, mm } = machine();
  /** Subscribes pages [start, start + length). */
  const insert = (start: number, length: number): number => {
    const sub = poolAlloc(arena, arena.pools.interval);
    assert.equal(run(mmuIntervalNotifierInsert(task, sub, mm, { start, length, ops: OPS })), 0);
    return sub;
  };
  return { arena, task, mm, insert, t: soloTask(arena, 1), v: soloTask(arena, 2), reader: soloTask(arena, 3) };
}
