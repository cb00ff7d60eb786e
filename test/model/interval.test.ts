import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, load, store } from '../../src/arena/access.ts';
import { VPN_LIMIT } from '../../src/arena/config.ts';
import { EINTR, EINVAL, ENOMEM, EOVERFLOW } from '../../src/arena/errno.ts';
import { poolAlloc, poolFree, poolLive } from '../../src/arena/pool.ts';
import { Actor, Header, IntervalSub, Mm } from '../../src/arena/structures.ts';
import { mmput } from '../../src/mm/syscalls/exit.ts';
import { mmapWriteLock, mmapWriteUnlock } from '../../src/mm/vma/mmapLock.ts';
import { type IntervalSpec, mmuIntervalNotifierInsert, mmuIntervalNotifierInsertLocked } from '../../src/notifier/interval.ts';
import { registerIntervalOps } from '../../src/notifier/ops.ts';
import { mmuIntervalReadBegin } from '../../src/notifier/sequence.ts';
import { run } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../src/sync/spinlock.ts';
import type { Task } from '../../src/sync/task.ts';
import { close, deferred, inTree, numbers, open } from './brackets.ts';
import { machine, soloTask } from './machine.ts';
import { heard, record, unrecord } from './recorder.ts';
import { violates } from './violates.ts';

const OPS = 910;
registerIntervalOps(OPS, {});

function scene() {
  const { arena, task, mm } = machine();
  const fresh = (): number => poolAlloc(arena, arena.pools.interval);
  const insert = (start: number, length: number): number =>
    run(mmuIntervalNotifierInsert(task, fresh(), mm, { start, length, ops: OPS }));
  return { arena, task, mm, fresh, insert, other: soloTask(arena, 1) };
}

test('an interval that is empty or leaves the address space is refused, and nothing is left of it', () => {
  const { arena, task, mm, insert } = scene();
  for (const [start, length] of [
    [0, 0],
    [5, -1],
    [VPN_LIMIT, 1],
    [VPN_LIMIT - 1, 2],
    [0, VPN_LIMIT + 1],
  ] as const) {
    assert.equal(insert(start, length), -EOVERFLOW, `${start} + ${length}`);
  }
  assert.equal(load(arena, mm + Mm.count), 1);
  assert.deepEqual(inTree(task, mm), []);
  assert.deepEqual([insert(VPN_LIMIT - 1, 1), insert(0, VPN_LIMIT), insert(0, 1)], [0, 0, 0]);
  assert.equal(load(arena, mm + Mm.count), 4);
});

test('an address space that nobody uses takes no interval', () => {
  const { arena, mm, insert } = scene();
  assert.equal(insert(1, 1), 0);
  store(arena, mm + Mm.users, 0);
  assert.equal(insert(2, 1), -EINVAL);
  assert.equal(load(arena, mm + Mm.count), 2);
});

test('a signal interrupts the first registration, which leaves nothing, and no later one', () => {
  const { arena, task, mm, insert } = scene();
  store(arena, task.actor + Actor.signal, 1);
  assert.equal(insert(1, 1), -EINTR);
  assert.deepEqual([load(arena, mm + Mm.subscriptions), load(arena, mm + Mm.mmapLock)], [0, 0]);
  assert.equal(poolLive(arena, arena.pools.subscriptions), 0);
  store(arena, task.actor + Actor.signal, 0);
  assert.equal(insert(1, 1), 0);
  store(arena, task.actor + Actor.signal, 1);
  assert.equal(insert(2, 1), 0);
});

test('without room for the subscriptions object there is no registration', () => {
  const { arena, mm, insert } = scene();
  let last = 0;
  for (let at = poolAlloc(arena, arena.pools.subscriptions); at !== 0; at = poolAlloc(arena, arena.pools.subscriptions))
    last = at;
  assert.equal(insert(1, 1), -ENOMEM);
  assert.equal(load(arena, mm + Mm.mmapLock), 0);
  poolFree(arena, arena.pools.subscriptions, last);
  assert.equal(insert(1, 1), 0);
});

test('the locked form needs mmap_lock held for writing', () => {
  const { task, mm, fresh, other } = scene();
  const insert = (by: Task): number =>
    run(mmuIntervalNotifierInsertLocked(by, fresh(), mm, { start: 1, length: 1, ops: OPS } satisfies IntervalSpec));
  violates('I-LOCK', /insert needs mmap_lock/, () => insert(task));
  run(mmapWriteLock(task, mm));
  violates('I-LOCK', /insert needs mmap_lock/, () => insert(other));
  assert.equal(insert(task), 0);
  violates('I-DEAD', /for writing a second time/, () => {
    const { task: holder, mm: space, arena } = scene();
    run(mmapWriteLock(holder, space));
    run(mmuIntervalNotifierInsert(holder, poolAlloc(arena, arena.pools.interval), space, { start: 1, length: 1, ops: OPS }));
  });
  run(mmapWriteUnlock(task, mm));
});

