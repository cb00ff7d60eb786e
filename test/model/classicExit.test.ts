import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, get, load } from '../../src/arena/access.ts';
import { VPN_LIMIT } from '../../src/arena/config.ts';
import { poolLive } from '../../src/arena/pool.ts';
import { ClassicSub, Header, Mm } from '../../src/arena/structures.ts';
import { mmput } from '../../src/mm/syscalls/exit.ts';
import { mmAlloc } from '../../src/mm/vma/mmStruct.ts';
import { mmuNotifierGet, mmuNotifierPut, mmuNotifierUnregister, unlinkClassic } from '../../src/notifier/classic.ts';
import { mmuNotifierInvalidateRangeStart } from '../../src/notifier/invalidate.ts';
import { mmdrop } from '../../src/notifier/mmCount.ts';
import { MMU_NOTIFY_CLEAR, notifierRange } from '../../src/notifier/range.ts';
import { subscriptionsOf } from '../../src/notifier/sequence.ts';
import { Point } from '../../src/steps/points.ts';
import { run } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../src/sync/spinlock.ts';
import type { Task } from '../../src/sync/task.ts';
import { open } from './brackets.ts';
import { classicScene } from './classicScene.ts';
import { heard, record, runWith, unrecord } from './recorder.ts';
import { actor, steppedOnly } from './schedule.ts';
import { violates } from './violates.ts';

test('exit hears intervals first, releases classic notifiers once, and tells them nothing more', () => {
  const { arena, task, mm, register, said, list } = classicScene();
  const sub = register('a');
  const interval = record(task, mm, 10, 4);
  register('b');
  run(mmput(task, mm));
  assert.deepEqual(heard(interval), [`RELEASE 0-${VPN_LIMIT}`, `UNMAP 0-${VPN_LIMIT}`]);
  assert.deepEqual([said(), list()], [['b release', 'a release'], []]);
  assert.equal(poolLive(arena, arena.pools.mm), 1);
  run(mmuNotifierUnregister(task, sub));
  assert.deepEqual(said(), []);
  assert.equal(load(arena, mm + Mm.count), 2);
  unrecord(task, interval);
});

test('the interval hears RELEASE before any classic notifier is released', () => {
  const { task, mm, register, said } = classicScene();
  register('a');
  const interval = record(task, mm, 10, 4);
  const before: string[][] = [];
  interval.during = () => before.push(said());
  run(mmput(task, mm));
  assert.deepEqual(before, [[], ['a release']]);
});

test('the last pin frees the mm, whoever has it', () => {
  const { arena, task, mm, opsOf } = classicScene();
  const sub = run(mmuNotifierGet(task, mm, opsOf('a')));
  run(mmput(task, mm));
  assert.deepEqual([poolLive(arena, arena.pools.mm), poolLive(arena, arena.pools.subscriptions)], [1, 1]);
  run(mmuNotifierPut(task, sub));
  assert.deepEqual([poolLive(arena, arena.pools.mm), poolLive(arena, arena.pools.subscriptions)], [0, 0]);
});

test('release may come twice, from exit and from unregister', () => {
  const { task, mm, other, register, said, arena } = classicScene();
  const sub = register('a');
  runWith(
    () => mmuNotifierUnregister(task, sub),
    Point.mmuNotifierUnregister,
    () => run(mmput(other, mm)),
  );
  assert.deepEqual(said(), ['a release', 'a release']);
  assert.equal(poolLive(arena, arena.pools.mm), 0);
});

test('exit waits for an unregister that is inside release, before any page goes', steppedOnly, () => {
  const { arena, task, mm, hook, register } = classicScene();
  const sub = register('a');
  const interval = record(task, mm, 10, 4);
  hook.pause = true;
  const unregister = actor(arena, 2, (who: Task) => mmuNotifierUnregister(who, sub));
  unregister.to(Point.driverInvalidate);
  const exit = actor(arena, 3, (who: Task) => mmput(who, mm));
  assert.equal(exit.go(), 'waits');
  assert.deepEqual(heard(interval), [`RELEASE 0-${VPN_LIMIT}`]);
  assert.equal(unregister.go(), 'waits');
  assert.equal(exit.go(), 'done');
  assert.equal(unregister.go(), 'done');
});

