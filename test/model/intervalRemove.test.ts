import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, load } from '../../src/arena/access.ts';
import { poolAlloc, poolFree } from '../../src/arena/pool.ts';
import { Header, IntervalSub, Mm, Subscriptions } from '../../src/arena/structures.ts';
import { mmuIntervalNotifierRemove } from '../../src/notifier/interval.ts';
import { subscriptionsOf } from '../../src/notifier/sequence.ts';
import { run } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { mutexLock, mutexUnlock, spinLock, spinUnlock } from '../../src/sync/spinlock.ts';
import type { Task } from '../../src/sync/task.ts';
import { close, deferred, inTree, open } from './brackets.ts';
import { machine, soloTask } from './machine.ts';
import { heard, record, unrecord } from './recorder.ts';
import { actor, steppedOnly } from './schedule.ts';
import { violates } from './violates.ts';

function scene() {
  const { arena, task, mm } = machine();
  return { arena, task, mm, other: soloTask(arena, 1) };
}

test('inserted and removed within one exclusion: no wait, and it never enters the tree', () => {
  const { task, mm, other } = scene();
  const first = record(task, mm, 10, 4);
  const range = open(other, mm, 10, 20);
  const subs = [30, 40, 50].map((start) => record(task, mm, start, 4));
  const [a, , c] = subs.map(({ sub }) => sub);
  unrecord(task, subs[1] as (typeof subs)[0]);
  assert.deepEqual(deferred(task, mm), [c, a]);
  close(other, range);
  assert.deepEqual(inTree(task, mm), [first.sub, a, c]);
});

test('an interval that is freed while its insertion is deferred is caught when the exclusion ends', () => {
  const { arena, task, mm, other } = scene();
  record(task, mm, 10, 4);
  const range = open(other, mm, 10, 20);
  const one = record(task, mm, 30, 4);
  poolFree(arena, arena.pools.interval, one.sub);
  violates('I-UAF', /deferred list holds interval/, () => close(other, range));
});

test('removed outside of an exclusion it is out at once, also beside a bracket', () => {
  const { arena, task, mm, other } = scene();
  const [one, two] = [record(task, mm, 10, 4), record(task, mm, 20, 4)];
  unrecord(task, one);
  const range = open(other, mm, 50, 60);
  unrecord(task, two);
  close(other, range);
  assert.deepEqual([inTree(task, mm), load(arena, mm + Mm.count)], [[], 1]);
  close(other, open(other, mm, 0, 99));
  assert.deepEqual([heard(one), heard(two)], [[], []]);
});

test('removed within an exclusion it still hears, and the removal waits for the end', steppedOnly, () => {
  const { arena, task, mm, other } = scene();
  const [one, two] = [record(task, mm, 10, 4), record(task, mm, 20, 4)];
  const range = open(other, mm, 10, 11);
  const removal = actor(arena, 3, (remover: Task) => mmuIntervalNotifierRemove(remover, two.sub));
  assert.equal(removal.go(), 'waits');
  assert.deepEqual([inTree(task, mm), deferred(task, mm)], [[one.sub, two.sub], [two.sub]]);
  const second = open(task, mm, 20, 21);
  assert.deepEqual(heard(two), ['CLEAR 20-21']);
  close(other, range);
  assert.equal(removal.go(), 'waits');
  close(task, second);
  assert.deepEqual([inTree(task, mm), deferred(task, mm)], [[one.sub], []]);
  assert.equal(removal.go(), 'done');
  assert.equal(load(arena, mm + Mm.count), 2);
  close(task, open(task, mm, 20, 21));
  assert.deepEqual(heard(two), []);
});

