import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, load } from '../../src/arena/access.ts';
import { POISON } from '../../src/arena/config.ts';
import { EINVAL, ENOMEM } from '../../src/arena/errno.ts';
import { frameAt } from '../../src/arena/frames.ts';
import { poolLive } from '../../src/arena/pool.ts';
import { isSame } from '../../src/arena/serials.ts';
import { Pgmap } from '../../src/arena/structures.ts';
import type { VmFault } from '../../src/arena/units.ts';
import { cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import {
  MEMORY_DEVICE_COHERENT,
  MEMORY_DEVICE_PRIVATE,
  memremapPages,
  memunmapPages,
  pgmapOf,
  pgmapOwner,
  registerPagemapOps,
  zoneDevicePageInit,
} from '../../src/mm/page/devPagemap.ts';
import { PG_DEVICE, PG_LOCKED, pageCount, pageFlags, pageGeneration } from '../../src/mm/page/page.ts';
import { unlockPage } from '../../src/mm/page/pageLock.ts';
import { putPage } from '../../src/mm/page/zone.ts';
import { madviseDontneed } from '../../src/mm/syscalls/madvise.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { VM_FAULT_SIGBUS } from '../../src/mm/table/vmFault.ts';
import { run, type Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { checkCounts } from './checkCounts.ts';
import { entryOf, pfnOf } from './look.ts';
import { machine } from './machine.ts';
import { allocDevicePage, freedPages, ownerOf, testDevice, toDevice } from './testDevice.ts';

const AT = 16;
const FIRST = 64;

function scene() {
  const { arena, task, mm } = machine();
  return { arena, task, mm, pgmap: testDevice(arena) };
}

test('memremap: a fresh range has free, unlocked pages of its owner', () => {
  const { arena, task, pgmap } = scene();
  assert.equal(load(arena, pgmap + Pgmap.ref), 1);
  assert.equal(ownerOf(arena, pgmap), 1);
  for (let pfn = FIRST; pfn < FIRST + 16; pfn++) {
    assert.deepEqual([pageCount(arena, pfn), pageFlags(arena, pfn)], [0, PG_DEVICE]);
    assert.equal(pgmapOf(arena, pfn), pgmap);
    assert.equal(pgmapOwner(arena, pfn), 1);
  }
  assert.throws(() => pgmapOf(arena, FIRST + 16), { rule: 'I-UAF' });
  run(memunmapPages(task, pgmap));
  assert.equal(poolLive(arena, arena.pools.pgmap), 0);
});

test('memremap refuses what it must', () => {
  const { arena, pgmap } = scene();
  const spec = { type: MEMORY_DEVICE_PRIVATE, owner: 9, ops: 900, start: FIRST + 16, pages: 16 };
  for (const [wrong, error] of [
    [{ type: 0 }, EINVAL],
    [{ type: 9 }, EINVAL],
    [{ owner: 0 }, EINVAL],
    [{ type: MEMORY_DEVICE_COHERENT, owner: 0 }, EINVAL],
    [{ pages: 0 }, EINVAL],
    [{ pages: 17 }, EINVAL],
    [{ start: FIRST - 1 }, EINVAL],
    [{ start: FIRST }, ENOMEM],
    [{ start: FIRST + 15, pages: 2 }, ENOMEM],
  ] as const) {
    assert.equal(memremapPages(arena, { ...spec, ...wrong }), -error, JSON.stringify(wrong));
  }
  assert.equal(poolLive(arena, arena.pools.pgmap), 1);
  assert.ok(memremapPages(arena, { ...spec, pages: 8 }) > 0);
  assert.equal(memremapPages(arena, { ...spec, start: FIRST + 24, pages: 8 }), -ENOMEM, 'too many pagemaps');
  assert.equal(pgmapOf(arena, FIRST), pgmap);
});

test('the life of a page: taken, mapped, freed, taken again', () => {
  const { arena, task, mm, pgmap } = scene();
  const pfn = run(allocDevicePage(task, pgmap));
  assert.equal(pfn, FIRST);
  assert.deepEqual([pageCount(arena, pfn), pageFlags(arena, pfn)], [1, PG_DEVICE | PG_LOCKED]);
  assert.equal(load(arena, pgmap + Pgmap.ref), 2);
  const generation = pageGeneration(arena, pfn);
  run(unlockPage(task, pfn));
  run(putPage(task, pfn));
  assert.deepEqual([pageCount(arena, pfn), pageFlags(arena, pfn)], [0, PG_DEVICE]);
  assert.equal(load(arena, pgmap + Pgmap.ref), 1);
  assert.equal(freedPages(arena, pgmap), 1);
  assert.ok(!isSame(pageGeneration(arena, pfn), generation));
  assert.equal(arena.frames[frameAt(arena, pfn)], POISON);
  run(mmapAnonymous(task, mm, AT, 2));
  run(cpuStore(task, mm, AT, 0, 7));
  run(toDevice(task, mm, pgmap, AT, AT + 1));
  assert.equal(pfnOf(arena, mm, AT), pfn, 'the free list hands it out again');
  checkCounts(arena);
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 7);
  checkCounts(arena);
});

test('a page that is in use cannot be initialised, nor one with a stale mapping', () => {
  const { arena, task, pgmap } = scene();
  const pfn = run(allocDevicePage(task, pgmap));
  assert.throws(() => run(zoneDevicePageInit(task, pgmap, pfn)), { rule: 'I-REF' });
  arena.words[arena.page.mapping + FIRST + 1] = 5;
  assert.throws(() => run(zoneDevicePageInit(task, pgmap, FIRST + 1)), { rule: 'I-ENTRY' });
});

test('memunmap waits for every page, and no new one can be made meanwhile', () => {
  const { arena, task, mm, pgmap } = scene();
  run(mmapAnonymous(task, mm, AT, 2));
  run(cpuStore(task, mm, AT, 0, 7));
  run(toDevice(task, mm, pgmap, AT, AT + 1));
  assert.throws(() => run(memunmapPages(task, pgmap)), { rule: 'I-DEAD' });
  assert.equal(load(arena, pgmap + Pgmap.ref), 1, 'only the page is left');
  assert.throws(() => run(zoneDevicePageInit(task, pgmap, FIRST + 1)), { rule: 'I-PGMAP' });
  // A CPU can still bring the page home.
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 7);
  assert.equal(load(arena, pgmap + Pgmap.ref), 0);
});