for (const where of ['of the same mm', 'of another mm']) {
  test(`unregister waits for callbacks ${where}`, steppedOnly, () => {
    const { arena, mm, hook, register } = classicScene();
    const sub = register('a');
    const space = where === 'of the same mm' ? mm : mmAlloc(arena);
    register('b', space);
    hook.pause = true;
    const invalidation = actor(arena, 2, (who: Task) =>
      mmuNotifierInvalidateRangeStart(who, notifierRange(MMU_NOTIFY_CLEAR, space, 10, 20)),
    );
    invalidation.to(Point.driverInvalidate);
    hook.pause = false;
    const unregister = actor(arena, 3, (who: Task) => mmuNotifierUnregister(who, sub));
    assert.equal(unregister.go(), 'waits');
    assert.deepEqual([invalidation.go(), unregister.go()], ['done', 'done']);
  });
}

test('a walk that stands on an unlinked notifier goes on to the rest of the list', () => {
  const { arena, task, mm, other, hook, register, said, list } = classicScene();
  register('old');
  const young = register('young');
  hook.during = () => {
    hook.during = null;
    run(unlinkClassic(other, subscriptionsOf(task, mm), young));
  };
  open(task, mm, 10, 20);
  assert.deepEqual(said(), ['young 10-20', 'old 10-20']);
  assert.equal(list().length, 1);
  assert.equal(get(arena, young + ClassicSub.linked), 0);
});

test('nobody unregisters from a callback; afterwards one may', () => {
  const { task, mm, hook, register } = classicScene();
  const [one, two] = [register('a'), register('b')];
  run(mmuNotifierUnregister(task, one));
  hook.during = (caller) => {
    hook.during = null;
    run(mmuNotifierUnregister(caller, two));
  };
  violates('I-LOCK', /takes a second srcu/, () => open(task, mm, 10, 20));
});

test('nobody unregisters under a lock that callbacks take', () => {
  const { other, hook, register, bracket } = classicScene();
  const [one, two] = [register('a'), register('b')];
  const word = Header.shared;
  hook.during = (caller) => {
    run(mutexLock(caller, word, LockClass.updateLock));
    run(mutexUnlock(caller, word, LockClass.updateLock));
  };
  bracket();
  hook.during = null;
  run(mutexLock(other, word + 1, LockClass.migrateLock));
  run(mmuNotifierUnregister(other, one));
  run(mutexUnlock(other, word + 1, LockClass.migrateLock));
  run(mutexLock(other, word, LockClass.updateLock));
  violates('I-LOCK', /takes srcu while it holds updateLock/, () => run(mmuNotifierUnregister(other, two)));
});

test('a callback that still runs when its notifier is gone is reported', () => {
  const { arena, task, mm, register, opsOf, bracket } = classicScene();
  const [one, two] = [register('a'), register('b')];
  bracket();
  run(mmuNotifierUnregister(task, one));
  add(arena, two + ClassicSub.running, 1);
  violates('I-CB', /1 callbacks of notifier/, () => run(mmuNotifierUnregister(task, two)));
  const got = run(mmuNotifierGet(task, mm, opsOf('c')));
  add(arena, got + ClassicSub.running, 1);
  violates('I-CB', /1 callbacks of notifier/, () => run(mmuNotifierPut(task, got)));
});

test('an mm is not destroyed with a notifier on its list, inside a bracket, or twice', () => {
  const first = classicScene();
  first.register('a');
  mmdrop(first.arena, first.mm);
  violates('I-UAF', /destroyed with notifiers on its list/, () => mmdrop(first.arena, first.mm));
  const second = classicScene();
  unrecord(second.task, record(second.task, second.mm, 10, 4));
  open(second.task, second.mm, 10, 20);
  violates('I-PAIR', /destroyed inside an invalidation/, () => mmdrop(second.arena, second.mm));
  violates('I-REF', /fell below 0/, () => mmdrop(second.arena, second.mm));
  const third = classicScene();
  mmdrop(third.arena, third.mm);
  assert.equal(poolLive(third.arena, third.arena.pools.mm), 0);
});
