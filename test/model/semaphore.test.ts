import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, store } from '../../src/arena/access.ts';
import { createArena } from '../../src/arena/arena.ts';
import { EINTR } from '../../src/arena/errno.ts';
import { Actor, Header } from '../../src/arena/structures.ts';
import { lockPage, lockPageKillable, unlockPage } from '../../src/mm/page/pageLock.ts';
import { run } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { heldLocks } from '../../src/sync/lockdep.ts';
import {
  downgradeWrite,
  downRead,
  downReadKillable,
  downReadTrylock,
  downWrite,
  isReadLocked,
  isWriteLockedBy,
  upRead,
  upWrite,
} from '../../src/sync/rwsem.ts';
import { smallConfig, soloTask } from './machine.ts';
import { violates } from './violates.ts';

/** Three lock words, the last with room for a semaphore. */
const SEM = Header.shared;
const PAGE = 5;
const { mmapLock } = LockClass;

function scene() {
  const arena = createArena(smallConfig);
  return { arena, task: soloTask(arena, 0), other: soloTask(arena, 1) };
}

test('readers share a semaphore and keep a writer out; a writer keeps everybody out', () => {
  const { arena, task, other } = scene();
  run(downRead(task, SEM, mmapLock));
  run(downRead(other, SEM, mmapLock));
  assert.equal(isReadLocked(task, SEM), true);
  violates('I-DEAD', /actor 2 would wait/, () => run(downWrite(soloTask(arena, 2), SEM, mmapLock)));
  const fresh = scene();
  run(downWrite(fresh.task, SEM, mmapLock));
  assert.deepEqual([isWriteLockedBy(fresh.task, SEM), isWriteLockedBy(fresh.other, SEM)], [true, false]);
  assert.equal(run(downReadTrylock(fresh.other, SEM, mmapLock)), false);
  violates('I-DEAD', /actor 1 would wait/, () => run(downRead(fresh.other, SEM, mmapLock)));
});

test('a semaphore is left by those who are in it, as what they are', () => {
  const { arena, task, other } = scene();
  violates('I-LOCK', /releases a mmapLock .* holds none/, () => run(upRead(task, SEM, mmapLock)));
  violates('I-LOCK', /ends a read section nobody began/, () => run(upRead(soloTask(arena, 2, { checks: false }), SEM, mmapLock)));
  run(downRead(task, SEM, mmapLock));
  violates('I-LOCK', /actor 1 releases a mmapLock/, () => run(upRead(other, SEM, mmapLock)));
  violates('I-LOCK', /actor 0 ends a write section it does not hold/, () => run(upWrite(task, SEM, mmapLock)));
  run(upRead(task, SEM, mmapLock));
  run(downWrite(task, SEM, mmapLock));
  violates('I-LOCK', /actor 1 ends a write section it does not hold/, () => run(upWrite(other, SEM, mmapLock)));
  violates('I-DEAD', /for writing a second time/, () => run(downWrite(task, SEM, mmapLock)));
  run(upWrite(task, SEM, mmapLock));
  violates('I-LOCK', /actor 0 ends a write section/, () => run(upWrite(task, SEM, mmapLock)));
  assert.deepEqual([load(arena, SEM), load(arena, SEM + 1)], [0, 0]);
});

test('a writer may become a reader, but only a writer', () => {
  const { arena, task, other } = scene();
  run(downWrite(task, SEM, mmapLock));
  violates('I-LOCK', /actor 1 downgrades a write section it does not hold/, () => run(downgradeWrite(other, SEM)));
  run(downgradeWrite(task, SEM));
  assert.equal(run(downReadTrylock(other, SEM, mmapLock)), true);
  violates('I-LOCK', /actor 0 downgrades/, () => run(downgradeWrite(task, SEM)));
  run(upRead(task, SEM, mmapLock));
  run(upRead(other, SEM, mmapLock));
  assert.equal(load(arena, SEM), 0);
});

test('a fatal signal ends a killable wait and nothing is left of it', () => {
  const { arena, task, other } = scene();
  store(arena, other.actor + Actor.signal, 1);
  assert.equal(run(downReadKillable(other, SEM, mmapLock)), 0);
  run(upRead(other, SEM, mmapLock));
  run(downWrite(task, SEM, mmapLock));
  const state = load(arena, SEM);
  assert.equal(run(downReadKillable(other, SEM, mmapLock)), -EINTR);
  assert.equal(load(arena, SEM), state);
  assert.deepEqual(heldLocks(arena, other.actor), []);
  run(upWrite(task, SEM, mmapLock));
  run(lockPage(task, PAGE));
  assert.equal(run(lockPageKillable(other, PAGE)), -EINTR);
  assert.deepEqual(heldLocks(arena, other.actor), []);
  run(unlockPage(task, PAGE));
  assert.equal(run(lockPageKillable(other, PAGE)), 0);
});
