import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, or } from '../../src/arena/access.ts';
import { Mm, MmFlag } from '../../src/arena/structures.ts';
import {
  MIGRATE_PFN_MIGRATE as MIGRATE,
  MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
  migratePfn,
  migratePfnToPage,
  MIGRATE_PFN_VALID as VALID,
} from '../../src/migrate/migratePfn.ts';
import { migrateVmaFinalize, migrateVmaPages, migrateVmaSetup } from '../../src/migrate/migrateVma.ts';
import type { MigrateVma } from '../../src/migrate/transaction.ts';
import { cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { FOLL_PIN, FOLL_WRITE, getUserPage, unpinUserPage } from '../../src/mm/fault/gup.ts';
import { PG_DIRTY, PG_LRU } from '../../src/mm/page/page.ts';
import { lockPage, unlockPage } from '../../src/mm/page/pageLock.ts';
import { allocPage, freePages, putPage } from '../../src/mm/page/zone.ts';
import { madviseDontneed } from '../../src/mm/syscalls/madvise.ts';
import { mmapReadLock, mmapReadUnlock } from '../../src/mm/vma/mmapLock.ts';
import { run } from '../../src/steps/steps.ts';
import { checkCounts } from './checkCounts.ts';
import { countsOf, entryOf, pfnOf, rssOf } from './look.ts';
import type { soloTask } from './machine.ts';
import { AT, scene, stateOf } from './migrateScene.ts';
import { heard } from './recorder.ts';
import { allocDevicePage, freedPages, toDevice } from './testDevice.ts';

test('5.6: a locked page is skipped, not waited for', () => {
  const { arena, task, mm, other, begin, end } = scene();
  const s = pfnOf(arena, mm, AT);
  run(lockPage(other, s));
  const migrate = begin();
  run(migrateVmaSetup(task, migrate));
  assert.deepEqual([migrate.cpages, migrate.src[0]], [0, 0]);
  assert.deepEqual(stateOf(arena, s), [1, 1, true, true]);
  assert.equal(entryOf(arena, mm, AT), 'PRES(W,D,A)');
  end();
  run(unlockPage(other, s));
  checkCounts(arena);
});

test('5.6: a pinned page is put back as it was; no second event tells anybody', () => {
  const { arena, task, mm, other, events, begin, end } = scene();
  run(mmapReadLock(other, mm));
  const s = run(getUserPage(other, mm, AT, FOLL_WRITE | FOLL_PIN));
  run(mmapReadUnlock(other, mm));
  const migrate = begin();
  run(migrateVmaSetup(task, migrate));
  assert.deepEqual([migrate.cpages, migrate.src[0]], [0, 0]);
  assert.deepEqual(
    [stateOf(arena, s), countsOf(arena, s)],
    [
      [1025, 1, false, true],
      [1025, 1, true],
    ],
  );
  assert.equal(entryOf(arena, mm, AT), 'PRES(W,D,A)');
  assert.deepEqual(heard(events), [`MIGRATE ${AT}-${AT + 1} by 1`]);
  end();
  run(unpinUserPage(other, s));
  checkCounts(arena);
});

test('5.6: a page with a foreign reference is collected, found out by the unmap pass, and restored', () => {
  const { arena, task, mm, other, begin, end } = scene();
  run(cpuStore(task, mm, AT + 1, 0, 8));
  run(mmapReadLock(other, mm));
  const s = run(getUserPage(other, mm, AT, FOLL_WRITE));
  run(mmapReadUnlock(other, mm));
  const migrate = begin(2);
  run(migrateVmaSetup(task, migrate));
  assert.deepEqual([migrate.cpages, migrate.src[0]], [1, 0]);
  assert.notEqual(migrate.src[1], 0);
  assert.deepEqual(
    [stateOf(arena, s), countsOf(arena, s)],
    [
      [2, 1, false, true],
      [2, 1, true],
    ],
  );
  assert.equal(entryOf(arena, mm, AT), 'PRES(W,D,A)');
  run(migrateVmaPages(task, migrate));
  run(migrateVmaFinalize(task, migrate));
  end();
  run(putPage(other, s));
  checkCounts(arena);
});

test('5.6: a page that is not on the LRU cannot be isolated', () => {
  const { arena, task, mm, begin, end } = scene();
  const s = pfnOf(arena, mm, AT);
  Atomics.and(arena.words, arena.page.flags + s, ~PG_LRU);
  const migrate = begin();
  run(migrateVmaSetup(task, migrate));
  end();
  assert.deepEqual([migrate.cpages, migrate.src[0]], [0, 0]);
  assert.deepEqual(countsOf(arena, s), [1, 1, true]);
  checkCounts(arena);
});

test('5.6: a reference that appears after setup makes the commit fail; the destination is freed, the source restored', () => {
  const { arena, task, mm, pgmap } = scene();
  const s = pfnOf(arena, mm, AT);
  const committed = (migrate: MigrateVma) => assert.equal((migrate.src[0] as number) & (VALID | MIGRATE), VALID);
  const collected = () => Atomics.add(arena.words, arena.page.refcount + s, 1);
  run(toDevice(task, mm, pgmap, AT, AT + 1, { collected, committed }));
  assert.equal(freedPages(arena, pgmap), 1);
  assert.equal(entryOf(arena, mm, AT), 'PRES(W,D,A)');
  assert.deepEqual(
    [stateOf(arena, s), countsOf(arena, s)],
    [
      [2, 1, false, true],
      [2, 1, true],
    ],
  );
  run(putPage(task, s));
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 7);
  checkCounts(arena);
});

