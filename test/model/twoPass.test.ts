import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../../src/arena/access.ts';
import { VPN_LIMIT } from '../../src/arena/config.ts';
import { EAGAIN } from '../../src/arena/errno.ts';
import { IntervalSub } from '../../src/arena/structures.ts';
import { mmuNotifierRelease } from '../../src/notifier/invalidate.ts';
import { MMU_NOTIFY_RELEASE, type NotifierRange, notifierRange } from '../../src/notifier/range.ts';
import { run, type Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { close, numbers, open } from './brackets.ts';
import { invalidateScene } from './invalidateScene.ts';
import { soloTask } from './machine.ts';

test('every first pass comes before any second, in the same order, before the start returns', () => {
  const { task, mm, twoPass, onePass, said } = invalidateScene();
  twoPass('a');
  onePass('b');
  twoPass('c', true, false);
  twoPass('d');
  const range = open(task, mm, 10, 20);
  assert.deepEqual(said(), ['a begins', 'b', 'c begins', 'd begins', 'a finishes', 'd finishes']);
  close(task, range);
  assert.deepEqual(said(), []);
});

test('a first pass that refuses is not finished, those before it are', () => {
  const { arena, twoPass, nonblock, said } = invalidateScene();
  const subs = [twoPass('a'), twoPass('no', false), twoPass('c')];
  assert.equal(nonblock(), -EAGAIN);
  assert.deepEqual(said(), ['a begins', 'no begins', 'a finishes']);
  for (const sub of subs) assert.equal(load(arena, sub + IntervalSub.running), 0);
});

test('concurrent invocations finish what they started themselves', () => {
  const { task, mm, interval, said, log } = invalidateScene();
  let depth = 0;
  interval({
    *invalidateStart(_caller: Task, _sub: number, range: NotifierRange) {
      return { ok: true, finish: range.start };
    },
    *invalidateFinish(_caller: Task, finish: unknown): Steps<void> {
      const inner = depth++ === 0 ? open(soloTask(task.arena, 1), mm, 11, 12) : null;
      if (inner !== null) close(soloTask(task.arena, 1), inner);
      log.push(`finish of ${String(finish)}`);
    },
  });
  close(task, open(task, mm, 10, 20));
  assert.deepEqual(said(), ['finish of 11', 'finish of 10']);
});

test('a release has two passes too', () => {
  const { task, mm, twoPass, said } = invalidateScene();
  twoPass('a');
  twoPass('b');
  run(mmuNotifierRelease(task, notifierRange(MMU_NOTIFY_RELEASE, mm, 0, VPN_LIMIT)));
  assert.deepEqual(said(), ['a begins', 'b begins', 'a finishes', 'b finishes']);
  assert.deepEqual(numbers(task, mm), [0, 4]);
});
