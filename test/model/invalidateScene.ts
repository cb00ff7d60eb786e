/** An address space whose notifiers write what they are asked into one log. */

import assert from 'node:assert/strict';
import { poolAlloc } from '../../src/arena/pool.ts';
import type { Serial } from '../../src/arena/serials.ts';
import { mmuNotifierRegister } from '../../src/notifier/classic.ts';
import { mmuIntervalNotifierInsert } from '../../src/notifier/interval.ts';
import { mmuNotifierInvalidateRangeStartNonblock } from '../../src/notifier/invalidate.ts';
import { type ClassicOps, type IntervalOps, registerClassicOps, registerIntervalOps } from '../../src/notifier/ops.ts';
import { MMU_NOTIFY_CLEAR, type NotifierRange, notifierRange } from '../../src/notifier/range.ts';
import { mmuIntervalSetSeq } from '../../src/notifier/sequence.ts';
import { run, type Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { machine } from './machine.ts';

let nextOps = 2000;

export function invalidateScene() {
  const { arena, task, mm } = machine();
  const log: string[] = [];
  const seen: NotifierRange[] = [];
  const interval = (ops: IntervalOps, start = 10, length = 10): number => {
    const sub = poolAlloc(arena, arena.pools.interval);
    registerIntervalOps(nextOps, ops);
    assert.equal(run(mmuIntervalNotifierInsert(task, sub, mm, { start, length, ops: nextOps++ })), 0);
    return sub;
  };
  const classic = (ops: ClassicOps): number => {
    const sub = poolAlloc(arena, arena.pools.classic);
    registerClassicOps(nextOps, ops);
    assert.equal(run(mmuNotifierRegister(task, sub, mm, nextOps++)), 0);
    return sub;
  };
  /** One pass: answers `ok`. */
  const onePass = (name: string, ok = true, start = 10): number =>
    interval(
      {
        *invalidate(caller: Task, sub: number, range: NotifierRange, seq: Serial): Steps<boolean> {
          log.push(name);
          seen.push(range);
          if (ok) mmuIntervalSetSeq(caller, sub, seq);
          return ok;
        },
      },
      start,
    );
  /** Two passes: the first answers `ok`; without `needs` there is nothing to finish. */
  const twoPass = (name: string, ok = true, needs = true): number =>
    interval({
      *invalidateStart(caller: Task, sub: number, _range: NotifierRange, seq: Serial) {
        log.push(`${name} begins`);
        mmuIntervalSetSeq(caller, sub, seq);
        return { ok, finish: needs ? name : null };
      },
      *invalidateFinish(_caller: Task, finish: unknown): Steps<void> {
        log.push(`${String(finish)} finishes`);
      },
    });
  const start = (name: string, result: number) => ({
    *invalidateRangeStart(_caller: Task, _sub: number, range: NotifierRange): Steps<number> {
      log.push(`${name} start`);
      seen.push(range);
      return result;
    },
  });
  const end = (name: string) => ({
    *invalidateRangeEnd(): Steps<void> {
      log.push(`${name} end`);
    },
  });
  const nonblock = (first = 10, last = 20): number =>
    run(mmuNotifierInvalidateRangeStartNonblock(task, notifierRange(MMU_NOTIFY_CLEAR, mm, first, last)));
  const said = (): string[] => log.splice(0);
  return { arena, task, mm, log, seen, interval, classic, onePass, twoPass, start, end, nonblock, said };
}
