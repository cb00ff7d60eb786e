import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, load } from '../../src/arena/access.ts';
import { createArena } from '../../src/arena/arena.ts';
import { Actor, Header } from '../../src/arena/structures.ts';
import { lockPage, lockPageKillable, trylockPage, unlockPage, waitOnPageLocked } from '../../src/mm/page/pageLock.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { run } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { heldLocks } from '../../src/sync/lockdep.ts';
import { downRead, downReadKillable, downReadTrylock, downWrite } from '../../src/sync/rwsem.ts';
import {
  isLockedBy,
  lockOwner,
  mutexLock,
  mutexTryLock,
  mutexUnlock,
  spinLock,
  spinTryLock,
  spinUnlock,
} from '../../src/sync/spinlock.ts';
import { synchronizeSrcu } from '../../src/sync/srcu.ts';
import type { Task } from '../../src/sync/task.ts';
import { smallConfig, soloTask } from './machine.ts';
import { violates } from './violates.ts';

/** Three lock words, the last with room for a semaphore. */
const [A, B, SEM] = [Header.shared, Header.shared + 1, Header.shared + 2];
const PAGE = 5;
const { ptl, pageTableLock, updateLock, migrateLock, mmapLock, anonVma, subscriptions } = LockClass;

function scene() {
  const arena = createArena(smallConfig);
  return { arena, task: soloTask(arena, 0), other: soloTask(arena, 1) };
}

test('a lock names its owner while it is held, and nothing is left of it', () => {
  const { arena, task, other } = scene();
  run(spinLock(task, A, ptl));
  assert.equal(lockOwner(get(arena, A)), 0);
  assert.deepEqual([isLockedBy(task, A), isLockedBy(other, A)], [true, false]);
  assert.equal(run(spinTryLock(other, A, ptl)), false);
  assert.deepEqual([heldLocks(arena, task.actor), heldLocks(arena, other.actor)], [['ptl'], []]);
  run(spinUnlock(task, A, ptl));
  assert.equal(load(arena, A), 0);
  assert.equal(run(spinTryLock(other, A, ptl)), true);
  run(spinUnlock(other, A, ptl));
  assert.deepEqual([...arena.words.subarray(other.actor + Actor.spinDepth, other.actor + Actor.signal)].filter(Boolean), [
    // What is beyond the number of entries in use is old.
    A,
    ptl,
  ]);
});

test('a lock is released by its owner, once, and only if it was taken', () => {
  const { task, other } = scene();
  violates('I-LOCK', /owned by actor -1/, () => run(spinUnlock(task, A, ptl)));
  run(spinLock(task, A, ptl));
  violates('I-LOCK', /actor 1 releases lock word \d+, owned by actor 0/, () => run(spinUnlock(other, A, ptl)));
  run(spinUnlock(task, A, ptl));
  violates('I-LOCK', /owned by actor -1/, () => run(spinUnlock(task, A, ptl)));
});

test('a lock is released as what it was taken as', () => {
  const { task } = scene();
  run(mutexLock(task, A, updateLock));
  violates('I-LOCK', /releases a migrateLock .* holds none/, () => run(mutexUnlock(task, A, migrateLock)));
  run(mutexUnlock(task, A, updateLock));
});

test('nobody takes a lock twice', () => {
  const { task } = scene();
  run(spinLock(task, A, ptl));
  violates('I-DEAD', /takes lock word \d+ a second time/, () => run(spinLock(task, A, ptl)));
  run(spinUnlock(task, A, ptl));
  run(spinLock(task, A, ptl));
});

test('two locks of one class are held at once only where the class allows it', () => {
  const { task } = scene();
  run(spinLock(task, A, ptl));
  run(spinLock(task, B, ptl));
  run(spinUnlock(task, A, ptl));
  run(spinUnlock(task, B, ptl));
  run(spinLock(task, A, pageTableLock));
  violates('I-LOCK', /takes a second pageTableLock/, () => run(spinLock(task, B, pageTableLock)));
});

test('a task that runs alone does not wait for a lock of somebody else', () => {
  const { task, other } = scene();
  run(mutexLock(task, A, updateLock));
  violates('I-DEAD', /actor 1 would wait for ever/, () => run(mutexLock(other, A, updateLock)));
});

/** Everything that may sleep, with nothing in its way. */
const sleepers: [string, (task: Task) => Steps<unknown>][] = [
  ['mutexLock', (task) => mutexLock(task, B, updateLock)],
  ['downRead', (task) => downRead(task, SEM, mmapLock)],
  ['downReadKillable', (task) => downReadKillable(task, SEM, mmapLock)],
  ['downWrite', (task) => downWrite(task, SEM, mmapLock)],
  ['lockPage', (task) => lockPage(task, PAGE)],
  ['lockPageKillable', (task) => lockPageKillable(task, PAGE)],
  ['waitOnPageLocked', (task) => waitOnPageLocked(task, PAGE)],
  ['synchronizeSrcu', (task) => synchronizeSrcu(task)],
];