test('insertion under a driver lock is reported even when nothing is left to register', () => {
  const { task, mm, insert } = scene();
  const lock = (cls: number): void => run(mutexLock(task, Header.shared, cls));
  const unlock = (cls: number): void => run(mutexUnlock(task, Header.shared, cls));
  run(mmapWriteLock(task, mm));
  lock(LockClass.updateLock);
  unlock(LockClass.updateLock);
  run(mmapWriteUnlock(task, mm));
  assert.equal(insert(1, 1), 0);
  lock(LockClass.migrateLock);
  assert.equal(insert(2, 1), 0);
  unlock(LockClass.migrateLock);
  lock(LockClass.updateLock);
  violates('I-LOCK', /takes mmapLock while it holds updateLock/, () => insert(3, 1));
});

test('a first pass without a second is refused', () => {
  const { task, mm, fresh } = scene();
  const first = {
    *invalidateStart() {
      return { ok: true, finish: null };
    },
  };
  registerIntervalOps(911, first);
  registerIntervalOps(912, { ...first, *invalidateFinish() {} });
  violates('I-SEQ', /need invalidateFinish/, () =>
    run(mmuIntervalNotifierInsert(task, fresh(), mm, { start: 1, length: 1, ops: 911 })),
  );
  assert.equal(run(mmuIntervalNotifierInsert(task, fresh(), mm, { start: 1, length: 1, ops: 912 })), 0);
});

test('an interval pins the structure of the mm, not its pages', () => {
  const { arena, task, mm } = scene();
  const one = record(task, mm, 10, 4);
  assert.equal(load(arena, one.sub + IntervalSub.mm), get(arena, mm));
  run(mmput(task, mm));
  assert.deepEqual(heard(one), [`RELEASE 0-${VPN_LIMIT}`, `UNMAP 0-${VPN_LIMIT}`]);
  assert.deepEqual([poolLive(arena, arena.pools.mm), poolLive(arena, arena.pools.subscriptions)], [1, 1]);
  unrecord(task, one);
  assert.deepEqual([poolLive(arena, arena.pools.mm), poolLive(arena, arena.pools.subscriptions)], [0, 0]);
});

test('inserted while nothing goes on: in the tree at once, readers need not wait', () => {
  const { task, mm, other } = scene();
  const one = record(task, mm, 10, 4);
  assert.deepEqual([inTree(task, mm), numbers(task, mm, one.sub)], [[one.sub], [0, 2, 1]]);
  assert.equal(run(mmuIntervalReadBegin(other, one.sub)), 1);
});

test('inserted beside a bracket that hit nobody: in the tree at once, its readers wait for the bracket', () => {
  const { task, mm, other } = scene();
  const first = record(task, mm, 90, 1);
  const range = open(other, mm, 10, 20);
  const one = record(task, mm, 10, 4);
  assert.deepEqual([inTree(task, mm), deferred(task, mm)], [[one.sub, first.sub], []]);
  violates('I-DEAD', /would wait for ever/, () => run(mmuIntervalReadBegin(soloTask(task.arena, 5), one.sub)));
  close(task, open(task, mm, 10, 11));
  assert.deepEqual(heard(one), ['CLEAR 10-11']);
  close(other, range);
  assert.equal(run(mmuIntervalReadBegin(task, one.sub)), 3);
});

test('inserted into an exclusion: deaf until it ends, its readers wait', () => {
  const { task, mm, other } = scene();
  const first = record(task, mm, 10, 4);
  const range = open(other, mm, 10, 20);
  const one = record(task, mm, 10, 4);
  close(task, open(task, mm, 10, 11));
  assert.deepEqual([heard(first), heard(one)], [['CLEAR 10-20', 'CLEAR 10-11'], []]);
  violates('I-DEAD', /would wait for ever/, () => run(mmuIntervalReadBegin(soloTask(task.arena, 5), one.sub)));
  close(other, range);
  close(task, open(task, mm, 10, 11));
  assert.deepEqual([heard(first), heard(one)], [['CLEAR 10-11'], ['CLEAR 10-11']]);
});
