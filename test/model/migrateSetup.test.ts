import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EINVAL } from '../../src/arena/errno.ts';
import { migrateDevicePfns } from '../../src/migrate/deviceRange.ts';
import {
  MIGRATE_PFN_MIGRATE as MIGRATE,
  MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
  MIGRATE_VMA_SELECT_SYSTEM,
  migratePfn,
  migratePfnToPage,
  MIGRATE_PFN_VALID as VALID,
  MIGRATE_PFN_WRITE as WRITE,
} from '../../src/migrate/migratePfn.ts';
import { migrateVma, migrateVmaFinalize, migrateVmaPages, migrateVmaSetup } from '../../src/migrate/migrateVma.ts';
import type { MigrateVma } from '../../src/migrate/transaction.ts';
import { cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { lockPage, unlockPage } from '../../src/mm/page/pageLock.ts';
import { putPage } from '../../src/mm/page/zone.ts';
import { mmput } from '../../src/mm/syscalls/exit.ts';
import { forkMm } from '../../src/mm/syscalls/fork.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { CPU, tlbLookup } from '../../src/mm/table/tlb.ts';
import { mmapReadLock, mmapReadUnlock } from '../../src/mm/vma/mmapLock.ts';
import { VM_HUGETLB, VM_IO, VM_PFNMAP, VM_READ, VM_SHARED, VM_WRITE, vmaLookup } from '../../src/mm/vma/vma.ts';
import { Point } from '../../src/steps/points.ts';
import { run } from '../../src/steps/steps.ts';
import { checkCounts } from './checkCounts.ts';
import { entryOf, pfnOf } from './look.ts';
import { AT, scene } from './migrateScene.ts';
import { heard, runWith } from './recorder.ts';
import { allocDevicePage, fillFromDevice, testDevice, toDevice } from './testDevice.ts';

test('a migrate word holds a page frame and flags', () => {
  for (const pfn of [1, 5, 2 ** 20 - 1]) assert.equal(migratePfnToPage(migratePfn(pfn) | MIGRATE | WRITE), pfn);
  assert.equal(migratePfnToPage(MIGRATE), 0);
  assert.equal(migratePfnToPage(migratePfn(9) & ~VALID), 0);
});

test('setup refuses what it must, and touches nothing then', () => {
  const { arena, task, mm, events } = scene();
  run(mmapAnonymous(task, mm, 100, 2, VM_READ | VM_WRITE | VM_IO));
  run(mmapAnonymous(task, mm, 110, 2, VM_READ | VM_PFNMAP));
  run(mmapAnonymous(task, mm, 120, 2, VM_READ | VM_HUGETLB));
  const device = run(allocDevicePage(task, testDevice(arena, 1)));
  heard(events);
  run(mmapReadLock(task, mm));
  const vma = vmaLookup(arena, mm, AT);
  const args = { mm, vma, start: AT, end: AT + 1, pgmapOwner: 1, flags: MIGRATE_VMA_SELECT_SYSTEM };
  const bad = [
    { ...args, vma: 0 },
    { ...args, start: 100, end: 101, vma: vmaLookup(arena, mm, 100) },
    { ...args, start: 110, end: 111, vma: vmaLookup(arena, mm, 110) },
    { ...args, start: 120, end: 121, vma: vmaLookup(arena, mm, 120) },
    { ...args, end: AT },
    { ...args, end: AT - 1 },
    { ...args, start: AT - 1 },
    { ...args, start: AT + 8, end: AT + 9 },
    { ...args, end: AT + 9 },
    { ...args, faultPage: pfnOf(arena, mm, AT) },
  ];
  for (const wrong of bad) assert.equal(run(migrateVmaSetup(task, migrateVma(wrong))), -EINVAL);
  const faulting = migrateVma({ ...args, faultPage: device });
  run(unlockPage(task, device));
  assert.equal(run(migrateVmaSetup(task, faulting)), -EINVAL, 'a fault page must be locked');
  run(putPage(task, device));
  assert.deepEqual(heard(events), []);
  run(mmapReadUnlock(task, mm));
  checkCounts(arena);
  assert.throws(() => run(migrateVmaSetup(task, migrateVma(args))), { rule: 'I-LOCK' });
});

test('to RAM: only own device pages are selected, holes come along whatever the flags are', () => {
  const { arena, task, mm, pgmap, begin, end } = scene();
  run(cpuLoad(task, mm, AT + 1, 0));
  run(toDevice(task, mm, pgmap, AT + 2, AT + 3));
  run(cpuStore(task, mm, AT + 3, 0, 4));
  run(toDevice(task, mm, testDevice(arena, 1), AT + 3, AT + 4));
  const d = pfnOf(arena, mm, AT + 2);
  const migrate = begin(5, MIGRATE_VMA_SELECT_DEVICE_PRIVATE);
  assert.equal(run(migrateVmaSetup(task, migrate)), 0);
  assert.deepEqual([...migrate.src], [0, 0, migratePfn(d) | MIGRATE | WRITE, 0, MIGRATE]);
  assert.equal(migrate.cpages, 2);
  run(migrateVmaPages(task, migrate));
  run(migrateVmaFinalize(task, migrate));
  end();
  assert.deepEqual(
    [...migrate.src].map((slot) => slot & MIGRATE),
    [0, 0, 0, 0, 0],
  );
  assert.equal(entryOf(arena, mm, AT + 2), 'DP_W', 'declined, so it is as before');
  checkCounts(arena);
});

test('a shared mapping has no holes to fill, and nothing of it moves', () => {
  const { arena, task, mm, pgmap } = scene();
  run(mmapAnonymous(task, mm, 100, 2, VM_READ | VM_WRITE | VM_SHARED));
  const migrate = run(toDevice(task, mm, pgmap, 100, 102)) as MigrateVma;
  assert.deepEqual([migrate.npages, migrate.cpages, ...migrate.src], [2, 0, 0, 0]);
  checkCounts(arena);
});

test('a second transaction sees only pages to skip, and a full device declines the rest', () => {
  const { arena, task, mm, other, pgmap } = scene({ devicePages: 2 });
  for (let i = 1; i < 4; i++) run(cpuStore(task, mm, AT + i, 0, i));
  let inner: MigrateVma | number = 0;
  const collected = () => {
    inner = run(toDevice(other, mm, pgmap, AT, AT + 2));
  };
  const outer = run(toDevice(task, mm, pgmap, AT, AT + 4, { collected })) as MigrateVma;
  assert.deepEqual([(inner as unknown as MigrateVma).cpages, outer.cpages], [0, 4]);
  assert.deepEqual(
    [...outer.src].map((slot) => slot & MIGRATE),
    [MIGRATE, MIGRATE, 0, 0],
  );
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => run(cpuLoad(task, mm, AT + i, 0))),
    [7, 1, 2, 3],
  );
  checkCounts(arena);
});

