import assert from 'node:assert/strict';
import { test } from 'node:test';
import { store } from '../../src/arena/access.ts';
import { EFAULT, EINTR, ENOMEM, EOPNOTSUPP } from '../../src/arena/errno.ts';
import { Actor } from '../../src/arena/structures.ts';
import { makeDeviceExclusive } from '../../src/migrate/exclusive.ts';
import { cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { PG_DIRTY, PG_LOCKED, pageFlags } from '../../src/mm/page/page.ts';
import { lockPage, unlockPage } from '../../src/mm/page/pageLock.ts';
import { putPage } from '../../src/mm/page/zone.ts';
import { forkMm } from '../../src/mm/syscalls/fork.ts';
import { madviseDontneed } from '../../src/mm/syscalls/madvise.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { mprotect } from '../../src/mm/syscalls/mprotect.ts';
import { mmapReadLock, mmapReadUnlock } from '../../src/mm/vma/mmapLock.ts';
import { VM_READ, VM_SHARED, VM_WRITE } from '../../src/mm/vma/vma.ts';
import { mmuIntervalReadBegin, mmuIntervalReadRetry } from '../../src/notifier/sequence.ts';
import { Point } from '../../src/steps/points.ts';
import { run } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { checkCounts } from './checkCounts.ts';
import { AT, letGo, make, OWNER, scene } from './exclusiveScene.ts';
import { countsOf, entryOf, pfnOf, rssOf } from './look.ts';
import { machine, soloTask } from './machine.ts';
import { heard, runWith } from './recorder.ts';
import { testDevice, toDevice } from './testDevice.ts';

test('the page comes back locked and referenced; the entry is DX, still a mapping', () => {
  const { arena, device, mm, events } = scene();
  const before = pfnOf(arena, mm, AT);
  const pfn = make(device, mm);
  assert.equal(pfn, before);
  assert.equal(entryOf(arena, mm, AT), 'DX');
  assert.deepEqual(countsOf(arena, pfn), [2, 1, true]);
  assert.notEqual(pageFlags(arena, pfn) & PG_LOCKED, 0);
  assert.notEqual(pageFlags(arena, pfn) & PG_DIRTY, 0, 'the dirty bit of the entry is moved to the page');
  assert.equal(rssOf(arena, mm), 1);
  assert.deepEqual(heard(events), [`EXCLUSIVE ${AT}-${AT + 1} by ${OWNER}`]);
  checkCounts(arena, { references: new Map([[pfn, 1]]), locked: [pfn] });
  letGo(device, pfn);
  checkCounts(arena);
});

test('the token survives the own event, and dies of anybody else’s', () => {
  const { device, mm, events } = scene();
  const token = run(mmuIntervalReadBegin(device, events.sub));
  letGo(device, make(device, mm));
  assert.equal(mmuIntervalReadRetry(device, events.sub, token), false);
  letGo(device, make(device, mm, AT, OWNER + 1));
  assert.equal(mmuIntervalReadRetry(device, events.sub, token), true);
});

for (const [what, access] of [
  ['read', (task: Task, mm: number) => assert.equal(run(cpuLoad(task, mm, AT, 0)), 7)],
  ['write', (task: Task, mm: number) => assert.equal(run(cpuStore(task, mm, AT, 1, 8)), 0)],
] as const) {
  test(`a CPU ${what} takes the page back: one CLEAR bracket, the callback before the entry is usable`, () => {
    const { arena, task, device, mm, events } = scene();
    const pfn = make(device, mm);
    letGo(device, pfn);
    const token = run(mmuIntervalReadBegin(device, events.sub));
    heard(events);
    let during = '';
    events.during = () => {
      during = entryOf(arena, mm, AT);
    };
    access(task, mm);
    assert.equal(during, 'DX');
    assert.deepEqual(heard(events), [`CLEAR ${AT}-${AT + 1}`]);
    assert.equal(mmuIntervalReadRetry(device, events.sub, token), true);
    assert.equal(pfnOf(arena, mm, AT), pfn);
    assert.match(entryOf(arena, mm, AT), /^PRES\(W,D/);
    assert.deepEqual(countsOf(arena, pfn), [1, 1, true]);
    checkCounts(arena);
  });
}

test('an entry that is zapped inside the bracket is not put back', () => {
  const { arena, task, device, mm, events } = scene();
  letGo(device, make(device, mm));
  events.during = () => {
    events.during = null;
    run(madviseDontneed(device, mm, AT, 1));
  };
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 0);
  assert.equal(entryOf(arena, mm, AT), 'PRES(A,zero)');
  checkCounts(arena);
});

test('while the device holds the page lock no CPU gets in', () => {
  const { arena, task, device, mm } = scene();
  const pfn = make(device, mm);
  assert.throws(() => run(cpuLoad(task, mm, AT, 0)), { rule: 'I-DEAD' });
  assert.equal(entryOf(arena, mm, AT), 'DX');
  // The fault had dropped mmap_lock, and its reference is the one it died with.
  run(putPage(task, pfn));
  letGo(device, pfn);
  assert.equal(run(cpuLoad(soloTask(arena, 2), mm, AT, 0)), 7);
});

test('a fault that waited for the page lock starts over', () => {
  const { arena, task, device, mm } = scene();
  const pfn = make(device, mm);
  assert.equal(
    runWith(
      () => cpuLoad(task, mm, AT, 0),
      Point.faultRetry,
      () => letGo(device, pfn),
    ),
    7,
  );
  checkCounts(arena);
});

test('it faults in what is missing and breaks sharing first', () => {
  const { arena, task, device, mm, events } = scene();
  const fresh = make(device, mm, AT + 1);
  assert.deepEqual(countsOf(arena, fresh), [2, 1, true]);
  letGo(device, fresh);
  const child = run(forkMm(task, mm));
  const shared = pfnOf(arena, child, AT);
  heard(events);
  const own = make(device, mm);
  assert.notEqual(own, shared);
  assert.deepEqual(heard(events), [`CLEAR ${AT}-${AT + 1}`, `EXCLUSIVE ${AT}-${AT + 1} by ${OWNER}`]);
  letGo(device, own);
  assert.equal(run(cpuLoad(task, child, AT, 0)), 7);
  checkCounts(arena);
});

test('a device page comes home first', () => {
  const { arena, task, device, mm } = scene();
  run(toDevice(task, mm, testDevice(arena), AT, AT + 1));
  const pfn = make(device, mm);
  assert.ok(pfn < arena.config.systemPages);
  assert.equal(entryOf(arena, mm, AT), 'DX');
  letGo(device, pfn);
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 7);
  checkCounts(arena);
});

