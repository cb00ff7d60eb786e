import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrateDeviceFinalize, migrateDevicePages, migrateDevicePfns } from '../../src/migrate/deviceRange.ts';
import { cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { unlockPage } from '../../src/mm/page/pageLock.ts';
import { putPage } from '../../src/mm/page/zone.ts';
import { mmput } from '../../src/mm/syscalls/exit.ts';
import { forkMm } from '../../src/mm/syscalls/fork.ts';
import { mprotect } from '../../src/mm/syscalls/mprotect.ts';
import { VM_READ, VM_WRITE } from '../../src/mm/vma/vma.ts';
import { run } from '../../src/steps/steps.ts';
import { checkCounts } from './checkCounts.ts';
import { AT, exclusive, type Scene, scene } from './forkScene.ts';
import { countsOf, entryOf, pfnOf, rssOf } from './look.ts';
import { heard, record } from './recorder.ts';
import { toDevice } from './testDevice.ts';

const RW = VM_READ | VM_WRITE;

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
    child: 'PRES(D,A)',
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
    child: 'PRES(D)',
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