test('a device page with one foreign reference passes the unmap pass by its slack, and fails the exact commit', () => {
  const { arena, task, mm, pgmap, begin, end } = scene();
  run(toDevice(task, mm, pgmap, AT, AT + 1));
  const d = pfnOf(arena, mm, AT);
  Atomics.add(arena.words, arena.page.refcount + d, 1);
  const migrate = begin(1, MIGRATE_VMA_SELECT_DEVICE_PRIVATE);
  run(migrateVmaSetup(task, migrate));
  assert.equal(migrate.cpages, 1);
  const to = run(allocPage(task, true));
  run(lockPage(task, to));
  migrate.dst[0] = migratePfn(to);
  run(migrateVmaPages(task, migrate));
  assert.equal((migrate.src[0] as number) & MIGRATE, 0);
  run(migrateVmaFinalize(task, migrate));
  end();
  assert.equal(entryOf(arena, mm, AT), 'DP_W');
  run(putPage(task, d));
  checkCounts(arena);
});

test('5.6: a declined slot is restored, and the other one moves', () => {
  const { arena, task, mm, pgmap, begin, end } = scene();
  run(cpuStore(task, mm, AT + 1, 0, 8));
  const migrate = begin(2);
  run(migrateVmaSetup(task, migrate));
  const d = run(allocDevicePage(task, pgmap));
  migrate.dst[1] = migratePfn(d);
  run(migrateVmaPages(task, migrate));
  assert.deepEqual(
    [...migrate.src].map((slot) => slot & MIGRATE),
    [0, MIGRATE],
  );
  run(migrateVmaFinalize(task, migrate));
  end();
  assert.deepEqual(
    [0, 1].map((i) => entryOf(arena, mm, AT + i)),
    ['PRES(W,D,A)', 'DP_W'],
  );
  checkCounts(arena);
});

test('an entry comes back dirty only if it was, and if the page still is', () => {
  for (const clean of [false, true]) {
    const { arena, task, mm, begin, end } = scene();
    const migrate = begin();
    run(migrateVmaSetup(task, migrate));
    if (clean) Atomics.and(arena.words, arena.page.flags + migratePfnToPage(migrate.src[0] as number), ~PG_DIRTY);
    run(migrateVmaPages(task, migrate));
    run(migrateVmaFinalize(task, migrate));
    end();
    assert.equal(entryOf(arena, mm, AT), clean ? 'PRES(W,A)' : 'PRES(W,D,A)');
    checkCounts(arena);
  }
});

test('5.6: a page zapped in the middle is freed at the end; the copy was for nothing', () => {
  const { arena, task, mm, other, pgmap } = scene();
  const free = freePages(arena);
  const collected = () => assert.equal(run(madviseDontneed(other, mm, AT, 1)), 0);
  run(toDevice(task, mm, pgmap, AT, AT + 1, { collected }));
  assert.equal(entryOf(arena, mm, AT), 'none');
  assert.equal(freePages(arena), free + 1);
  assert.equal(freedPages(arena, pgmap), 1);
  assert.equal(rssOf(arena, mm), 0);
  checkCounts(arena);
});

for (const [what, access] of [
  ['write', (task: ReturnType<typeof soloTask>, mm: number) => run(cpuStore(task, mm, AT + 1, 0, 5))],
  ['read', (task: ReturnType<typeof soloTask>, mm: number) => run(cpuLoad(task, mm, AT + 1, 0))],
] as const) {
  test(`a hole that a CPU ${what} fills first is ${what === 'write' ? 'lost' : 'still taken from the zero page'}`, () => {
    const { arena, task, mm, other, pgmap } = scene();
    let slot = -1;
    const migrate = run(
      toDevice(task, mm, pgmap, AT + 1, AT + 2, {
        collected: () => access(other, mm),
        committed: ({ src }) => {
          slot = src[0] as number;
        },
      }),
    ) as MigrateVma;
    assert.equal(migrate.cpages, 1);
    assert.equal(slot & MIGRATE, what === 'write' ? 0 : MIGRATE);
    assert.equal(entryOf(arena, mm, AT + 1), what === 'write' ? 'PRES(W,D,A)' : 'DP_W');
    assert.equal(freedPages(arena, pgmap), what === 'write' ? 1 : 0);
    assert.equal(rssOf(arena, mm), 2);
    checkCounts(arena);
    assert.equal(run(cpuLoad(task, mm, AT + 1, 0)), what === 'write' ? 5 : 0);
  });
}

test('a hole in an address space that is being reaped is not filled', () => {
  const { arena, task, mm, pgmap } = scene();
  run(toDevice(task, mm, pgmap, AT, AT + 2, { collected: () => or(arena, mm + Mm.flags, MmFlag.unstable) }));
  assert.deepEqual(
    [0, 1].map((i) => entryOf(arena, mm, AT + i)),
    ['DP_W', 'none'],
  );
  checkCounts(arena);
});

test('a CPU fault on a collected page waits for the page lock', () => {
  const { arena, task, mm, other, begin, end } = scene();
  const migrate = begin();
  run(migrateVmaSetup(task, migrate));
  assert.throws(() => run(cpuLoad(other, mm, AT, 0)), { rule: 'I-DEAD' });
  assert.equal(load(arena, mm + Mm.users), 1);
  end();
});
