import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Arena } from '../../src/arena/arena.ts';
import { ENOMEM } from '../../src/arena/errno.ts';
import { poolLive } from '../../src/arena/pool.ts';
import { migrateDeviceFinalize, migrateDevicePages, migrateDevicePfns } from '../../src/migrate/deviceRange.ts';
import { makeDeviceExclusive } from '../../src/migrate/exclusive.ts';
import { cpuLoad, cpuStore } from '../../src/mm/cpuAccess.ts';
import { mmput } from '../../src/mm/exit.ts';
import { forkMm } from '../../src/mm/fork.ts';
import { FOLL_PIN, getUserPage, unpinUserPage } from '../../src/mm/gup.ts';
import { mmapAnonymous } from '../../src/mm/mmap.ts';
import { mmapReadLock, mmapReadUnlock } from '../../src/mm/mmapLock.ts';
import { mprotect } from '../../src/mm/mprotect.ts';
import { unlockPage } from '../../src/mm/pageLock.ts';
import { LEAF_MARKER, mkLeaf } from '../../src/mm/pte.ts';
import { VM_READ, VM_WRITE } from '../../src/mm/vma.ts';
import { freePages, putPage } from '../../src/mm/zone.ts';
import { run } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { checkCounts } from './checkCounts.ts';
import { countsOf, entryOf, pfnOf, pteOf, pteWord, rssOf } from './look.ts';
import { machine, soloTask } from './machine.ts';
import { heard, record } from './recorder.ts';
import { testDevice, toDevice } from './testDevice.ts';

const AT = 16;
const RW = VM_READ | VM_WRITE;

interface Scene {
  readonly arena: Arena;
  readonly task: Task;
  /** Another actor, who prepares what the parent has. */
  readonly other: Task;
  readonly mm: number;
  readonly pgmap: number;
}

function scene(config = {}): Scene {
  const { arena, task, mm } = machine(config);
  const pgmap = testDevice(arena);
  run(mmapAnonymous(task, mm, AT, 4));
  run(cpuStore(task, mm, AT, 0, 7));
  return { arena, task, other: soloTask(arena, 1), mm, pgmap };
}

function pin({ other, mm }: Scene, vpn: number): number {
  run(mmapReadLock(other, mm));
  const pfn = run(getUserPage(other, mm, vpn, FOLL_PIN));
  run(mmapReadUnlock(other, mm));
  return pfn;
}

function exclusive({ other, mm }: Scene, vpn: number): number {
  run(mmapReadLock(other, mm));
  const pfn = run(makeDeviceExclusive(other, mm, vpn, 1));
  run(mmapReadUnlock(other, mm));
  return pfn;
}

/** Begins an eviction of the page at AT, so that a migration entry stands there; the result ends it, back to the page. */
function migrating({ arena, other, mm }: Scene): () => void {
  const src = Int32Array.of(pfnOf(arena, mm, AT));
  assert.equal(run(migrateDevicePfns(other, src)), 1);
  return () => {
    run(migrateDevicePages(other, src, Int32Array.of(0)));
    run(migrateDeviceFinalize(other, src, Int32Array.of(0)));
  };
}

interface Row {
  readonly parent: string;
  readonly prepare: (scene: Scene) => (() => void) | undefined;
  readonly parentAfter: string;
  readonly child: string;
  /** References, mappings and exclusive mark of the parent's page once all is over; null where there is none. */
  readonly counts: [number, number, boolean] | null;
}

/** spec C11, row by row. */
const rows: readonly Row[] = [
  {
    parent: 'PRES(W,D,A)',
    prepare: () => undefined,
    parentAfter: 'PRES(D,A)',
    child: 'PRES(A)',
    counts: [2, 2, false],
  },
  {
    parent: 'PRES(A,zero)',
    prepare({ task, mm }) {
      run(cpuLoad(task, mm, AT + 2, 0));
      return undefined;
    },
    parentAfter: 'PRES(A,zero)',
    child: 'PRES(A,zero)',
    counts: null,
  },
  {
    parent: 'MIG_W',
    prepare: migrating,
    parentAfter: 'MIG_R',
    child: 'MIG_R',
    counts: [2, 2, false],
  },
  {
    parent: 'MIG_RX',
    prepare(at) {
      const end = migrating(at);
      run(mprotect(at.task, at.mm, AT, 4, VM_READ));
      return end;
    },
    parentAfter: 'MIG_R',
    child: 'MIG_R',
    counts: [2, 2, false],
  },
  {
    parent: 'DP_W',
    prepare({ task, mm, pgmap }) {
      run(toDevice(task, mm, pgmap, AT, AT + 1));
      return undefined;
    },
    parentAfter: 'DP_R',
    child: 'DP_R',
    counts: [2, 2, false],
  },
  {
    parent: 'DP_R',
    prepare({ task, mm, pgmap }) {
      run(toDevice(task, mm, pgmap, AT, AT + 1));
      run(mprotect(task, mm, AT, 4, VM_READ));
      return undefined;
    },
    parentAfter: 'DP_R',
    child: 'DP_R',
    counts: [2, 2, false],
  },
  {
    parent: 'DX',
    prepare(at) {
      const pfn = exclusive(at, AT);
      run(unlockPage(at.other, pfn));
      run(putPage(at.other, pfn));
      return undefined;
    },
    parentAfter: 'PRES(D)',
    child: 'PRES',
    counts: [2, 2, false],
  },
];

for (const { parent, prepare, parentAfter, child: childHas, counts } of rows) {
  test(`${parent}: the parent keeps ${parentAfter}, the child gets ${childHas}`, () => {
    const at = scene();
    const { arena, task, mm } = at;
    const end = prepare(at);
    const vpn = parent.includes('zero') ? AT + 2 : AT;
    assert.equal(entryOf(arena, mm, vpn), parent);
    const before = rssOf(arena, mm);
    const events = record(task, mm, 0, 1000);
    const child = run(forkMm(task, mm));
    assert.ok(child > 0);
    assert.deepEqual(heard(events).at(-1), `PROTECTION_PAGE ${AT}-${AT + 4}`);
    assert.equal(entryOf(arena, mm, vpn), parentAfter);
    assert.equal(entryOf(arena, child, vpn), childHas);
    assert.equal(pfnOf(arena, child, vpn), pfnOf(arena, mm, vpn));
    assert.deepEqual([rssOf(arena, mm), rssOf(arena, child)], [before, before]);
    end?.();
    if (counts !== null) {
      assert.deepEqual(countsOf(arena, pfnOf(arena, mm, vpn)), counts);
      assert.equal(pfnOf(arena, child, vpn), pfnOf(arena, mm, vpn));
    }
    checkCounts(arena);
    // Whatever it was: both can write, and see only what is theirs.
    run(mprotect(task, mm, AT, 4, RW));
    run(mprotect(task, child, AT, 4, RW));
    const value = parent.includes('zero') ? 0 : 7;
    assert.equal(run(cpuStore(task, child, vpn, 1, 8)), 0);
    assert.equal(run(cpuLoad(task, mm, vpn, 1)), 0);
    assert.equal(run(cpuStore(task, mm, vpn, 1, 9)), 0);
    assert.equal(run(cpuLoad(task, child, vpn, 1)), 8);
    assert.equal(run(cpuLoad(task, child, vpn, 0)), value);
    assert.equal(run(cpuLoad(task, mm, vpn, 0)), value);
    run(mmput(task, child));
    checkCounts(arena);
  });
}

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
