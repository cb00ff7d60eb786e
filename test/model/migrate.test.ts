import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  MIGRATE_PFN_MIGRATE as MIGRATE,
  migratePfn,
  migratePfnToPage,
  MIGRATE_PFN_WRITE as WRITE,
} from '../../src/migrate/migratePfn.ts';
import { migrateVmaFinalize, migrateVmaPages, migrateVmaSetup } from '../../src/migrate/migrateVma.ts';
import { cpuFault, cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { pageIndex, pageMapping } from '../../src/mm/page/page.ts';
import { freePages } from '../../src/mm/page/zone.ts';
import { forkMm } from '../../src/mm/syscalls/fork.ts';
import { mprotect } from '../../src/mm/syscalls/mprotect.ts';
import { VM_FAULT_OOM } from '../../src/mm/table/vmFault.ts';
import { VM_READ } from '../../src/mm/vma/vma.ts';
import { Point } from '../../src/steps/points.ts';
import { run } from '../../src/steps/steps.ts';
import { checkCounts } from './checkCounts.ts';
import { countsOf, entryOf, pfnOf, rssOf } from './look.ts';
import { AT, scene, stateOf } from './migrateScene.ts';
import { heard, record, runWith } from './recorder.ts';
import { fillFromDevice, freedPages, toDevice } from './testDevice.ts';

test('5.1: a page goes to the device, with the counts of every step', () => {
  const { arena, task, mm, events, pgmap, begin, end } = scene();
  const s = pfnOf(arena, mm, AT);
  const free = freePages(arena);
  assert.deepEqual(stateOf(arena, s), [1, 1, false, true]);
  const migrate = begin();
  let collected: unknown[] = [];
  const look = () => {
    collected = [...stateOf(arena, s), entryOf(arena, mm, AT)];
  };
  assert.equal(
    runWith(() => migrateVmaSetup(task, migrate), Point.isolateLru, look),
    0,
  );
  assert.deepEqual(collected, [1, 0, true, true, 'MIG_W']);
  assert.deepEqual(heard(events), [`MIGRATE ${AT}-${AT + 1} by 1`]);
  assert.deepEqual([migrate.npages, migrate.cpages], [1, 1]);
  assert.equal(migrate.src[0], migratePfn(s) | MIGRATE | WRITE);
  assert.deepEqual(stateOf(arena, s), [1, 0, true, false]);
  assert.equal(rssOf(arena, mm), 1);
  run(fillFromDevice(task, migrate, pgmap));
  const d = migratePfnToPage(migrate.dst[0] as number);
  assert.deepEqual(stateOf(arena, d), [1, 0, true, false]);
  run(migrateVmaPages(task, migrate));
  assert.deepEqual(heard(events), [], 'no bracket without a hole');
  assert.deepEqual(
    [stateOf(arena, s), stateOf(arena, d)],
    [
      [1, 0, true, false],
      [1, 0, true, false],
    ],
  );
  assert.deepEqual([pageMapping(arena, d), pageIndex(arena, d)], [pageMapping(arena, s), pageIndex(arena, s)]);
  assert.equal(entryOf(arena, mm, AT), 'MIG_W');
  run(migrateVmaFinalize(task, migrate));
  assert.deepEqual(heard(events), []);
  assert.equal(entryOf(arena, mm, AT), 'DP_W');
  assert.deepEqual(
    [stateOf(arena, d), countsOf(arena, d)],
    [
      [1, 1, false, false],
      [1, 1, true],
    ],
  );
  assert.equal(freePages(arena), free + 1);
  assert.equal(rssOf(arena, mm), 1);
  end();
  checkCounts(arena);
});

test('5.2: a page shared by three address spaces goes with all its mappings', () => {
  const { arena, task, mm, events, pgmap } = scene();
  const children = [run(forkMm(task, mm)), run(forkMm(task, mm))];
  const childEvents = children.map((child) => record(task, child, 0, 1000));
  heard(events);
  const s = pfnOf(arena, mm, AT);
  assert.deepEqual(countsOf(arena, s), [3, 3, false]);
  const entries: string[] = [];
  const collected = () => {
    assert.deepEqual(countsOf(arena, s), [1, 0, false]);
    entries.push(...[mm, ...children].map((m) => entryOf(arena, m, AT)));
  };
  run(toDevice(task, mm, pgmap, AT, AT + 1, { collected }));
  assert.deepEqual(entries, ['MIG_R', 'MIG_R', 'MIG_R']);
  // One window without owner for each mapping that the collect walk did not meet; none of them can know whose it is.
  assert.deepEqual(heard(events)[0], `MIGRATE ${AT}-${AT + 1} by 1`);
  for (const recorder of childEvents) assert.deepEqual(heard(recorder), [`CLEAR ${AT}-${AT + 1}`]);
  const d = pfnOf(arena, mm, AT);
  assert.deepEqual(countsOf(arena, d), [3, 3, false]);
  for (const m of [mm, ...children]) assert.equal(entryOf(arena, m, AT), 'DP_R');
  checkCounts(arena);
  // A child that reads brings the page home for all of them.
  assert.equal(run(cpuLoad(task, children[0] as number, AT, 0)), 7);
  assert.equal(freedPages(arena, pgmap), 1);
  assert.deepEqual(countsOf(arena, pfnOf(arena, mm, AT)), [3, 3, false]);
  checkCounts(arena);
});

test('5.3: holes and the zero page are filled; a second bracket covers the rest of the range from the first hole', () => {
  const { arena, task, mm, events, pgmap, begin, end } = scene();
  run(cpuLoad(task, mm, AT + 2, 0));
  const migrate = begin(4);
  run(migrateVmaSetup(task, migrate));
  assert.deepEqual([...migrate.src].slice(1), [MIGRATE, MIGRATE, MIGRATE], 'never WRITE for a hole');
  assert.equal(migrate.cpages, 4);
  assert.deepEqual(
    [1, 2].map((i) => entryOf(arena, mm, AT + i)),
    ['none', 'PRES(A,zero)'],
  );
  assert.equal(rssOf(arena, mm), 1);
  run(fillFromDevice(task, migrate, pgmap));
  heard(events);
  run(migrateVmaPages(task, migrate));
  assert.deepEqual(heard(events), [`MIGRATE ${AT + 1}-${AT + 4} by 1`]);
  assert.equal(rssOf(arena, mm), 4);
  const d = migratePfnToPage(migrate.dst[1] as number);
  assert.deepEqual(
    [stateOf(arena, d), countsOf(arena, d)],
    [
      [2, 1, true, false],
      [2, 1, true],
    ],
  );
  assert.deepEqual([...migrate.src].slice(1), [MIGRATE, MIGRATE, MIGRATE]);
  run(migrateVmaFinalize(task, migrate));
  end();
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => entryOf(arena, mm, AT + i)),
    ['DP_W', 'DP_W', 'DP_W', 'DP_W'],
  );
  checkCounts(arena);
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => run(cpuLoad(task, mm, AT + i, 0))),
    [7, 0, 0, 0],
  );
  checkCounts(arena);
});

