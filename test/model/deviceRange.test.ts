import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get } from '../../src/arena/access.ts';
import type { Arena } from '../../src/arena/arena.ts';
import { Pgmap } from '../../src/arena/structures.ts';
import {
  migrateDeviceFinalize,
  migrateDevicePages,
  migrateDevicePfns,
  migrateDeviceRange,
} from '../../src/migrate/deviceRange.ts';
import { MIGRATE_PFN_MIGRATE as MIGRATE, migratePfn, migratePfnToPage } from '../../src/migrate/migratePfn.ts';
import { cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { copyPage } from '../../src/mm/page/copyPage.ts';
import { lockPage, unlockPage } from '../../src/mm/page/pageLock.ts';
import { freePages, putPage } from '../../src/mm/page/zone.ts';
import { forkMm } from '../../src/mm/syscalls/fork.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { Point } from '../../src/steps/points.ts';
import { run } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { checkCounts } from './checkCounts.ts';
import { countsOf, entryOf, pfnOf, rssOf } from './look.ts';
import { machine, soloTask } from './machine.ts';
import { heard, record, runWith } from './recorder.ts';
import { allocDevicePage, allocTarget, freedPages, testDevice, toDevice } from './testDevice.ts';

const AT = 16;

/** Pages AT to AT + 3, written with 1 to 4, on the device. */
function scene() {
  const { arena, task, mm } = machine();
  const pgmap = testDevice(arena);
  run(mmapAnonymous(task, mm, AT, 4));
  for (let i = 0; i < 4; i++) run(cpuStore(task, mm, AT + i, 0, i + 1));
  run(toDevice(task, mm, pgmap, AT, AT + 4));
  return { arena, task, mm, pgmap, evictor: soloTask(arena, 1), start: get(arena, pgmap + Pgmap.start) };
}

/** Copies what moves to RAM and ends the eviction. */
function finish(task: Task, src: Int32Array): void {
  const dst = new Int32Array(src.length);
  src.forEach((slot, i) => {
    const from = migratePfnToPage(slot);
    if (from === 0) return;
    const to = run(allocTarget(task));
    run(copyPage(task, to, from));
    dst[i] = migratePfn(to);
  });
  run(migrateDevicePages(task, src, dst));
  run(migrateDeviceFinalize(task, src, dst));
}

const read = (task: Task, mm: number): (number | null)[] => [0, 1, 2, 3].map((i) => run(cpuLoad(task, mm, AT + i, 0)));
const entries = (arena: Arena, mm: number): string[] => [0, 1, 2, 3].map((i) => entryOf(arena, mm, AT + i));

test('5.5: an eviction needs no mmap_lock, sends one CLEAR for each mapping, and empties the device', () => {
  const { arena, task, mm, pgmap, evictor, start } = scene();
  const events = record(task, mm, 0, 1000);
  const free = freePages(arena);
  const src = run(migrateDeviceRange(evictor, start, 16));
  assert.deepEqual(
    heard(events),
    [0, 1, 2, 3].map((i) => `CLEAR ${AT + i}-${AT + i + 1}`),
  );
  assert.deepEqual(
    [...src].slice(0, 4),
    [0, 1, 2, 3].map((i) => migratePfn(start + i) | MIGRATE),
  );
  assert.deepEqual([...src].slice(4), new Array(12).fill(0), 'free pages give nothing');
  assert.deepEqual(countsOf(arena, start), [1, 0, false]);
  assert.deepEqual(entries(arena, mm), ['MIG_W', 'MIG_W', 'MIG_W', 'MIG_W']);
  finish(evictor, src);
  assert.deepEqual(heard(events), []);
  assert.deepEqual(entries(arena, mm), ['PRES(W)', 'PRES(W)', 'PRES(W)', 'PRES(W)']);
  assert.equal(freedPages(arena, pgmap), 4);
  assert.equal(freePages(arena), free - 4);
  assert.equal(rssOf(arena, mm), 4);
  checkCounts(arena);
  assert.deepEqual(read(task, mm), [1, 2, 3, 4]);
});

test('pages mapped by parent and child are evicted from both, each hearing a CLEAR', () => {
  const { arena, task, mm, pgmap, evictor, start } = scene();
  const child = run(forkMm(task, mm));
  const events = [record(task, mm, 0, 1000), record(task, child, 0, 1000)];
  const src = run(migrateDeviceRange(evictor, start, 2));
  assert.deepEqual(entries(arena, child), ['MIG_R', 'MIG_R', 'DP_R', 'DP_R']);
  finish(evictor, src);
  for (const recorder of events)
    assert.deepEqual(
      heard(recorder),
      [0, 1].map((i) => `CLEAR ${AT + i}-${AT + i + 1}`),
    );
  assert.deepEqual(entries(arena, mm), ['PRES', 'PRES', 'DP_R', 'DP_R']);
  assert.equal(pfnOf(arena, mm, AT), pfnOf(arena, child, AT));
  assert.deepEqual(countsOf(arena, pfnOf(arena, mm, AT)), [2, 2, false]);
  assert.equal(freedPages(arena, pgmap), 2);
  checkCounts(arena);
  run(cpuStore(task, child, AT, 0, 9));
  assert.deepEqual([read(task, mm)[0], read(task, child)[0]], [1, 9]);
  checkCounts(arena);
});

test('a busy page is skipped in silence, and taken by the next pass', () => {
  const { arena, task, mm, pgmap, evictor, start } = scene();
  run(lockPage(task, start + 1));
  const src = run(migrateDeviceRange(evictor, start, 4));
  assert.deepEqual(
    [...src].map((slot) => (slot & MIGRATE) !== 0),
    [true, false, true, true],
  );
  assert.equal(src[1], 0);
  finish(evictor, src);
  assert.deepEqual(entries(arena, mm), ['PRES(W)', 'DP_W', 'PRES(W)', 'PRES(W)']);
  run(unlockPage(task, start + 1));
  checkCounts(arena);
  finish(evictor, run(migrateDeviceRange(evictor, start, 4)));
  assert.equal(freedPages(arena, pgmap), 4);
  checkCounts(arena);
  assert.deepEqual(read(task, mm), [1, 2, 3, 4]);
});

test('page frames need not be contiguous', () => {
  const { arena, mm, evictor, start } = scene();
  const src = Int32Array.of(start + 3, 0, start, start + 9);
  assert.equal(run(migrateDevicePfns(evictor, src)), 2);
  assert.deepEqual([...src], [migratePfn(start + 3) | MIGRATE, 0, migratePfn(start) | MIGRATE, 0]);
  finish(evictor, src);
  assert.deepEqual(entries(arena, mm), ['PRES(W)', 'DP_W', 'DP_W', 'PRES(W)']);
  checkCounts(arena);
});

test('without destinations everything is put back', () => {
  const { arena, task, mm, pgmap, evictor, start } = scene();
  const src = run(migrateDeviceRange(evictor, start, 4));
  const none = new Int32Array(4);
  run(migrateDevicePages(evictor, src, none));
  assert.deepEqual(
    [...src].map((slot) => slot & MIGRATE),
    [0, 0, 0, 0],
  );
  run(migrateDeviceFinalize(evictor, src, none));
  assert.deepEqual(entries(arena, mm), ['DP_W', 'DP_W', 'DP_W', 'DP_W']);
  assert.equal(freedPages(arena, pgmap), 0);
  checkCounts(arena);
  assert.deepEqual(read(task, mm), [1, 2, 3, 4]);
});

test('a page that a driver holds but nobody maps has a reference too many for the commit', () => {
  const { arena, task, pgmap, evictor } = scene();
  const held = run(allocDevicePage(task, pgmap));
  assert.equal(run(migrateDevicePfns(evictor, Int32Array.of(held))), 0, 'locked');
  run(unlockPage(task, held));
  const src = Int32Array.of(held);
  assert.equal(run(migrateDevicePfns(evictor, src)), 1, 'the slack of device pages');
  const to = run(allocTarget(evictor));
  run(migrateDevicePages(evictor, src, Int32Array.of(migratePfn(to))));
  assert.equal((src[0] as number) & MIGRATE, 0);
  run(migrateDeviceFinalize(evictor, src, Int32Array.of(migratePfn(to))));
  assert.deepEqual(countsOf(arena, held), [1, 0, false]);
  run(putPage(task, held));
  checkCounts(arena);
});

test('a hole has no place here (I-MIG)', () => {
  const { task, evictor } = scene();
  const to = run(allocTarget(evictor));
  const src = Int32Array.of(MIGRATE);
  assert.throws(() => run(migrateDevicePages(evictor, src, Int32Array.of(migratePfn(to)))), { rule: 'I-MIG' });
  assert.notEqual(task, evictor);
});

test('a CPU fault and an eviction of the same page: the one that has the lock works, the other makes way', () => {
  const { arena, task, mm, pgmap, evictor, start } = scene();
  // The fault has the page: the eviction skips it.
  let during = -1;
  assert.equal(
    runWith(
      () => cpuLoad(task, mm, AT, 0),
      Point.migrateCommit,
      () => {
        during = run(migrateDevicePfns(evictor, Int32Array.of(start)));
      },
    ),
    1,
  );
  assert.equal(during, 0);
  // The eviction has the page: the fault waits for its lock.
  const src = run(migrateDeviceRange(evictor, start + 1, 1));
  assert.equal(
    runWith(
      () => cpuLoad(task, mm, AT + 1, 0),
      Point.waitOnLocked,
      () => finish(evictor, src),
    ),
    2,
  );
  assert.equal(freedPages(arena, pgmap), 2);
  checkCounts(arena);
});