test('setup leaves no translation behind, also of a page that is not exclusive', () => {
  const { arena, task, mm, begin, end } = scene();
  run(mmput(task, run(forkMm(task, mm))));
  run(cpuLoad(task, mm, AT, 0));
  assert.notEqual(tlbLookup(task, CPU, mm, AT), 0);
  const migrate = begin();
  run(migrateVmaSetup(task, migrate));
  assert.equal(entryOf(arena, mm, AT), 'MIG_R');
  assert.equal(tlbLookup(task, CPU, mm, AT), 0);
  run(migrateVmaPages(task, migrate));
  run(migrateVmaFinalize(task, migrate));
  end();
  checkCounts(arena);
});

test('the three calls come in order, once each (I-MIG)', () => {
  const { task, begin } = scene();
  const migrate = begin();
  const rule = { rule: 'I-MIG' };
  assert.throws(() => run(migrateVmaPages(task, migrate)), rule);
  assert.throws(() => run(migrateVmaFinalize(task, migrate)), rule);
  run(migrateVmaSetup(task, migrate));
  assert.throws(() => run(migrateVmaSetup(task, migrate)), rule);
  assert.throws(() => run(migrateVmaFinalize(task, migrate)), rule);
  run(migrateVmaPages(task, migrate));
  assert.throws(() => run(migrateVmaPages(task, migrate)), rule);
  run(migrateVmaFinalize(task, migrate));
  assert.throws(() => run(migrateVmaFinalize(task, migrate)), rule);
});

test('with nothing collected a driver may stop, or go on to the end', () => {
  const { arena, task, begin, end } = scene();
  const migrate = begin(1, MIGRATE_VMA_SELECT_DEVICE_PRIVATE);
  assert.equal(run(migrateVmaSetup(task, migrate)), 0);
  assert.equal(migrate.cpages, 0);
  run(migrateVmaPages(task, migrate));
  run(migrateVmaFinalize(task, migrate));
  end();
  checkCounts(arena);
});

test('a destination must be locked, by the caller, and mapped by nobody (I-MIG)', () => {
  for (const spoil of ['unlocked', 'locked by another actor', 'mapped']) {
    const { arena, task, other, pgmap, begin } = scene();
    const migrate = begin();
    run(migrateVmaSetup(task, migrate));
    const d = run(allocDevicePage(task, pgmap));
    if (spoil === 'mapped') Atomics.add(arena.words, arena.page.mapcount + d, 1);
    else run(unlockPage(task, d));
    if (spoil === 'locked by another actor') run(lockPage(other, d));
    migrate.dst[0] = migratePfn(d);
    assert.throws(() => run(migrateVmaPages(task, migrate)), { rule: 'I-MIG' }, spoil);
  }
});

test('an eviction that looks at a destination finds it locked and does no harm', () => {
  const { arena, task, other, mm, pgmap, begin, end } = scene();
  const migrate = begin();
  run(migrateVmaSetup(task, migrate));
  run(fillFromDevice(task, migrate, pgmap));
  const src = Int32Array.of(migratePfnToPage(migrate.dst[0] as number));
  runWith(
    () => migrateVmaPages(task, migrate),
    Point.migrateCommit,
    () => assert.equal(run(migrateDevicePfns(other, src)), 0),
  );
  run(migrateVmaFinalize(task, migrate));
  end();
  assert.equal(entryOf(arena, mm, AT), 'DP_W');
  checkCounts(arena);
});
