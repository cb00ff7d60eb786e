import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, or } from '../../src/arena/access.ts';
import { EAGAIN, EINVAL, ENOMEM } from '../../src/arena/errno.ts';
import { Mm, MmFlag } from '../../src/arena/structures.ts';
import { migrateDeviceFinalize, migrateDevicePages, migrateDevicePfns } from '../../src/migrate/deviceRange.ts';
import { cpuFault, cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { FOLL_WRITE, getUserPage } from '../../src/mm/fault/gup.ts';
import { PG_DIRTY, pageCount, pageFlags } from '../../src/mm/page/page.ts';
import { freePages, putPage } from '../../src/mm/page/zone.ts';
import { madviseDontneed, oomReap } from '../../src/mm/syscalls/madvise.ts';
import { mmapAnonymous, munmap, vmaCount } from '../../src/mm/syscalls/mmap.ts';
import { mprotect } from '../../src/mm/syscalls/mprotect.ts';
import { VM_FAULT_SIGBUS } from '../../src/mm/table/vmFault.ts';
import { mmapReadLock, mmapReadUnlock, mmapWriteLock, mmapWriteUnlock } from '../../src/mm/vma/mmapLock.ts';
import { VM_READ, VM_SHARED, VM_WRITE, vmaEnd, vmaLookup, vmaStart, vmasIn } from '../../src/mm/vma/vma.ts';
import { Point } from '../../src/steps/points.ts';
import { run } from '../../src/steps/steps.ts';
import { checkCounts } from './checkCounts.ts';
import { entryOf, pfnOf, pteOf, rssOf } from './look.ts';
import { machine, soloTask } from './machine.ts';
import { heard, record, runWith } from './recorder.ts';
import { freedPages, testDevice, toDevice } from './testDevice.ts';

const AT = 16;

/** Pages AT to AT + 7, all written with their number. */
function scene(config = {}) {
  const { arena, task, mm } = machine(config);
  run(mmapAnonymous(task, mm, AT, 8));
  for (let i = 0; i < 8; i++) run(cpuStore(task, mm, AT + i, 0, i + 1));
  return { arena, task, mm, events: record(task, mm, 0, 1000) };
}

type Scene = ReturnType<typeof scene>;

const layout = ({ arena, mm }: Scene): string =>
  vmasIn(arena, mm, 0, 2 ** 27)
    .map((vma) => `${vmaStart(arena, vma)}-${vmaEnd(arena, vma)}`)
    .join(' ');
const contents = ({ task, mm }: Scene): (number | null)[] =>
  [0, 1, 2, 3, 4, 5, 6, 7].map((i) => run(cpuLoad(task, mm, AT + i, 0)));

test('munmap in the middle splits the VMA; both rests keep their data', () => {
  const at = scene();
  const { arena, task, mm, events } = at;
  const free = freePages(arena);
  assert.equal(run(munmap(task, mm, AT + 2, 3)), 0);
  assert.deepEqual(heard(events), [`UNMAP ${AT + 2}-${AT + 5}`]);
  assert.equal(layout(at), '16-18 21-24');
  assert.equal(vmaCount(task, mm), 2);
  assert.equal(rssOf(arena, mm), 5);
  assert.equal(freePages(arena), free + 3);
  assert.deepEqual(contents(at), [1, 2, null, null, null, 6, 7, 8]);
  checkCounts(arena);
  assert.equal(run(munmap(task, mm, AT - 4, 100)), 0);
  assert.equal(vmaCount(task, mm), 0);
  assert.equal(freePages(arena), free + 8);
  checkCounts(arena);
});

test('munmap of nothing does nothing, and bad ranges are -EINVAL', () => {
  const { arena, task, mm, events } = scene();
  assert.equal(run(munmap(task, mm, 500, 3)), 0);
  for (const [start, pages] of [
    [AT, 0],
    [AT, -1],
    [-1, 2],
    [2 ** 27 - 1, 2],
  ] as const) {
    assert.equal(run(munmap(task, mm, start, pages)), -EINVAL);
  }
  assert.deepEqual(heard(events), []);
  assert.equal(rssOf(arena, mm), 8);
  checkCounts(arena);
});

test('munmap that needs one VMA too many is -ENOMEM and changes nothing', () => {
  const at = scene({ vmas: 2 });
  assert.equal(run(munmap(at.task, at.mm, AT + 2, 3)), -ENOMEM);
  assert.equal(layout(at), '16-24', 'the cut that was possible is taken back');
  run(mmapAnonymous(at.task, at.mm, 500, 1));
  assert.equal(run(munmap(at.task, at.mm, AT, 3)), -ENOMEM);
  assert.deepEqual(heard(at.events), []);
  assert.deepEqual(contents(at), [1, 2, 3, 4, 5, 6, 7, 8]);
  checkCounts(at.arena);
  assert.equal(run(munmap(at.task, at.mm, AT, 8)), 0);
  checkCounts(at.arena);
});

test('munmap has detached the VMA before it zaps: a fault in between finds none', () => {
  const { arena, task, mm } = scene();
  const other = soloTask(arena, 1);
  let found = -1;
  runWith(
    () => munmap(task, mm, AT, 8),
    Point.munmapDetached,
    () => {
      // The lock is downgraded by now, and the entry is still there.
      assert.notEqual(pteOf(arena, mm, AT), 0);
      run(mmapReadLock(other, mm));
      found = vmaLookup(arena, mm, AT);
      run(mmapReadUnlock(other, mm));
    },
  );
  assert.equal(found, 0);
  checkCounts(arena);
});

test('a page outlives its mapping while somebody holds a reference, and its dirty bit is moved to it', () => {
  const { arena, task, mm } = scene();
  run(mmapReadLock(task, mm));
  const pfn = run(getUserPage(task, mm, AT, FOLL_WRITE));
  run(mmapReadUnlock(task, mm));
  run(munmap(task, mm, AT, 8));
  assert.equal(pageCount(arena, pfn), 1);
  assert.notEqual(pageFlags(arena, pfn) & PG_DIRTY, 0);
  checkCounts(arena, { references: new Map([[pfn, 1]]) });
  run(putPage(task, pfn));
  checkCounts(arena);
});

test('MADV_DONTNEED takes the pages and leaves the VMA', () => {
  const at = scene();
  const { arena, task, mm, events } = at;
  assert.equal(run(madviseDontneed(task, mm, AT + 1, 2)), 0);
  assert.deepEqual(heard(events), [`CLEAR ${AT + 1}-${AT + 3}`]);
  assert.equal(layout(at), '16-24');
  assert.deepEqual(contents(at), [1, 0, 0, 4, 5, 6, 7, 8]);
  assert.equal(rssOf(arena, mm), 6);
  assert.equal(run(madviseDontneed(task, mm, AT, 0)), -EINVAL);
  checkCounts(arena);
});

test('MADV_DONTNEED over a hole is -ENOMEM, and discards what is mapped', () => {
  const at = scene();
  const { arena, task, mm, events } = at;
  run(munmap(task, mm, AT + 2, 2));
  heard(events);
  assert.equal(run(madviseDontneed(task, mm, AT + 1, 4)), -ENOMEM);
  assert.deepEqual(heard(events), [`CLEAR ${AT + 1}-${AT + 2}`, `CLEAR ${AT + 4}-${AT + 5}`]);
  assert.deepEqual(contents(at), [1, 0, null, null, 0, 6, 7, 8]);
  assert.equal(run(madviseDontneed(task, mm, AT + 7, 2)), -ENOMEM, 'the hole is at the end');
  assert.equal(run(madviseDontneed(task, mm, AT - 1, 2)), -ENOMEM, 'the hole is at the start');
  assert.equal(run(madviseDontneed(task, mm, 300, 2)), -ENOMEM, 'all hole');
  checkCounts(arena);
});

test('device-private pages are put at once and reach the free list of their driver', () => {
  const { arena, task, mm } = scene();
  const pgmap = testDevice(arena);
  run(toDevice(task, mm, pgmap, AT, AT + 3));
  assert.equal(entryOf(arena, mm, AT), 'DP_W');
  run(madviseDontneed(task, mm, AT, 1));
  assert.equal(freedPages(arena, pgmap), 1);
  run(munmap(task, mm, AT, 8));
  assert.equal(freedPages(arena, pgmap), 3);
  assert.equal(rssOf(arena, mm), 0);
  checkCounts(arena);
});

test('a zapped migration entry leaves rss at once; the migration then finds nothing to restore and frees the page', () => {
  const { arena, task, mm } = scene();
  const other = soloTask(arena, 1);
  const free = freePages(arena);
  const src = Int32Array.of(pfnOf(arena, mm, AT));
  assert.equal(run(migrateDevicePfns(other, src)), 1);
  assert.equal(entryOf(arena, mm, AT), 'MIG_W');
  run(madviseDontneed(task, mm, AT, 1));
  assert.equal(rssOf(arena, mm), 7);
  assert.equal(freePages(arena), free);
  run(migrateDevicePages(other, src, Int32Array.of(0)));
  run(migrateDeviceFinalize(other, src, Int32Array.of(0)));
  assert.equal(freePages(arena), free + 1);
  assert.equal(pteOf(arena, mm, AT), 0);
  checkCounts(arena);
});

test('VMAs split at a change of protection and merge when it is taken back', () => {
  const at = scene();
  const { arena, task, mm } = at;
  run(mprotect(task, mm, AT + 2, 2, VM_READ));
  assert.equal(layout(at), '16-18 18-20 20-24');
  run(mprotect(task, mm, AT + 2, 2, VM_READ | VM_WRITE));
  assert.equal(layout(at), '16-24');
  assert.equal(vmaCount(task, mm), 1);
  run(munmap(task, mm, AT + 2, 2));
  assert.equal(vmaCount(task, mm), 2);
  assert.equal(run(mmapAnonymous(task, mm, -1, 1)), AT + 2);
  assert.equal(run(mmapAnonymous(task, mm, -1, 4)), AT + 8, 'the first gap that is large enough');
  assert.deepEqual(contents(at), [1, 2, 0, null, 5, 6, 7, 8]);
  checkCounts(arena);
});

test('neighbours with pages of different anon_vmas stay apart', () => {
  const at = scene();
  run(mmapAnonymous(at.task, at.mm, AT + 10, 1));
  run(cpuStore(at.task, at.mm, AT + 10, 0, 9));
  run(mmapAnonymous(at.task, at.mm, AT + 8, 2));
  assert.equal(layout(at), '16-26 26-27', 'what comes between joins the one before it');
  checkCounts(at.arena);
});

test('a neighbour joins the anon_vma of pages beside it, so that they can merge', () => {
  const at = scene();
  run(mmapAnonymous(at.task, at.mm, AT + 8, 1, VM_READ));
  run(mprotect(at.task, at.mm, AT + 8, 1, VM_READ | VM_WRITE));
  assert.equal(layout(at), '16-25');
  run(mprotect(at.task, at.mm, AT + 4, 1, VM_READ));
  run(mprotect(at.task, at.mm, AT + 4, 1, VM_READ | VM_WRITE));
  assert.equal(layout(at), '16-25');
  checkCounts(at.arena);
});

test('mmap over what is there unmaps it first', () => {
  const at = scene();
  assert.equal(run(mmapAnonymous(at.task, at.mm, AT + 6, 4)), AT + 6);
  assert.deepEqual(heard(at.events), [`UNMAP ${AT + 6}-${AT + 10}`]);
  assert.deepEqual(contents(at), [1, 2, 3, 4, 5, 6, 0, 0]);
  checkCounts(at.arena);
});

test('the OOM reaper takes private pages, marks the address space first, and nobody reads zeroes afterwards', () => {
  const { arena, task, mm, events } = scene();
  const reaper = soloTask(arena, 1);
  run(mmapAnonymous(task, mm, 100, 1, VM_READ | VM_SHARED));
  events.during = () => assert.notEqual(load(arena, mm + Mm.flags) & MmFlag.unstable, 0, 'marked before the first zap');
  assert.equal(run(oomReap(reaper, mm)), 0);
  events.during = null;
  assert.deepEqual(heard(events), [`CLEAR ${AT}-${AT + 8}`]);
  assert.equal(rssOf(arena, mm), 0);
  assert.equal(run(cpuFault(task, mm, AT, false)), VM_FAULT_SIGBUS);
  assert.equal(run(cpuFault(task, mm, AT, true)), VM_FAULT_SIGBUS);
  checkCounts(arena);
});

test('an interval that refuses makes the reaper skip its VMA and say -EAGAIN; the bracket is closed again', () => {
  const { arena, task, mm, events } = scene();
  const reaper = soloTask(arena, 1);
  run(mmapAnonymous(task, mm, 2000, 1));
  run(cpuStore(task, mm, 2000, 0, 1));
  events.answer = false;
  assert.equal(run(oomReap(reaper, mm)), -EAGAIN);
  assert.equal(rssOf(arena, mm), 8, 'the VMA outside the interval is reaped');
  assert.equal(entryOf(arena, mm, AT), 'PRES(W,D,A)');
  checkCounts(arena);
  events.answer = true;
  assert.equal(run(oomReap(reaper, mm)), 0);
  assert.equal(rssOf(arena, mm), 0);
  assert.deepEqual(heard(events), [`CLEAR ${AT}-${AT + 8}`, `CLEAR ${AT}-${AT + 8}`]);
  checkCounts(arena);
});

test('the reaper does not wait for mmap_lock and skips an address space that is done', () => {
  const { arena, task, mm } = scene();
  const reaper = soloTask(arena, 1);
  run(mmapWriteLock(task, mm));
  assert.equal(run(oomReap(reaper, mm)), -EAGAIN);
  run(mmapWriteUnlock(task, mm));
  assert.equal(load(arena, mm + Mm.flags) & MmFlag.unstable, 0);
  or(arena, mm + Mm.flags, MmFlag.oomSkip);
  assert.equal(run(oomReap(reaper, mm)), 0);
  assert.equal(rssOf(arena, mm), 8);
  checkCounts(arena);
});