for (const [name, sleep] of sleepers) {
  test(`${name} under a spin lock is reported although it would not have slept; without one it is fine`, () => {
    const { task } = scene();
    run(sleep(task));
    const spinning = soloTask(createArena(smallConfig));
    run(spinLock(spinning, A, ptl));
    violates('I-LOCK', /may sleep in \w+ while it must not \(holds ptl\)/, () => run(sleep(spinning)));
    run(spinUnlock(spinning, A, ptl));
    run(sleep(spinning));
  });
}

test('under a mutex one may sleep; under a spin lock one may try', () => {
  const { task } = scene();
  run(mutexLock(task, B, updateLock));
  run(downWrite(task, SEM + 2, anonVma));
  const trying = soloTask(createArena(smallConfig));
  run(spinLock(trying, A, ptl));
  assert.equal(run(mutexTryLock(trying, B, updateLock)), true);
  assert.equal(run(trylockPage(trying, PAGE)), true);
  assert.equal(run(downReadTrylock(trying, SEM, mmapLock)), true);
  run(spinLock(trying, B + 5, subscriptions));
});

const inOrder = (task: Task, first: [number, number], second: [number, number]): void => {
  run(mutexLock(task, ...first));
  run(mutexLock(task, ...second));
  run(mutexUnlock(task, ...second));
  run(mutexUnlock(task, ...first));
};

test('two orders are reported although nobody waited, also when two tasks use one each', () => {
  const { task, other } = scene();
  inOrder(task, [A, migrateLock], [B, updateLock]);
  inOrder(other, [A, migrateLock], [B, updateLock]);
  violates('I-LOCK', /lock order: actor 1 takes migrateLock while it holds updateLock/, () =>
    inOrder(other, [B, updateLock], [A, migrateLock]),
  );
});

test('a circle of three is reported at its last side', () => {
  const { task } = scene();
  inOrder(task, [A, migrateLock], [B, updateLock]);
  inOrder(task, [B, updateLock], [SEM, anonVma]);
  violates('I-LOCK', /takes migrateLock while it holds anonVma/, () => inOrder(task, [SEM, anonVma], [A, migrateLock]));
});

test('page locks count in the order, although they are only counted', () => {
  const { arena, task } = scene();
  run(lockPage(task, PAGE));
  run(lockPage(task, PAGE + 1));
  assert.deepEqual(heldLocks(arena, task.actor), ['2 pageLock']);
  run(mutexLock(task, A, updateLock));
  run(mutexUnlock(task, A, updateLock));
  run(unlockPage(task, PAGE));
  run(unlockPage(task, PAGE + 1));
  run(mutexLock(task, A, updateLock));
  violates('I-LOCK', /takes pageLock while it holds updateLock/, () => run(lockPage(task, PAGE)));
});

test('a lock that is only tried cannot close a circle, but what is taken under it can', () => {
  const { task, other } = scene();
  inOrder(task, [A, migrateLock], [B, updateLock]);
  run(mutexLock(task, B, updateLock));
  assert.equal(run(mutexTryLock(task, A, migrateLock)), true);
  run(mutexUnlock(task, A, migrateLock));
  run(mutexUnlock(task, B, updateLock));
  assert.equal(run(mutexTryLock(other, SEM, anonVma)), true);
  run(mutexLock(other, A, migrateLock));
  run(mutexUnlock(other, A, migrateLock));
  run(mutexUnlock(other, SEM, anonVma));
  violates('I-LOCK', /takes anonVma while it holds migrateLock/, () => inOrder(other, [A, migrateLock], [SEM, anonVma]));
});

test('without checks only the lock words count', () => {
  const { arena } = scene();
  const task = soloTask(arena, 2, { checks: false });
  inOrder(task, [A, migrateLock], [B, updateLock]);
  inOrder(task, [B, updateLock], [A, migrateLock]);
  run(spinLock(task, A, ptl));
  run(mutexLock(task, B, updateLock));
  assert.deepEqual(heldLocks(arena, task.actor), []);
  violates('I-DEAD', /a second time/, () => run(mutexLock(task, B, updateLock)));
});

test('seventeen locks at once are too many to list', () => {
  const { task } = scene();
  for (let i = 0; i < 16; i++) run(spinLock(task, task.arena.table.lock + i, ptl));
  violates('I-LOCK', /more than 16 locks/, () => run(spinLock(task, A, ptl)));
});

test('a page lock is released by its owner, once, and nobody takes it twice', () => {
  const { task, other } = scene();
  violates('I-LOCK', /actor 0 unlocks page 5, locked by actor -1/, () => run(unlockPage(task, PAGE)));
  run(lockPage(task, PAGE));
  violates('I-LOCK', /actor 1 unlocks page 5, locked by actor 0/, () => run(unlockPage(other, PAGE)));
  assert.equal(run(trylockPage(other, PAGE)), false);
  violates('I-DEAD', /actor 0 would wait/, () => run(lockPage(task, PAGE)));
  run(unlockPage(task, PAGE));
  violates('I-LOCK', /locked by actor -1/, () => run(unlockPage(task, PAGE)));
  assert.equal(run(trylockPage(other, PAGE)), true);
});
