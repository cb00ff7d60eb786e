import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, load } from '../../src/arena/access.ts';
import { poolLive } from '../../src/arena/pool.ts';
import { AnonVma, Vma } from '../../src/arena/structures.ts';
import { removeMigrationPtes, tryToMigrate } from '../../src/migrate/migrationEntries.ts';
import { cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { lockPage, unlockPage } from '../../src/mm/page/pageLock.ts';
import { allocPage, putPage } from '../../src/mm/page/zone.ts';
import { addAnonRmap, anonVmaOf, anonVmaPrepare, removeRmap, rmapWalk } from '../../src/mm/rmap/rmap.ts';
import { mmput } from '../../src/mm/syscalls/exit.ts';
import { forkMm } from '../../src/mm/syscalls/fork.ts';
import { madviseDontneed } from '../../src/mm/syscalls/madvise.ts';
import { mmapAnonymous, munmap } from '../../src/mm/syscalls/mmap.ts';
import { mprotect } from '../../src/mm/syscalls/mprotect.ts';
import { mremap } from '../../src/mm/syscalls/mremap.ts';
import { VM_READ, vmaLookup } from '../../src/mm/vma/vma.ts';
import { Point } from '../../src/steps/points.ts';
import { run, type Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { checkCounts } from './checkCounts.ts';
import { countsOf, entryOf, pfnOf } from './look.ts';
import { machine, soloTask } from './machine.ts';
import { heard, record, runWith } from './recorder.ts';

const AT = 16;

function scene() {
  const { arena, task, mm } = machine();
  run(mmapAnonymous(task, mm, AT, 8));
  run(cpuStore(task, mm, AT + 3, 0, 7));
  return { arena, task, mm, pfn: pfnOf(arena, mm, AT + 3) };
}

/** The places a walk visits, as `mm:page`. */
function walk(task: Task, pfn: number, limit = 99): string[] {
  const visited: string[] = [];
  run(
    rmapWalk(task, pfn, function* (_vma: number, mm: number, vpn: number): Steps<boolean> {
      visited.push(`${mm}:${vpn}`);
      return visited.length < limit;
    }),
  );
  return visited;
}

test('a walk finds the one place a private page is mapped at', () => {
  const { task, mm, pfn } = scene();
  assert.deepEqual(walk(task, pfn), [`${mm}:${AT + 3}`]);
});

test('it finds it after splits, merges and moves', () => {
  const { arena, task, mm, pfn } = scene();
  run(mprotect(task, mm, AT + 2, 2, VM_READ));
  assert.deepEqual(walk(task, pfn), [`${mm}:${AT + 3}`]);
  run(munmap(task, mm, AT, 2));
  assert.deepEqual(walk(task, pfn), [`${mm}:${AT + 3}`]);
  run(mremap(task, mm, AT + 3, 1, { pages: 1, to: 900 }));
  assert.deepEqual(walk(task, pfn), [`${mm}:900`]);
  checkCounts(arena);
});

test('a forked page is found in the parent first, then in the children in order of age', () => {
  const { arena, task, mm, pfn } = scene();
  const child = run(forkMm(task, mm));
  const grandchild = run(forkMm(task, child));
  const everywhere = [mm, child, grandchild].map((m) => `${m}:${AT + 3}`);
  assert.deepEqual(walk(task, pfn), everywhere);
  assert.deepEqual(walk(task, pfn, 2), everywhere.slice(0, 2), 'false ends the walk');
  run(mmput(task, child));
  assert.deepEqual(walk(task, pfn), [everywhere[0], everywhere[2]]);
  run(munmap(task, mm, AT + 3, 1));
  assert.deepEqual(walk(task, pfn), [everywhere[2]]);
  checkCounts(arena);
});

test('a page that was never mapped is found nowhere', () => {
  const { arena, task } = scene();
  const pfn = run(allocPage(task, true));
  assert.deepEqual(walk(task, pfn), []);
  run(putPage(task, pfn));
  checkCounts(arena);
});

test('tryToMigrate takes every mapping away, with one CLEAR bracket each, and the way back is exact', () => {
  const { arena, task, mm, pfn } = scene();
  const child = run(forkMm(task, mm));
  const events = [record(task, mm, 0, 1000), record(task, child, 0, 1000)];
  run(lockPage(task, pfn));
  // The reference of the transaction.
  Atomics.add(arena.words, arena.page.refcount + pfn, 1);
  run(tryToMigrate(task, pfn));
  assert.deepEqual(events.map(heard), [[`CLEAR ${AT + 3}-${AT + 4}`], [`CLEAR ${AT + 3}-${AT + 4}`]]);
  assert.deepEqual([entryOf(arena, mm, AT + 3), entryOf(arena, child, AT + 3)], ['MIG_R', 'MIG_R']);
  assert.deepEqual(countsOf(arena, pfn), [1, 0, false]);
  run(removeMigrationPtes(task, pfn, pfn));
  assert.deepEqual(events.map(heard), [[], []]);
  assert.deepEqual(countsOf(arena, pfn), [3, 2, false]);
  run(unlockPage(task, pfn));
  run(putPage(task, pfn));
  assert.equal(run(cpuLoad(task, child, AT + 3, 0)), 7);
  checkCounts(arena);
});

test('an exclusive page that may be pinned is left mapped', () => {
  const { arena, task, mm, pfn } = scene();
  Atomics.add(arena.words, arena.page.refcount + pfn, 1024);
  run(lockPage(task, pfn));
  run(tryToMigrate(task, pfn));
  assert.equal(entryOf(arena, mm, AT + 3), 'PRES(W,D,A)');
  assert.deepEqual(countsOf(arena, pfn), [1025, 1, true]);
  run(unlockPage(task, pfn));
  run(putPage(task, pfn, 1024));
  checkCounts(arena);
});

test('two faults prepare one anon_vma', () => {
  const { arena, task, mm } = machine();
  const other = soloTask(arena, 1);
  run(mmapAnonymous(task, mm, AT, 8));
  const vma = vmaLookup(arena, mm, AT);
  assert.equal(
    runWith(
      () => anonVmaPrepare(task, vma),
      Point.anonVmaPrepare,
      () => assert.equal(run(anonVmaPrepare(other, vma)), true),
    ),
    true,
  );
  assert.equal(poolLive(arena, arena.pools.anonVma), 1);
  assert.equal(get(arena, anonVmaOf(arena, vma) + AnonVma.head), vma);
  checkCounts(arena);
});

test('an anon_vma lives as long as a VMA or a page names it', () => {
  const { arena, task, mm, pfn } = scene();
  const handle = load(arena, vmaLookup(arena, mm, AT) + Vma.anonVma);
  assert.notEqual(handle, 0);
  Atomics.add(arena.words, arena.page.refcount + pfn, 1);
  run(munmap(task, mm, AT, 8));
  assert.equal(poolLive(arena, arena.pools.anonVma), 1);
  assert.deepEqual(walk(task, pfn), []);
  run(putPage(task, pfn));
  assert.equal(poolLive(arena, arena.pools.anonVma), 0);
  run(mmapAnonymous(task, mm, AT, 8));
  run(madviseDontneed(task, mm, AT, 8));
  assert.equal(poolLive(arena, arena.pools.anonVma), 0, 'nothing was written');
  checkCounts(arena);
});

test('a mapcount cannot fall below 0', () => {
  const { arena, pfn } = scene();
  addAnonRmap(arena, pfn, false);
  removeRmap(arena, pfn);
  removeRmap(arena, pfn);
  assert.throws(() => removeRmap(arena, pfn), { rule: 'I-MAP' });
});