test('a hole in a read-only VMA becomes readable device memory', () => {
  const { arena, task, mm, pgmap } = scene();
  run(mprotect(task, mm, AT, 8, VM_READ));
  run(toDevice(task, mm, pgmap, AT, AT + 2));
  assert.deepEqual(
    [0, 1].map((i) => entryOf(arena, mm, AT + i)),
    ['DP_R', 'DP_R'],
  );
  checkCounts(arena);
});

test('5.4: a CPU fault brings the page home, with the counts of every step', () => {
  const { arena, task, mm, events, pgmap } = scene();
  run(toDevice(task, mm, pgmap, AT, AT + 1));
  const d = pfnOf(arena, mm, AT);
  const free = freePages(arena);
  heard(events);
  const steps: unknown[] = [];
  const look = () => steps.push([...stateOf(arena, d), entryOf(arena, mm, AT)]);
  assert.equal(
    runWith(() => cpuFault(task, mm, AT, false), Point.migrateCommit, look),
    0,
  );
  assert.deepEqual(steps, [[2, 0, true, false, 'MIG_W']]);
  assert.deepEqual(heard(events), [`MIGRATE ${AT}-${AT + 1} by 1`]);
  const s = pfnOf(arena, mm, AT);
  assert.equal(entryOf(arena, mm, AT), 'PRES(W)');
  assert.deepEqual(
    [stateOf(arena, s), countsOf(arena, s)],
    [
      [1, 1, false, true],
      [1, 1, true],
    ],
  );
  assert.deepEqual(stateOf(arena, d), [0, 0, false, false]);
  assert.equal(freedPages(arena, pgmap), 1);
  assert.equal(freePages(arena), free - 1);
  assert.equal(rssOf(arena, mm), 1);
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 7);
  checkCounts(arena);
});

test('no memory for the way home: VM_FAULT_OOM, and the page stays on the device', () => {
  const { arena, task, mm, pgmap } = scene({ systemPages: 4 });
  run(toDevice(task, mm, pgmap, AT, AT + 1));
  run(cpuStore(task, mm, AT + 1, 0, 1));
  run(cpuStore(task, mm, AT + 2, 0, 1));
  assert.equal(run(cpuFault(task, mm, AT, true)), VM_FAULT_OOM);
  assert.equal(entryOf(arena, mm, AT), 'DP_W');
  checkCounts(arena);
});