test('a removal does not return on the new sequence alone, but after the section that made it', steppedOnly, () => {
  const { arena, task, mm, other } = scene();
  const one = record(task, mm, 10, 4);
  open(other, mm, 10, 11);
  const removal = actor(arena, 3, (remover: Task) => mmuIntervalNotifierRemove(remover, one.sub));
  assert.equal(removal.go(), 'waits');
  const subs = subscriptionsOf(task, mm);
  run(spinLock(other, subs + Subscriptions.lock, LockClass.subscriptions));
  add(arena, subs + Subscriptions.invalidateSeq, 1);
  assert.equal(removal.go(), 'waits');
  run(spinUnlock(other, subs + Subscriptions.lock, LockClass.subscriptions));
  assert.equal(removal.go(), 'done');
});

test('what is not subscribed is not removed', () => {
  const { arena, task, mm } = scene();
  const one = record(task, mm, 10, 4);
  record(task, mm, 20, 4);
  violates('I-UAF', /mm handle 0/, () => run(mmuIntervalNotifierRemove(task, poolAlloc(arena, arena.pools.interval))));
  run(mmuIntervalNotifierRemove(task, one.sub));
  violates('I-CB', /removed but not in the tree/, () => run(mmuIntervalNotifierRemove(soloTask(task.arena, 2), one.sub)));
  const { task: again, mm: space } = scene();
  record(again, space, 10, 4);
  open(again, space, 10, 11);
  const late = record(again, space, 20, 4);
  run(mmuIntervalNotifierRemove(again, late.sub));
  violates('I-CB', /neither in the tree nor on the deferred list/, () => run(mmuIntervalNotifierRemove(again, late.sub)));
});

test('one exclusion defers one removal of an interval, not two', () => {
  const { arena, task, mm, other } = scene();
  const one = record(task, mm, 10, 4);
  open(other, mm, 10, 20);
  const remove = (id: number): void => run(mmuIntervalNotifierRemove(soloTask(arena, id), one.sub));
  violates('I-DEAD', /would wait for ever/, () => remove(4));
  assert.deepEqual(deferred(task, mm), [one.sub]);
  violates('I-CB', /on the deferred list already/, () => remove(5));
});

test('a removal sleeps: not under a spin lock, not from a callback', () => {
  const { task, mm, other } = scene();
  const [one, two] = [record(task, mm, 10, 4), record(task, mm, 20, 4)];
  run(spinLock(other, Header.shared, LockClass.ptl));
  violates('I-LOCK', /may sleep in mmuIntervalNotifierRemove/, () => run(mmuIntervalNotifierRemove(other, one.sub)));
  run(spinUnlock(other, Header.shared, LockClass.ptl));
  two.during = (caller) => run(mmuIntervalNotifierRemove(caller, one.sub));
  violates('I-LOCK', /takes a second invalidateRangeStart/, () => open(task, mm, 20, 21));
});

for (const [held, expected] of [
  [LockClass.updateLock, 'is reported'],
  [LockClass.migrateLock, 'is fine'],
] as const) {
  test(`a removal under a lock of class ${held} ${expected}, when callbacks take class ${LockClass.updateLock}`, () => {
    const { task, mm, other } = scene();
    const [one, two] = [record(task, mm, 10, 4), record(task, mm, 20, 4)];
    one.during = (caller) => {
      run(mutexLock(caller, Header.shared, LockClass.updateLock));
      run(mutexUnlock(caller, Header.shared, LockClass.updateLock));
    };
    close(task, open(task, mm, 10, 11));
    run(mutexLock(other, Header.shared + 1, held));
    const remove = (): void => run(mmuIntervalNotifierRemove(other, two.sub));
    if (held === LockClass.updateLock) violates('I-LOCK', /takes invalidateRangeStart while it holds updateLock/, remove);
    else remove();
  });
}

test('a callback that runs when its interval is gone is reported', () => {
  const { arena, task, mm } = scene();
  const [one, two] = [record(task, mm, 10, 4), record(task, mm, 20, 4)];
  close(task, open(task, mm, 10, 30));
  assert.equal(load(arena, two.sub + IntervalSub.running), 0);
  unrecord(task, two);
  add(arena, one.sub + IntervalSub.running, 1);
  violates('I-CB', /1 callbacks of interval \d+ run after its removal/, () => run(mmuIntervalNotifierRemove(task, one.sub)));
});
