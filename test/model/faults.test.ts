import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, or } from '../../src/arena/access.ts';
import { POISON, ZERO_PFN } from '../../src/arena/config.ts';
import { frameAt } from '../../src/arena/frames.ts';
import { Mm, MmFlag } from '../../src/arena/structures.ts';
import { cpuFault, cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { addressSpaceAlloc } from '../../src/mm/file/addressSpace.ts';
import { pageCount } from '../../src/mm/page/page.ts';
import { trylockPage, unlockPage } from '../../src/mm/page/pageLock.ts';
import { freePages, putPage } from '../../src/mm/page/zone.ts';
import { mmput } from '../../src/mm/syscalls/exit.ts';
import { forkMm } from '../../src/mm/syscalls/fork.ts';
import { madviseDontneed } from '../../src/mm/syscalls/madvise.ts';
import { mmapAnonymous, mmapRegion } from '../../src/mm/syscalls/mmap.ts';
import { mprotect } from '../../src/mm/syscalls/mprotect.ts';
import { LEAF_HWPOISON, LEAF_MARKER, mkLeaf, PTE_PROTNONE, PTE_WRITE } from '../../src/mm/table/pte.ts';
import { VM_FAULT_HWPOISON, VM_FAULT_OOM, VM_FAULT_SIGBUS, VM_FAULT_SIGSEGV } from '../../src/mm/table/vmFault.ts';
import { VM_READ, VM_SHARED, VM_WRITE } from '../../src/mm/vma/vma.ts';
import { Point } from '../../src/steps/points.ts';
import { run } from '../../src/steps/steps.ts';
import { checkCounts } from './checkCounts.ts';
import { countsOf, entryOf, pfnOf, pteOf, pteWord, rssOf } from './look.ts';
import { machine, soloTask } from './machine.ts';
import { heard, record, runWith } from './recorder.ts';

const AT = 16;

function scene(config = {}) {
  const { arena, task, mm } = machine(config);
  assert.equal(run(mmapAnonymous(task, mm, AT, 8)), AT);
  return { arena, task, mm, events: record(task, mm, 0, 1000) };
}

test('a read of nothing maps the zero page: no reference, no rss, no event', () => {
  const { arena, task, mm, events } = scene();
  const free = freePages(arena);
  assert.equal(run(cpuLoad(task, mm, AT, 5)), 0);
  assert.equal(entryOf(arena, mm, AT), 'PRES(A,zero)');
  assert.equal(pfnOf(arena, mm, AT), ZERO_PFN);
  assert.deepEqual(countsOf(arena, ZERO_PFN), [1, 0, false]);
  assert.equal(rssOf(arena, mm), 0);
  assert.equal(freePages(arena), free);
  assert.deepEqual(heard(events), []);
  checkCounts(arena);
});

test('a write to nothing maps a zeroed page of its own, exclusive, without an event', () => {
  const { arena, task, mm, events } = scene();
  assert.equal(run(cpuStore(task, mm, AT, 5, 9)), 0);
  const pfn = pfnOf(arena, mm, AT);
  assert.equal(entryOf(arena, mm, AT), 'PRES(W,D,A)');
  assert.deepEqual(countsOf(arena, pfn), [1, 1, true]);
  assert.equal(rssOf(arena, mm), 1);
  assert.deepEqual([...arena.frames.subarray(frameAt(arena, pfn), frameAt(arena, pfn) + 7)], [0, 0, 0, 0, 0, 9, 0]);
  assert.deepEqual(heard(events), []);
  checkCounts(arena);
});

test('a recycled page is handed out zeroed', () => {
  const { arena, task, mm } = scene({ systemPages: 3 });
  run(cpuStore(task, mm, AT, 5, 9));
  const pfn = pfnOf(arena, mm, AT);
  run(madviseDontneed(task, mm, AT, 1));
  assert.equal(arena.frames[frameAt(arena, pfn)], POISON);
  run(cpuStore(task, mm, AT + 1, 0, 1));
  assert.equal(pfnOf(arena, mm, AT + 1), pfn);
  assert.equal(run(cpuLoad(task, mm, AT + 1, 5)), 0);
  checkCounts(arena);
});

test('a write over the zero page copies zeroes, inside a CLEAR bracket of one page', () => {
  const { arena, task, mm, events } = scene();
  run(cpuLoad(task, mm, AT + 3, 0));
  assert.equal(run(cpuStore(task, mm, AT + 3, 1, 4)), 0);
  assert.deepEqual(heard(events), [`CLEAR ${AT + 3}-${AT + 4}`]);
  assert.deepEqual(countsOf(arena, pfnOf(arena, mm, AT + 3)), [1, 1, true]);
  assert.equal(rssOf(arena, mm), 1);
  assert.equal(run(cpuLoad(task, mm, AT + 3, 0)), 0);
  assert.deepEqual(countsOf(arena, ZERO_PFN), [1, 0, false]);
  checkCounts(arena);
});

test('after a fork the first writer copies and the last one reuses', () => {
  const { arena, task, mm, events } = scene();
  run(cpuStore(task, mm, AT, 0, 7));
  const shared = pfnOf(arena, mm, AT);
  const child = run(forkMm(task, mm));
  const childEvents = record(task, child, 0, 1000);
  heard(events);
  assert.deepEqual(countsOf(arena, shared), [2, 2, false]);
  assert.equal(run(cpuStore(task, child, AT, 1, 8)), 0);
  assert.deepEqual(heard(childEvents), [`CLEAR ${AT}-${AT + 1}`]);
  assert.deepEqual(heard(events), []);
  const copy = pfnOf(arena, child, AT);
  assert.notEqual(copy, shared);
  assert.deepEqual(countsOf(arena, copy), [1, 1, true]);
  assert.deepEqual(countsOf(arena, shared), [1, 1, false]);
  assert.equal(run(cpuLoad(task, child, AT, 0)), 7);
  // Sole owner now: permission grows, nobody is told.
  assert.equal(run(cpuStore(task, mm, AT, 1, 9)), 0);
  assert.deepEqual(heard(events), []);
  assert.equal(pfnOf(arena, mm, AT), shared);
  assert.deepEqual(countsOf(arena, shared), [1, 1, true]);
  assert.equal(run(cpuLoad(task, child, AT, 1)), 8);
  assert.deepEqual([rssOf(arena, mm), rssOf(arena, child)], [1, 1]);
  checkCounts(arena);
});

/** Who keeps the page from being reused: when he comes, and how he goes before the page is freed. */
const others = [
  { name: 'somebody holds a reference', point: Point.cpuAccess, locks: false },
  { name: 'somebody holds its lock', point: Point.cpuAccess, locks: true },
  { name: 'somebody takes a reference before it is locked', point: Point.trylockPage, locks: false },
] as const;

for (const { name, point, locks } of others) {
  test(`a page is not reused but copied when ${name}`, () => {
    const { arena, task, mm, events } = scene();
    const other = soloTask(arena, 1);
    run(cpuStore(task, mm, AT, 0, 7));
    run(mmput(task, run(forkMm(task, mm))));
    heard(events);
    const old = pfnOf(arena, mm, AT);
    const come = () => (locks ? run(trylockPage(other, old)) : add(arena, arena.page.refcount + old, 1));
    const go = () => run(locks ? unlockPage(other, old) : putPage(other, old));
    // He goes inside the bracket of the copy, which is what the callback sees.
    events.during = go;
    assert.equal(
      runWith(() => cpuStore(task, mm, AT, 0, 8), point, come),
      0,
    );
    assert.notEqual(pfnOf(arena, mm, AT), old);
    assert.deepEqual(heard(events), [`CLEAR ${AT}-${AT + 1}`]);
    assert.equal(pageCount(arena, old), 0);
    checkCounts(arena);
  });
}

test('a copy that was overtaken is thrown away', () => {
  const { arena, task, mm, events } = scene();
  const other = soloTask(arena, 1);
  run(cpuStore(task, mm, AT, 0, 7));
  const child = run(forkMm(task, mm));
  heard(events);
  events.during = () => {
    events.during = null;
    assert.equal(run(madviseDontneed(other, mm, AT, 1)), 0);
  };
  assert.equal(run(cpuStore(task, mm, AT, 1, 8)), 0);
  assert.deepEqual(heard(events), [`CLEAR ${AT}-${AT + 1}`, `CLEAR ${AT}-${AT + 1}`]);
  // The zap came first, so the store hit a fresh page.
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 0);
  assert.equal(run(cpuLoad(task, mm, AT, 1)), 8);
  assert.equal(run(cpuLoad(task, child, AT, 0)), 7);
  checkCounts(arena);
});

