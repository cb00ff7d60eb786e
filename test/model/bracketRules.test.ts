import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../../src/arena/access.ts';
import { ClassicSub, Header } from '../../src/arena/structures.ts';
import {
  mmuNotifierInvalidateRangeEnd,
  mmuNotifierInvalidateRangeStart,
  mmuNotifierInvalidateRangeStartNonblock,
} from '../../src/notifier/invalidate.ts';
import { MMU_NOTIFY_CLEAR, type NotifierRange, notifierRange } from '../../src/notifier/range.ts';
import { run, type Steps } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { mutexLock, mutexTryLock, mutexUnlock, spinLock, spinUnlock } from '../../src/sync/spinlock.ts';
import type { Task } from '../../src/sync/task.ts';
import { close, open } from './brackets.ts';
import { invalidateScene } from './invalidateScene.ts';
import { machine } from './machine.ts';
import { record } from './recorder.ts';
import { violates } from './violates.ts';

const calls: Record<'start' | 'nonblock' | 'end', (task: Task, range: NotifierRange) => Steps<unknown>> = {
  start: mmuNotifierInvalidateRangeStart,
  nonblock: mmuNotifierInvalidateRangeStartNonblock,
  end: mmuNotifierInvalidateRangeEnd,
};

test('a bracket that may sleep is neither opened nor closed under a spin lock; the other kind may be', () => {
  const { task, mm } = machine();
  const { start, nonblock, end } = calls;
  const range = notifierRange(MMU_NOTIFY_CLEAR, mm, 10, 20);
  run(start(task, range));
  run(spinLock(task, Header.shared, LockClass.ptl));
  violates('I-LOCK', /may sleep in mmuNotifierInvalidateRangeEnd/, () => run(end(task, range)));
  violates('I-LOCK', /may sleep in mmuNotifierInvalidateRangeStart/, () => run(start(task, range)));
  assert.equal(run(nonblock(task, range)), 0);
  run(end(task, range));
  run(spinUnlock(task, Header.shared, LockClass.ptl));
  run(end(task, range));
});

for (const what of ['start', 'nonblock', 'end'] as const) {
  test(`${what} under a lock that callbacks take is reported; under another one it is fine`, () => {
    const { task, mm } = machine();
    const sub = record(task, mm, 10, 10);
    sub.during = (caller) => {
      run(mutexLock(caller, Header.shared, LockClass.updateLock));
      run(mutexUnlock(caller, Header.shared, LockClass.updateLock));
    };
    close(task, open(task, mm, 10, 20));
    sub.during = null;
    const range = notifierRange(MMU_NOTIFY_CLEAR, mm, 10, 20);
    if (what === 'end') run(calls.start(task, range));
    run(mutexLock(task, Header.shared, LockClass.migrateLock));
    run(calls[what](task, range));
    run(mutexUnlock(task, Header.shared, LockClass.migrateLock));
    run(mutexLock(task, Header.shared, LockClass.updateLock));
    violates('I-LOCK', /takes invalidateRangeStart while it holds updateLock/, () => run(calls[what](task, range)));
  });
}

test('a callback opens no bracket of its own; between start and end another may be opened', () => {
  const { task, mm } = machine();
  const sub = record(task, mm, 10, 10);
  const range = open(task, mm, 10, 20);
  close(task, open(task, mm, 10, 20));
  close(task, range);
  sub.during = (caller) => open(caller, mm, 50, 60);
  violates('I-LOCK', /takes a second invalidateRangeStart/, () => open(task, mm, 10, 20));
});

test('a classic notifier does not sleep in a non-blocking start; in a blocking one, or by trying, it may', () => {
  const { arena, task, mm, classic, nonblock } = invalidateScene();
  let lock = mutexLock as (caller: Task, word: number, cls: number) => Steps<unknown>;
  const sub = classic({
    *invalidateRangeStart(caller: Task): Steps<number> {
      yield* lock(caller, Header.shared, LockClass.updateLock);
      yield* mutexUnlock(caller, Header.shared, LockClass.updateLock);
      return 0;
    },
  });
  close(task, open(task, mm, 10, 20));
  lock = mutexTryLock;
  assert.equal(nonblock(), 0);
  assert.equal(load(arena, sub + ClassicSub.running), 0);
  run(mutexLock(task, Header.shared, LockClass.updateLock));
  run(mutexUnlock(task, Header.shared, LockClass.updateLock));
  lock = mutexLock;
  violates('I-LOCK', /may sleep in mutexLock while it must not/, () => nonblock());
});
