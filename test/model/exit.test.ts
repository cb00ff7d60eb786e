import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../../src/arena/access.ts';
import { VPN_LIMIT } from '../../src/arena/config.ts';
import { handleOf, poolLive } from '../../src/arena/pool.ts';
import { Mm, MmFlag } from '../../src/arena/structures.ts';
import { Violation } from '../../src/arena/violation.ts';
import { migrateDeviceFinalize, migrateDevicePages, migrateDevicePfns } from '../../src/migrate/deviceRange.ts';
import { cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { freePages } from '../../src/mm/page/zone.ts';
import { mmput } from '../../src/mm/syscalls/exit.ts';
import { forkMm } from '../../src/mm/syscalls/fork.ts';
import { oomReap } from '../../src/mm/syscalls/madvise.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { mmOf } from '../../src/mm/vma/mmStruct.ts';
import { mmdrop, mmget, mmgetNotZero, mmgrab } from '../../src/notifier/mmCount.ts';
import { run } from '../../src/steps/steps.ts';
import { checkCounts } from './checkCounts.ts';
import { entryOf, pfnOf, rssOf } from './look.ts';
import { machine, soloTask } from './machine.ts';
import { heard, record, unrecord } from './recorder.ts';
import { freedPages, testDevice, toDevice } from './testDevice.ts';

const AT = 16;

function scene() {
  const { arena, task, mm } = machine();
  const free = freePages(arena);
  run(mmapAnonymous(task, mm, AT, 4));
  for (let i = 0; i < 3; i++) run(cpuStore(task, mm, AT + i, 0, i + 1));
  return { arena, task, mm, free };
}

test('the last user hears RELEASE first, over everything, with all pages still mapped; then UNMAP', () => {
  const { arena, task, mm, free } = scene();
  const events = record(task, mm, 0, 1000);
  const seen: string[] = [];
  events.during = () => seen.push(entryOf(arena, mm, AT));
  run(mmput(task, mm));
  assert.deepEqual(heard(events), [`RELEASE 0-${VPN_LIMIT}`, `UNMAP 0-${VPN_LIMIT}`]);
  assert.deepEqual(seen, ['PRES(W,D,A)', 'PRES(W,D,A)']);
  assert.equal(freePages(arena), free);
  // The interval keeps the structure, not the address space.
  assert.deepEqual([load(arena, mm + Mm.users), load(arena, mm + Mm.count)], [0, 1]);
  assert.equal(mmgetNotZero(arena, mm), false);
  assert.notEqual(load(arena, mm + Mm.flags) & MmFlag.oomSkip, 0);
  assert.equal(rssOf(arena, mm), 0);
  checkCounts(arena);
  const handle = handleOf(arena, arena.pools.mm, mm);
  unrecord(task, events);
  assert.throws(() => mmOf(arena, handle), { rule: 'I-UAF' });
  for (const pool of Object.values(arena.pools)) assert.equal(poolLive(arena, pool), 0, pool.name);
  checkCounts(arena);
});

test('a second user postpones the end, and performs it', () => {
  const { arena, task, mm, free } = scene();
  const device = soloTask(arena, 1);
  const events = record(task, mm, 0, 1000);
  mmget(arena, mm);
  run(mmput(task, mm));
  assert.deepEqual(heard(events), []);
  assert.equal(run(cpuLoad(device, mm, AT, 0)), 1);
  assert.equal(mmgetNotZero(arena, mm), true);
  run(mmput(device, mm));
  run(mmput(device, mm));
  assert.equal(heard(events).length, 2);
  assert.equal(freePages(arena), free);
  unrecord(task, events);
  checkCounts(arena);
});

test('an address space without notifiers is gone at once; a grabbed one keeps its structure', () => {
  const { arena, task, mm, free } = scene();
  mmgrab(arena, mm);
  run(mmput(task, mm));
  assert.equal(freePages(arena), free);
  assert.equal(poolLive(arena, arena.pools.mm), 1);
  mmdrop(arena, mm);
  assert.equal(poolLive(arena, arena.pools.mm), 0);
  assert.equal(poolLive(arena, arena.pools.vma), 0);
  assert.equal(poolLive(arena, arena.pools.anonVma), 0);
});

test('an mm put once too often is a violation', () => {
  const { arena, task, mm } = scene();
  mmgrab(arena, mm);
  run(mmput(task, mm));
  assert.throws(() => run(mmput(task, mm)), Violation);
});

test('device pages return to their driver when the address space ends', () => {
  const { arena, task, mm, free } = scene();
  const pgmap = testDevice(arena);
  run(toDevice(task, mm, pgmap, AT, AT + 4));
  assert.equal(freedPages(arena, pgmap), 0);
  run(mmput(task, mm));
  assert.equal(freedPages(arena, pgmap), 4);
  assert.equal(freePages(arena), free);
  checkCounts(arena);
});

test('a child outlives its parent with the pages they shared', () => {
  const { arena, task, mm, free } = scene();
  const child = run(forkMm(task, mm));
  run(mmput(task, mm));
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => run(cpuLoad(task, child, AT + i, 0))),
    [1, 2, 3, 0],
  );
  checkCounts(arena);
  run(mmput(task, child));
  assert.equal(freePages(arena), free);
  checkCounts(arena);
});

test('exit in the middle of an eviction: the page goes when the eviction ends', () => {
  const { arena, task, mm, free } = scene();
  const other = soloTask(arena, 1);
  const src = Int32Array.of(pfnOf(arena, mm, AT));
  assert.equal(run(migrateDevicePfns(other, src)), 1);
  run(mmput(task, mm));
  assert.equal(freePages(arena), free - 1);
  run(migrateDevicePages(other, src, Int32Array.of(0)));
  run(migrateDeviceFinalize(other, src, Int32Array.of(0)));
  assert.equal(freePages(arena), free);
  checkCounts(arena);
});

test('the reaper comes too late for an address space that is gone', () => {
  const { arena, task, mm } = scene();
  mmgrab(arena, mm);
  run(mmput(task, mm));
  assert.equal(run(oomReap(task, mm)), 0);
  assert.equal(load(arena, mm + Mm.flags) & MmFlag.unstable, 0);
});