test('of two faults on one hole the page-table lock decides; the loser frees its page', () => {
  const { arena, task, mm } = scene();
  const other = soloTask(arena, 1);
  const free = freePages(arena);
  const store = () => cpuStore(task, mm, AT, 0, 1);
  assert.equal(
    runWith(store, Point.allocPage, () => run(cpuStore(other, mm, AT, 1, 2))),
    0,
  );
  assert.equal(freePages(arena), free - 1);
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 1);
  assert.equal(run(cpuLoad(task, mm, AT, 1)), 2);
  checkCounts(arena);
});

test('a spurious fault keeps the dirty bit the processor sets meanwhile', () => {
  const { arena, task, mm } = scene();
  const other = soloTask(arena, 1);
  run(cpuStore(task, mm, AT, 0, 1));
  run(mprotect(task, mm, AT, 8, VM_READ));
  run(mprotect(task, mm, AT, 8, VM_READ | VM_WRITE));
  // Clean, as a restored page is.
  Atomics.and(arena.words, pteWord(arena, mm, AT), ~4);
  assert.equal(entryOf(arena, mm, AT), 'PRES(W,A)');
  runWith(
    () => cpuFault(task, mm, AT, false),
    Point.setPte,
    () => run(cpuStore(other, mm, AT, 0, 2)),
  );
  assert.equal(entryOf(arena, mm, AT), 'PRES(W,D,A)');
});