test('errors: no mapping, no write permission, shared memory, no memory, a signal; without mmap_lock a violation', () => {
  const { arena, task, device, mm } = scene();
  run(mmapAnonymous(task, mm, 100, 1, VM_READ | VM_WRITE | VM_SHARED));
  assert.equal(make(device, mm, 99), -EFAULT);
  assert.equal(make(device, mm, 100), -EOPNOTSUPP);
  run(mprotect(task, mm, AT + 2, 1, VM_READ));
  assert.equal(make(device, mm, AT + 2), -EFAULT);
  const pfn = pfnOf(arena, mm, AT);
  run(lockPage(task, pfn));
  store(arena, device.actor + Actor.signal, 1);
  assert.equal(make(device, mm), -EINTR);
  store(arena, device.actor + Actor.signal, 0);
  run(unlockPage(task, pfn));
  checkCounts(arena);
  assert.throws(() => run(makeDeviceExclusive(device, mm, AT, OWNER)), { rule: 'I-LOCK' });
  const small = machine({ systemPages: 3 });
  run(mmapAnonymous(small.task, small.mm, AT, 2));
  run(cpuStore(small.task, small.mm, AT, 0, 1));
  assert.equal(make(small.task, small.mm, AT + 1), -ENOMEM);
  checkCounts(small.arena);
});

test('the second look: a zap between the page and the entry makes it start over', () => {
  const { arena, task, device, mm, events } = scene();
  const zap = () => run(madviseDontneed(task, mm, AT, 1));
  const pfn = runWith(
    () => {
      run(mmapReadLock(device, mm));
      return makeDeviceExclusive(device, mm, AT, OWNER);
    },
    Point.makeDeviceExclusive,
    zap,
  );
  run(mmapReadUnlock(device, mm));
  assert.deepEqual(heard(events), [
    `EXCLUSIVE ${AT}-${AT + 1} by ${OWNER}`,
    `CLEAR ${AT}-${AT + 1}`,
    `EXCLUSIVE ${AT}-${AT + 1} by ${OWNER}`,
  ]);
  assert.equal(pfnOf(arena, mm, AT), pfn);
  letGo(device, pfn);
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 0);
  checkCounts(arena);
});
