import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../../src/arena/access.ts';
import { createArena } from '../../src/arena/arena.ts';
import { Header } from '../../src/arena/structures.ts';
import { run } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../src/sync/spinlock.ts';
import { srcuReadLock, srcuReadUnlock, synchronizeSrcu } from '../../src/sync/srcu.ts';
import type { Task } from '../../src/sync/task.ts';
import { smallConfig, soloTask } from './machine.ts';
import { actor, steppedOnly } from './schedule.ts';
import { violates } from './violates.ts';

const MUTEX = Header.shared;
const { updateLock } = LockClass;

function scene() {
  const arena = createArena(smallConfig);
  const readers = (): number[] => [load(arena, Header.srcuReaders), load(arena, Header.srcuReaders + 1)];
  return { arena, task: soloTask(arena, 0), other: soloTask(arena, 1), readers };
}

test('without readers a grace period ends at once and leaves everything as it was', () => {
  const { arena, task, readers } = scene();
  for (let i = 0; i < 3; i++) run(synchronizeSrcu(task));
  assert.deepEqual([load(arena, Header.srcuIndex), load(arena, Header.srcuMutex), ...readers()], [0, 0, 0, 0]);
});

test('sections nest and count', () => {
  const { task, other, readers } = scene();
  const [outer, foreign, inner] = [run(srcuReadLock(task)), run(srcuReadLock(other)), run(srcuReadLock(task))];
  assert.deepEqual(readers(), [3, 0]);
  run(srcuReadUnlock(task, inner));
  run(srcuReadUnlock(other, foreign));
  assert.deepEqual(readers(), [1, 0]);
  run(srcuReadUnlock(task, outer));
  assert.deepEqual(readers(), [0, 0]);
  run(synchronizeSrcu(task));
});

test('a section is ended by the task that began it, once, and under its index', () => {
  const { task, other, readers } = scene();
  violates('I-LOCK', /releases a srcu .* holds none/, () => run(srcuReadUnlock(task, 0)));
  const index = run(srcuReadLock(task));
  violates('I-LOCK', /actor 1 releases a srcu/, () => run(srcuReadUnlock(other, index)));
  violates('I-LOCK', /releases srcu .* does not hold/, () => run(srcuReadUnlock(task, 1 - index)));
  run(srcuReadUnlock(task, index));
  violates('I-LOCK', /holds none/, () => run(srcuReadUnlock(task, index)));
  assert.deepEqual(readers(), [0, 0]);
});

test('a grace period waits for a reader', () => {
  const { task, other } = scene();
  run(srcuReadLock(other));
  violates('I-DEAD', /actor 0 would wait for ever/, () => run(synchronizeSrcu(task)));
});

test('nobody waits for a grace period inside a section of his own', () => {
  const { task } = scene();
  const index = run(srcuReadLock(task));
  violates('I-LOCK', /takes a second srcu while it holds one/, () => run(synchronizeSrcu(task)));
  run(srcuReadUnlock(task, index));
  run(synchronizeSrcu(task));
});

function lockInSection(task: Task): void {
  const index = run(srcuReadLock(task));
  run(mutexLock(task, MUTEX, updateLock));
  run(mutexUnlock(task, MUTEX, updateLock));
  run(srcuReadUnlock(task, index));
}

test('a lock taken by readers is not held over a grace period, even if no reader is there', () => {
  const { task, other } = scene();
  lockInSection(task);
  run(mutexLock(other, MUTEX, updateLock));
  violates('I-LOCK', /lock order: actor 1 takes srcu while it holds updateLock/, () => run(synchronizeSrcu(other)));
});

test('a lock no reader takes may be held over a grace period, and a section may begin under any lock', () => {
  const { task, other } = scene();
  run(mutexLock(other, MUTEX, updateLock));
  run(synchronizeSrcu(other));
  run(mutexUnlock(other, MUTEX, updateLock));
  run(mutexLock(task, MUTEX, updateLock));
  run(srcuReadUnlock(task, run(srcuReadLock(task))));
  run(mutexUnlock(task, MUTEX, updateLock));
});

test('a grace period ends with the readers it found, although others have come', steppedOnly, () => {
  const { arena, task, other, readers } = scene();
  const first = run(srcuReadLock(task));
  const grace = actor(arena, 2, synchronizeSrcu);
  assert.equal(grace.go(), 'waits');
  const second = run(srcuReadLock(other));
  assert.notEqual(second, first);
  assert.equal(grace.go(), 'waits');
  run(srcuReadUnlock(task, first));
  // It may wait for those who came between its two rounds, but for nobody who came after.
  assert.equal(grace.go(), 'waits');
  const third = run(srcuReadLock(task));
  run(srcuReadUnlock(other, second));
  assert.equal(grace.go(), 'done');
  assert.equal(readers()[third], 1);
});

test('grace periods take turns, and each waits for its own readers', steppedOnly, () => {
  const { arena, task, other } = scene();
  const first = run(srcuReadLock(task));
  const [one, two] = [actor(arena, 2, synchronizeSrcu), actor(arena, 3, synchronizeSrcu)];
  assert.deepEqual([one.go(), two.go()], ['waits', 'waits']);
  run(srcuReadUnlock(task, first));
  assert.equal(two.go(), 'waits');
  assert.equal(one.go(), 'done');
  const late = run(srcuReadLock(other));
  assert.equal(two.go(), 'waits');
  run(srcuReadUnlock(other, late));
  assert.equal(two.go(), 'done');
  assert.equal(load(arena, Header.srcuMutex), 0);
});