test('a NUMA hint entry is made present again without an event', () => {
  const { arena, task, mm, events } = scene();
  run(cpuStore(task, mm, AT, 0, 3));
  const pfn = pfnOf(arena, mm, AT);
  Atomics.store(arena.words, pteWord(arena, mm, AT), (pteOf(arena, mm, AT) | PTE_PROTNONE) & ~PTE_WRITE);
  assert.equal(run(cpuFault(task, mm, AT, false)), 0);
  assert.equal(pteOf(arena, mm, AT) & PTE_PROTNONE, 0);
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 3);
  assert.equal(run(cpuStore(task, mm, AT, 0, 4)), 0);
  assert.equal(pfnOf(arena, mm, AT), pfn);
  assert.deepEqual(heard(events), []);
  checkCounts(arena);
});

test('SIGSEGV: no VMA, no permission, no access at all', () => {
  const { arena, task, mm } = scene();
  run(mprotect(task, mm, AT + 1, 1, VM_READ));
  run(mprotect(task, mm, AT + 2, 1, 0));
  for (const vpn of [AT - 1, AT + 8]) {
    assert.equal(run(cpuFault(task, mm, vpn, false)), VM_FAULT_SIGSEGV);
    assert.equal(run(cpuStore(task, mm, vpn, 0, 1)), -VM_FAULT_SIGSEGV);
    assert.equal(run(cpuLoad(task, mm, vpn, 0)), null);
  }
  assert.equal(run(cpuLoad(task, mm, AT + 1, 0)), 0);
  assert.equal(run(cpuStore(task, mm, AT + 1, 0, 1)), -VM_FAULT_SIGSEGV);
  assert.equal(run(cpuFault(task, mm, AT + 2, false)), VM_FAULT_SIGSEGV);
  assert.equal(run(cpuFault(task, mm, AT + 2, true)), VM_FAULT_SIGSEGV);
  checkCounts(arena);
});

test('SIGBUS: a mapping beyond the end of its file, and a reaped address space', () => {
  const { arena, task, mm } = scene();
  const mapping = addressSpaceAlloc(arena, 0);
  run(mmapRegion(task, mm, 100, 1, { flags: VM_READ | VM_WRITE | VM_SHARED, backing: { mapping, pgoff: 0 } }));
  assert.equal(run(cpuFault(task, mm, 100, false)), VM_FAULT_SIGBUS);
  run(cpuStore(task, mm, AT, 0, 1));
  or(arena, mm + Mm.flags, MmFlag.unstable);
  assert.equal(run(cpuFault(task, mm, AT + 1, false)), VM_FAULT_SIGBUS);
  assert.equal(run(cpuFault(task, mm, AT + 1, true)), VM_FAULT_SIGBUS);
  // What is still there may be used.
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 1);
  checkCounts(arena);
});

test('OOM: no page for a write, none for a copy, no page table', () => {
  const { arena, task, mm } = scene({ systemPages: 3, tables: 5 });
  assert.equal(run(cpuStore(task, mm, AT, 0, 7)), 0);
  assert.equal(run(cpuFault(task, mm, AT + 1, true)), VM_FAULT_OOM);
  assert.equal(run(cpuLoad(task, mm, AT + 1, 0)), 0);
  assert.equal(run(cpuStore(task, mm, AT + 1, 0, 1)), -VM_FAULT_OOM);
  assert.equal(entryOf(arena, mm, AT + 1), 'PRES(A,zero)');
  run(mmapAnonymous(task, mm, 100_000, 1));
  run(mmapAnonymous(task, mm, 200_000, 1));
  assert.equal(run(cpuLoad(task, mm, 100_000, 0)), 0);
  assert.equal(run(cpuFault(task, mm, 200_000, false)), VM_FAULT_OOM);
  checkCounts(arena);
});

test('OOM in a copy leaves the shared page as it was', () => {
  const { arena, task, mm } = scene({ systemPages: 3 });
  run(cpuStore(task, mm, AT, 0, 7));
  const child = run(forkMm(task, mm));
  assert.equal(run(cpuFault(task, child, AT, true)), VM_FAULT_OOM);
  assert.deepEqual(countsOf(arena, pfnOf(arena, mm, AT)), [2, 2, false]);
  checkCounts(arena);
});

test('poison and unknown entries', () => {
  const { arena, task, mm } = scene();
  run(cpuLoad(task, mm, AT, 0));
  Atomics.store(arena.words, pteWord(arena, mm, AT + 1), mkLeaf(LEAF_HWPOISON, 5));
  Atomics.store(arena.words, pteWord(arena, mm, AT + 2), mkLeaf(LEAF_MARKER, 5));
  assert.equal(run(cpuFault(task, mm, AT + 1, false)), VM_FAULT_HWPOISON);
  assert.equal(run(cpuFault(task, mm, AT + 2, false)), VM_FAULT_SIGBUS);
});