test('after memunmap the range can be used again, by somebody else', () => {
  const { arena, task, mm, pgmap } = scene();
  run(mmapAnonymous(task, mm, AT, 2));
  run(cpuStore(task, mm, AT, 0, 7));
  run(toDevice(task, mm, pgmap, AT, AT + 2));
  run(madviseDontneed(task, mm, AT, 2));
  run(memunmapPages(task, pgmap));
  assert.throws(() => pgmapOf(arena, FIRST), { rule: 'I-UAF' });
  assert.equal(pageFlags(arena, FIRST), 0);
  const again = memremapPages(arena, { type: MEMORY_DEVICE_PRIVATE, owner: 5, ops: 900, start: FIRST, pages: 16 });
  assert.ok(again > 0);
  assert.equal(pgmapOwner(arena, FIRST), 5);
  run(cpuStore(task, mm, AT, 0, 8));
  run(toDevice(task, mm, again, AT, AT + 1));
  assert.equal(pfnOf(arena, mm, AT), FIRST);
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 8);
  checkCounts(arena);
});

test('what migrate_to_ram answers is what the access gets', () => {
  const { arena, task, mm } = machine();
  const seen: number[] = [];
  registerPagemapOps(901, {
    *folioFree(): Steps<void> {},
    *migrateToRam(_task: Task, { page }): Steps<VmFault> {
      seen.push(page, pageCount(arena, page), pageFlags(arena, page) & PG_LOCKED);
      return VM_FAULT_SIGBUS;
    },
  });
  const pgmap = memremapPages(arena, { type: MEMORY_DEVICE_PRIVATE, owner: 3, ops: 901, start: FIRST, pages: 4 });
  run(mmapAnonymous(task, mm, AT, 2));
  run(cpuStore(task, mm, AT, 0, 7));
  run(toDevice(task, mm, pgmap, AT, AT + 1));
  assert.equal(run(cpuStore(task, mm, AT, 0, 8)), -VM_FAULT_SIGBUS);
  assert.deepEqual(seen, [FIRST, 2, PG_LOCKED], 'locked and referenced');
  assert.equal(entryOf(arena, mm, AT), 'DP_W');
  assert.equal(get(arena, arena.page.lockOwner + FIRST), 0);
  checkCounts(arena);
});
