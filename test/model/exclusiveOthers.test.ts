import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../../src/arena/access.ts';
import { EFAULT } from '../../src/arena/errno.ts';
import { migrateDeviceFinalize, migrateDevicePages, migrateDevicePfns } from '../../src/migrate/deviceRange.ts';
import { makeDeviceExclusive } from '../../src/migrate/exclusive.ts';
import { migratePfn } from '../../src/migrate/migratePfn.ts';
import type { MigrateVma } from '../../src/migrate/transaction.ts';
import { cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { copyPage } from '../../src/mm/page/copyPage.ts';
import { PG_DIRTY, PG_LOCKED, pageFlags } from '../../src/mm/page/page.ts';
import { forkMm } from '../../src/mm/syscalls/fork.ts';
import { madviseDontneed } from '../../src/mm/syscalls/madvise.ts';
import { mprotect } from '../../src/mm/syscalls/mprotect.ts';
import { VM_FAULT_SIGSEGV } from '../../src/mm/table/vmFault.ts';
import { mmapReadLock } from '../../src/mm/vma/mmapLock.ts';
import { VM_READ } from '../../src/mm/vma/vma.ts';
import { mmuIntervalReadBegin, mmuIntervalReadRetry } from '../../src/notifier/sequence.ts';
import { run } from '../../src/steps/steps.ts';
import { checkCounts } from './checkCounts.ts';
import { AT, letGo, make, OWNER, scene } from './exclusiveScene.ts';
import { countsOf, entryOf, pfnOf, rssOf } from './look.ts';
import { soloTask } from './machine.ts';
import { heard } from './recorder.ts';
import { allocTarget, testDevice, toDevice } from './testDevice.ts';

test('mprotect leaves the entry alone and is heard; the page comes back with the new protection', () => {
  const { arena, task, device, mm, events } = scene();
  const pfn = make(device, mm);
  const token = run(mmuIntervalReadBegin(device, events.sub));
  // No page lock is needed for this: only the sequence tells the device.
  run(mprotect(task, mm, AT, 4, VM_READ));
  assert.equal(mmuIntervalReadRetry(device, events.sub, token), true);
  assert.equal(entryOf(arena, mm, AT), 'DX');
  letGo(device, pfn);
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 7);
  assert.equal(entryOf(arena, mm, AT), 'PRES(A)');
  assert.equal(run(cpuStore(task, mm, AT, 0, 8)), -VM_FAULT_SIGSEGV);
  assert.equal(make(device, mm), -EFAULT);
  checkCounts(arena);
});

test('a zap needs no page lock: the page lives as long as the device’s reference', () => {
  const { arena, task, device, mm, events } = scene();
  const token = run(mmuIntervalReadBegin(device, events.sub));
  const pfn = make(device, mm);
  run(madviseDontneed(task, mm, AT, 1));
  assert.equal(mmuIntervalReadRetry(device, events.sub, token), true);
  assert.equal(entryOf(arena, mm, AT), 'none');
  assert.equal(rssOf(arena, mm), 0);
  assert.deepEqual(countsOf(arena, pfn).slice(0, 2), [1, 0]);
  letGo(device, pfn);
  checkCounts(arena);
});

test('fork restores it: parent and child have copies of their own afterwards', () => {
  const { arena, task, device, mm, events } = scene();
  letGo(device, make(device, mm));
  heard(events);
  const child = run(forkMm(task, mm));
  assert.deepEqual(heard(events), [`PROTECTION_PAGE ${AT}-${AT + 4}`], 'the restore itself sends nothing');
  assert.deepEqual([entryOf(arena, mm, AT), entryOf(arena, child, AT)], ['PRES(D)', 'PRES(D)']);
  run(cpuStore(task, mm, AT, 0, 8));
  assert.equal(run(cpuLoad(task, child, AT, 0)), 7);
  checkCounts(arena);
});

test('migrate_vma skips it', () => {
  const { arena, task, device, mm } = scene();
  letGo(device, make(device, mm));
  const migrate = run(toDevice(task, mm, testDevice(arena), AT, AT + 1)) as MigrateVma;
  assert.deepEqual([migrate.cpages, migrate.src[0]], [0, 0]);
  assert.equal(entryOf(arena, mm, AT), 'DX');
  checkCounts(arena);
});

test('a migration by page frame makes it MIG_RX: read-only and exclusive afterwards, the next write reuses', () => {
  const { arena, task, device, mm, events } = scene();
  const pfn = make(device, mm);
  letGo(device, pfn);
  heard(events);
  const src = Int32Array.of(pfn);
  assert.equal(run(migrateDevicePfns(device, src)), 1);
  assert.deepEqual(heard(events), [`CLEAR ${AT}-${AT + 1}`]);
  assert.equal(entryOf(arena, mm, AT), 'MIG_RX');
  const to = run(allocTarget(device));
  run(copyPage(device, to, pfn));
  const dst = Int32Array.of(migratePfn(to));
  run(migrateDevicePages(device, src, dst));
  run(migrateDeviceFinalize(device, src, dst));
  assert.equal(entryOf(arena, mm, AT), 'PRES');
  assert.deepEqual(countsOf(arena, to), [1, 1, true]);
  assert.notEqual(pageFlags(arena, to) & PG_DIRTY, 0);
  run(cpuStore(task, mm, AT, 1, 8));
  assert.equal(pfnOf(arena, mm, AT), to);
  assert.deepEqual(heard(events), []);
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 7);
  checkCounts(arena);
});

test('ping-pong of two devices: each conversion undoes the other, which hears it before', () => {
  const { arena, mm, device, events } = scene();
  const second = soloTask(arena, 2);
  const before = load(arena, mm);
  for (let i = 0; i < 3; i++) {
    letGo(device, make(device, mm));
    letGo(second, make(second, mm, AT, OWNER + 1));
  }
  assert.deepEqual(heard(events).slice(0, 5), [
    `EXCLUSIVE ${AT}-${AT + 1} by ${OWNER}`,
    `CLEAR ${AT}-${AT + 1}`,
    `EXCLUSIVE ${AT}-${AT + 1} by ${OWNER + 1}`,
    `CLEAR ${AT}-${AT + 1}`,
    `EXCLUSIVE ${AT}-${AT + 1} by ${OWNER}`,
  ]);
  assert.equal(load(arena, mm), before);
  checkCounts(arena);
  // While the first holds the page lock the second has to wait: one step of progress each.
  const pfn = make(device, mm);
  run(mmapReadLock(second, mm));
  assert.throws(() => run(makeDeviceExclusive(second, mm, AT, OWNER + 1)), { rule: 'I-DEAD' });
  assert.equal(entryOf(arena, mm, AT), 'DX');
  assert.notEqual(pageFlags(arena, pfn) & PG_LOCKED, 0);
});
