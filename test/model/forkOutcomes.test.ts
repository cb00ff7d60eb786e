import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENOMEM } from '../../src/arena/errno.ts';
import { poolLive } from '../../src/arena/pool.ts';
import { cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { unpinUserPage } from '../../src/mm/fault/gup.ts';
import { unlockPage } from '../../src/mm/page/pageLock.ts';
import { freePages, putPage } from '../../src/mm/page/zone.ts';
import { mmput } from '../../src/mm/syscalls/exit.ts';
import { forkMm } from '../../src/mm/syscalls/fork.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { mprotect } from '../../src/mm/syscalls/mprotect.ts';
import { LEAF_MARKER, mkLeaf } from '../../src/mm/table/pte.ts';
import { VM_READ } from '../../src/mm/vma/vma.ts';
import { Point } from '../../src/steps/points.ts';
import { run } from '../../src/steps/steps.ts';
import { checkCounts } from './checkCounts.ts';
import { AT, exclusive, pin, scene } from './forkScene.ts';
import { countsOf, entryOf, pfnOf, pteOf, pteWord, rssOf } from './look.ts';
import { machine } from './machine.ts';
import { heard, record, runWith } from './recorder.ts';

test('a pinned page stays the parent’s, writable; the child gets a copy at once', () => {
  const at = scene();
  const { arena, task, mm, other } = at;
  run(cpuStore(task, mm, AT + 1, 0, 70));
  const pinned = [pin(at, AT), pin(at, AT + 1)];
  const child = run(forkMm(task, mm));
  pinned.forEach((pfn, i) => {
    assert.equal(entryOf(arena, mm, AT + i), 'PRES(W,D,A)');
    assert.deepEqual(countsOf(arena, pfn), [1025, 1, true]);
    const copy = pfnOf(arena, child, AT + i);
    assert.notEqual(copy, pfn);
    assert.deepEqual(countsOf(arena, copy), [1, 1, true]);
  });
  assert.deepEqual([run(cpuLoad(task, child, AT, 0)), run(cpuLoad(task, child, AT + 1, 0))], [7, 70]);
  run(cpuStore(task, mm, AT, 0, 8));
  assert.equal(run(cpuLoad(task, child, AT, 0)), 7);
  assert.deepEqual([rssOf(arena, mm), rssOf(arena, child)], [2, 2]);
  for (const pfn of pinned) run(unpinUserPage(other, pfn));
  checkCounts(arena);
});

test('a pin that is gone when the page for the copy is there: the page is shared, and the spare one is freed', () => {
  const at = scene();
  const { arena, task, mm, other } = at;
  const free = freePages(arena);
  const pfn = pin(at, AT);
  const child = runWith(
    () => forkMm(task, mm),
    Point.allocPage,
    () => run(unpinUserPage(other, pfn)),
  );
  assert.equal(pfnOf(arena, child, AT), pfn);
  assert.deepEqual(countsOf(arena, pfn), [2, 2, false]);
  assert.equal(freePages(arena), free);
  checkCounts(arena);
});

test('a pinned page without memory for the copy: -ENOMEM, and nothing leaks', () => {
  const at = scene({ systemPages: 3 });
  const { arena, task, mm, other } = at;
  const pfn = pin(at, AT);
  const mms = poolLive(arena, arena.pools.mm);
  assert.equal(run(forkMm(task, mm)), -ENOMEM);
  assert.equal(poolLive(arena, arena.pools.mm), mms);
  assert.equal(entryOf(arena, mm, AT), 'PRES(W,D,A)');
  run(unpinUserPage(other, pfn));
  checkCounts(arena);
});

test('a pinned device-exclusive page is restored and copied', () => {
  const at = scene();
  const { arena, task, mm, other } = at;
  const pinned = pin(at, AT);
  const pfn = exclusive(at, AT);
  assert.equal(pfn, pinned);
  run(unlockPage(other, pfn));
  run(putPage(other, pfn));
  const child = run(forkMm(task, mm));
  assert.equal(entryOf(arena, mm, AT), 'PRES(W,D)');
  assert.notEqual(pfnOf(arena, child, AT), pfn);
  assert.equal(run(cpuLoad(task, child, AT, 0)), 7);
  run(unpinUserPage(other, pfn));
  checkCounts(arena);
});

test('a device-exclusive page whose lock is held: the fork fails with -ENOMEM and nothing leaks', () => {
  const at = scene();
  const { arena, task, mm, other } = at;
  run(cpuStore(task, mm, AT + 1, 0, 8));
  const shared = pfnOf(arena, mm, AT + 1);
  const pfn = exclusive(at, AT + 2);
  const events = record(task, mm, 0, 1000);
  const free = freePages(arena);
  const mms = poolLive(arena, arena.pools.mm);
  assert.equal(run(forkMm(task, mm)), -ENOMEM);
  assert.deepEqual(heard(events), [`PROTECTION_PAGE ${AT}-${AT + 4}`]);
  assert.equal(entryOf(arena, mm, AT + 2), 'DX');
  assert.deepEqual(countsOf(arena, shared).slice(0, 2), [1, 1]);
  assert.equal(poolLive(arena, arena.pools.mm), mms);
  assert.equal(freePages(arena), free);
  run(unlockPage(other, pfn));
  run(putPage(other, pfn));
  checkCounts(arena);
  assert.equal(run(cpuStore(task, mm, AT + 1, 0, 9)), 0);
  assert.equal(pfnOf(arena, mm, AT + 1), shared);
  assert.ok(run(forkMm(task, mm)) > 0);
  checkCounts(arena);
});

test('a VMA nobody wrote to is not copied, and no bracket is opened for it', () => {
  const { arena, task, mm } = machine();
  run(mmapAnonymous(task, mm, AT, 4));
  run(cpuLoad(task, mm, AT, 0));
  const events = record(task, mm, 0, 1000);
  const child = run(forkMm(task, mm));
  assert.deepEqual(heard(events), []);
  assert.equal(pteOf(arena, child, AT), 0);
  assert.equal(run(cpuLoad(task, child, AT, 0)), 0);
  checkCounts(arena);
});

test('a marker is not inherited', () => {
  const { arena, task, mm } = scene();
  Atomics.store(arena.words, pteWord(arena, mm, AT + 1), mkLeaf(LEAF_MARKER, 1));
  const child = run(forkMm(task, mm));
  assert.equal(pteOf(arena, child, AT + 1), 0);
  assert.deepEqual([rssOf(arena, mm), rssOf(arena, child)], [1, 1]);
});

test('one bracket for each VMA that has pages', () => {
  const { arena, task, mm } = scene();
  run(mprotect(task, mm, AT + 2, 2, VM_READ));
  const events = record(task, mm, 0, 1000);
  run(forkMm(task, mm));
  assert.deepEqual(heard(events), [`PROTECTION_PAGE ${AT}-${AT + 2}`, `PROTECTION_PAGE ${AT + 2}-${AT + 4}`]);
  checkCounts(arena);
});

for (const [what, config] of [
  ['address space', { mms: 1 }],
  ['VMA', { vmas: 1 }],
  ['page table', { tables: 5 }],
] as const) {
  test(`no ${what} left: -ENOMEM, and nothing leaks`, () => {
    const { arena, task, mm } = scene(config);
    assert.equal(run(forkMm(task, mm)), -ENOMEM);
    assert.equal(poolLive(arena, arena.pools.mm), 1);
    checkCounts(arena);
    assert.equal(run(cpuStore(task, mm, AT, 1, 8)), 0);
    assert.equal(run(cpuLoad(task, mm, AT, 0)), 7);
    checkCounts(arena);
  });
}

test('three generations share one page and part one by one', () => {
  const { arena, task, mm } = scene();
  const page = pfnOf(arena, mm, AT);
  const child = run(forkMm(task, mm));
  const grandchild = run(forkMm(task, child));
  assert.deepEqual(countsOf(arena, page), [3, 3, false]);
  run(cpuStore(task, child, AT, 0, 8));
  assert.deepEqual(countsOf(arena, page), [2, 2, false]);
  run(mmput(task, mm));
  assert.deepEqual(countsOf(arena, page), [1, 1, false]);
  run(cpuStore(task, grandchild, AT, 1, 9));
  assert.equal(pfnOf(arena, grandchild, AT), page);
  assert.deepEqual([run(cpuLoad(task, grandchild, AT, 0)), run(cpuLoad(task, child, AT, 0))], [7, 8]);
  checkCounts(arena);
});
