import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../../src/arena/access.ts';
import { createArena } from '../../src/arena/arena.ts';
import { Header } from '../../src/arena/structures.ts';
import { lockPage, unlockPage, waitOnPageLocked } from '../../src/mm/page/pageLock.ts';
import { run, type Steps } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { downgradeWrite, downRead, downReadTrylock, downWrite, upRead, upWrite } from '../../src/sync/rwsem.ts';
import { mutexLock, mutexUnlock } from '../../src/sync/spinlock.ts';
import type { Task } from '../../src/sync/task.ts';
import { smallConfig, soloTask } from './machine.ts';
import { actor, steppedOnly } from './schedule.ts';

const MUTEX = Header.shared;
const SEM = Header.shared + 1;
const PAGE = 5;
const { updateLock, mmapLock } = LockClass;

function scene() {
  const arena = createArena(smallConfig);
  const reader = (id: number) => actor(arena, id, (task: Task) => downRead(task, SEM, mmapLock));
  const writer = (id: number) => actor(arena, id, (task: Task) => downWrite(task, SEM, mmapLock));
  return { arena, solo: soloTask(arena, 9), reader, writer };
}

test('a mutex passes from its owner to each who waits', steppedOnly, () => {
  const { arena, solo } = scene();
  run(mutexLock(solo, MUTEX, updateLock));
  const section = function* (task: Task): Steps<number> {
    yield* mutexLock(task, MUTEX, updateLock);
    const inside = load(arena, MUTEX + 5);
    yield* mutexUnlock(task, MUTEX, updateLock);
    return inside;
  };
  const [one, two] = [actor(arena, 1, section), actor(arena, 2, section)];
  assert.deepEqual([one.go(), two.go(), one.go(), two.go()], ['waits', 'waits', 'waits', 'waits']);
  run(mutexUnlock(solo, MUTEX, updateLock));
  assert.deepEqual([two.go(), one.go()], ['done', 'done']);
  assert.equal(load(arena, MUTEX), 0);
});

test('the one who gets a mutex others wait for knows that they do', steppedOnly, () => {
  const { arena, solo } = scene();
  run(mutexLock(solo, MUTEX, updateLock));
  const waiting = [1, 2].map((id) => actor(arena, id, (task: Task) => mutexLock(task, MUTEX, updateLock)));
  for (const { go } of waiting) assert.equal(go(), 'waits');
  const contended = load(arena, MUTEX) - solo.tag;
  assert.ok(contended > 0);
  run(mutexUnlock(solo, MUTEX, updateLock));
  assert.equal(waiting[0]?.go(), 'done');
  assert.equal(load(arena, MUTEX), contended + 2);
  assert.equal(waiting[1]?.go(), 'waits');
});

test('a waiting writer stops new readers, so a nested reader waits for itself', steppedOnly, () => {
  const { solo, reader, writer } = scene();
  const first = reader(1);
  assert.equal(first.go(), 'done');
  const write = writer(2);
  assert.equal(write.go(), 'waits');
  const late = reader(3);
  assert.deepEqual([late.go(), write.go()], ['waits', 'waits']);
  assert.equal(run(downReadTrylock(solo, SEM, mmapLock)), false);
  run(upRead(first.task, SEM, mmapLock));
  assert.deepEqual([late.go(), write.go(), late.go()], ['waits', 'done', 'waits']);
  run(upWrite(write.task, SEM, mmapLock));
  assert.equal(late.go(), 'done');
});

test('the readers that waited for a writer go before the next writer, later ones after it', steppedOnly, () => {
  const { arena, reader, writer } = scene();
  const [one, two] = [writer(1), writer(2)];
  assert.deepEqual([one.go(), two.go()], ['done', 'waits']);
  const [a, b] = [reader(3), reader(4)];
  assert.deepEqual([a.go(), b.go()], ['waits', 'waits']);
  run(upWrite(one.task, SEM, mmapLock));
  assert.deepEqual([two.go(), a.go(), two.go(), b.go(), two.go()], ['waits', 'done', 'waits', 'done', 'waits']);
  const late = reader(5);
  assert.equal(late.go(), 'waits');
  run(upRead(a.task, SEM, mmapLock));
  assert.deepEqual([two.go(), late.go()], ['waits', 'waits']);
  run(upRead(b.task, SEM, mmapLock));
  assert.deepEqual([late.go(), two.go()], ['waits', 'done']);
  run(upWrite(two.task, SEM, mmapLock));
  assert.equal(late.go(), 'done');
  run(upRead(late.task, SEM, mmapLock));
  assert.equal(load(arena, SEM), 0);
});

test('a writer that becomes a reader lets the waiting readers in and no writer', steppedOnly, () => {
  const { arena, reader, writer } = scene();
  const [one, two, a] = [writer(1), writer(2), reader(3)];
  assert.deepEqual([one.go(), two.go(), a.go()], ['done', 'waits', 'waits']);
  run(downgradeWrite(one.task, SEM));
  assert.deepEqual([two.go(), a.go(), two.go()], ['waits', 'done', 'waits']);
  run(upRead(a.task, SEM, mmapLock));
  assert.equal(two.go(), 'waits');
  run(upRead(one.task, SEM, mmapLock));
  assert.equal(two.go(), 'done');
  run(upWrite(two.task, SEM, mmapLock));
  assert.equal(load(arena, SEM), 0);
});

test('an unlocked page goes to one of those who wait, and those who only watch go on', steppedOnly, () => {
  const { arena, solo } = scene();
  run(lockPage(solo, PAGE));
  const takers = [1, 2].map((id) => actor(arena, id, (task: Task) => lockPage(task, PAGE)));
  const watcher = actor(arena, 3, (task: Task) => waitOnPageLocked(task, PAGE));
  assert.deepEqual(
    [...takers, watcher].map(({ go }) => go()),
    ['waits', 'waits', 'waits'],
  );
  run(unlockPage(solo, PAGE));
  assert.equal(watcher.go(), 'done');
  assert.deepEqual(
    takers.map(({ go }) => go()),
    ['done', 'waits'],
  );
  run(unlockPage(takers[0]?.task as Task, PAGE));
  assert.equal(takers[1]?.go(), 'done');
});
