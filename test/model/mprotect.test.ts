import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EINVAL, ENOMEM } from '../../src/arena/errno.ts';
import { migrateDeviceFinalize, migrateDevicePages, migrateDevicePfns } from '../../src/migrate/deviceRange.ts';
import { cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { forkMm } from '../../src/mm/syscalls/fork.ts';
import { mmapAnonymous, munmap, vmaCount } from '../../src/mm/syscalls/mmap.ts';
import { mprotect } from '../../src/mm/syscalls/mprotect.ts';
import { VM_FAULT_SIGSEGV } from '../../src/mm/table/vmFault.ts';
import { VM_ACCESS, VM_READ, VM_WRITE, vmaFlags, vmaLookup } from '../../src/mm/vma/vma.ts';
import { Point } from '../../src/steps/points.ts';
import { run } from '../../src/steps/steps.ts';
import { checkCounts } from './checkCounts.ts';
import { countsOf, entryOf, pfnOf, pteOf, rssOf } from './look.ts';
import { machine, soloTask } from './machine.ts';
import { heard, record, runWith } from './recorder.ts';
import { testDevice, toDevice } from './testDevice.ts';

const AT = 16;
const RW = VM_READ | VM_WRITE;

function scene(config = {}) {
  const { arena, task, mm } = machine(config);
  run(mmapAnonymous(task, mm, AT, 8));
  run(cpuStore(task, mm, AT, 0, 7));
  return { arena, task, mm, events: record(task, mm, 0, 1000) };
}

test('taking write away: one PROTECTION_VMA bracket, read-only entries, SIGSEGV for a store', () => {
  const { arena, task, mm, events } = scene();
  run(cpuLoad(task, mm, AT + 1, 0));
  assert.equal(run(mprotect(task, mm, AT, 8, VM_READ)), 0);
  assert.deepEqual(heard(events), [`PROTECTION_VMA ${AT}-${AT + 8}`]);
  assert.equal(entryOf(arena, mm, AT), 'PRES(D,A)');
  assert.equal(entryOf(arena, mm, AT + 1), 'PRES(A,zero)');
  assert.equal(run(cpuStore(task, mm, AT, 0, 8)), -VM_FAULT_SIGSEGV);
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 7);
  assert.deepEqual(countsOf(arena, pfnOf(arena, mm, AT)), [1, 1, true]);
  checkCounts(arena);
});

test('giving write back: an exclusive page is writable at once, a shared one and the zero page are not', () => {
  const { arena, task, mm } = scene();
  run(cpuStore(task, mm, AT + 1, 0, 8));
  const child = run(forkMm(task, mm));
  run(cpuStore(task, mm, AT, 0, 9));
  run(cpuLoad(task, mm, AT + 2, 0));
  run(mprotect(task, mm, AT, 8, VM_READ));
  run(mprotect(task, mm, AT, 8, RW));
  assert.match(entryOf(arena, mm, AT), /W/);
  assert.doesNotMatch(entryOf(arena, mm, AT + 1), /W/);
  assert.equal(entryOf(arena, mm, AT + 2), 'PRES(A,zero)');
  run(cpuStore(task, mm, AT + 1, 0, 10));
  assert.equal(run(cpuLoad(task, child, AT + 1, 0)), 8);
  checkCounts(arena);
});

test('PROT_NONE keeps the pages and lets nobody in', () => {
  const { arena, task, mm, events } = scene();
  run(mprotect(task, mm, AT, 8, 0));
  assert.equal(entryOf(arena, mm, AT), 'PRES(D,A,PROT_NONE)');
  assert.equal(run(cpuLoad(task, mm, AT, 0)), null);
  assert.equal(rssOf(arena, mm), 1);
  checkCounts(arena);
  run(mprotect(task, mm, AT, 8, RW));
  assert.equal(entryOf(arena, mm, AT), 'PRES(W,D,A)');
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 7);
  assert.deepEqual(heard(events), [`PROTECTION_VMA ${AT}-${AT + 8}`, `PROTECTION_VMA ${AT}-${AT + 8}`]);
  checkCounts(arena);
});

test('nothing populated, nothing notified', () => {
  const { arena, task, mm } = machine();
  run(mmapAnonymous(task, mm, AT, 8));
  const events = record(task, mm, 0, 1000);
  assert.equal(run(mprotect(task, mm, AT, 8, VM_READ)), 0);
  assert.deepEqual(heard(events), []);
  assert.equal(vmaFlags(arena, vmaLookup(arena, mm, AT)) & VM_ACCESS, VM_READ);
  checkCounts(arena);
});

test('the VMA changes before the bracket opens', () => {
  const { arena, task, mm, events } = scene();
  let flags = -1;
  let entry = '';
  events.during = () => {
    flags = vmaFlags(arena, vmaLookup(arena, mm, AT));
    entry = entryOf(arena, mm, AT);
  };
  run(mprotect(task, mm, AT, 8, VM_READ));
  assert.equal(flags & VM_ACCESS, VM_READ);
  assert.equal(entry, 'PRES(W,D,A)');
});

test('a store that the processor does in the middle is not lost', () => {
  const { arena, task, mm } = scene();
  const other = soloTask(arena, 1);
  run(mprotect(task, mm, AT, 8, VM_READ));
  run(mprotect(task, mm, AT, 8, RW));
  runWith(
    () => mprotect(task, mm, AT, 8, VM_READ),
    Point.setPte,
    () => assert.equal(run(cpuStore(other, mm, AT, 0, 8)), 0),
  );
  assert.equal(entryOf(arena, mm, AT), 'PRES(D,A)');
  assert.equal(run(cpuLoad(other, mm, AT, 0)), 8);
  assert.equal(run(cpuStore(other, mm, AT, 0, 9)), -VM_FAULT_SIGSEGV, 'the stale translation is flushed');
});

test('device-private: writable becomes readable, and stays so when write comes back', () => {
  const { arena, task, mm } = scene();
  const pgmap = testDevice(arena);
  run(toDevice(task, mm, pgmap, AT, AT + 2));
  assert.equal(entryOf(arena, mm, AT), 'DP_W');
  const pfn = pfnOf(arena, mm, AT);
  run(mprotect(task, mm, AT, 8, RW));
  assert.equal(entryOf(arena, mm, AT), 'DP_W', 'nothing is taken away');
  run(mprotect(task, mm, AT, 8, VM_READ));
  assert.deepEqual([entryOf(arena, mm, AT), entryOf(arena, mm, AT + 1)], ['DP_R', 'DP_R']);
  assert.equal(pfnOf(arena, mm, AT), pfn);
  run(mprotect(task, mm, AT, 8, RW));
  assert.equal(entryOf(arena, mm, AT), 'DP_R');
  assert.deepEqual(countsOf(arena, pfn), [1, 1, true]);
  checkCounts(arena);
  assert.equal(run(cpuStore(task, mm, AT, 1, 9)), 0);
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 7);
  checkCounts(arena);
});

test('migration: writable becomes readable-exclusive, and comes back read-only and exclusive', () => {
  const { arena, task, mm } = scene();
  const other = soloTask(arena, 1);
  const pfn = pfnOf(arena, mm, AT);
  const src = Int32Array.of(pfn);
  assert.equal(run(migrateDevicePfns(other, src)), 1);
  run(mprotect(task, mm, AT, 8, RW));
  assert.equal(entryOf(arena, mm, AT), 'MIG_W');
  run(mprotect(task, mm, AT, 8, VM_READ));
  assert.equal(entryOf(arena, mm, AT), 'MIG_RX');
  assert.equal(pfnOf(arena, mm, AT), pfn);
  run(mprotect(task, mm, AT, 8, RW));
  assert.equal(entryOf(arena, mm, AT), 'MIG_RX');
  run(migrateDevicePages(other, src, Int32Array.of(0)));
  run(migrateDeviceFinalize(other, src, Int32Array.of(0)));
  assert.equal(entryOf(arena, mm, AT), 'PRES(D,A)');
  assert.deepEqual(countsOf(arena, pfn), [1, 1, true]);
  run(cpuStore(task, mm, AT, 0, 8));
  assert.equal(pfnOf(arena, mm, AT), pfn);
  checkCounts(arena);
});

test('a hole in the range: -ENOMEM, and what comes before it is changed', () => {
  const { arena, task, mm, events } = scene();
  run(cpuStore(task, mm, AT + 5, 0, 5));
  run(munmap(task, mm, AT + 2, 2));
  heard(events);
  assert.equal(run(mprotect(task, mm, AT, 8, VM_READ)), -ENOMEM);
  assert.equal(entryOf(arena, mm, AT), 'PRES(D,A)');
  assert.equal(entryOf(arena, mm, AT + 5), 'PRES(W,D,A)');
  assert.deepEqual(heard(events), [`PROTECTION_VMA ${AT}-${AT + 2}`]);
  assert.equal(run(mprotect(task, mm, AT + 6, 4, VM_READ)), -ENOMEM, 'the hole is at the end');
  assert.equal(run(mprotect(task, mm, AT, 0, VM_READ)), -EINVAL);
  checkCounts(arena);
});

test('a split that is impossible is -ENOMEM and changes nothing', () => {
  const { arena, task, mm, events } = scene({ vmas: 2 });
  assert.equal(run(mprotect(task, mm, AT + 2, 2, VM_READ)), -ENOMEM);
  assert.equal(run(cpuStore(task, mm, AT + 2, 0, 1)), 0);
  assert.equal(run(mprotect(task, mm, AT + 4, 4, VM_READ)), 0, 'one split is possible');
  assert.equal(vmaCount(task, mm), 2);
  assert.deepEqual(heard(events), [`PROTECTION_VMA ${AT + 4}-${AT + 8}`]);
  assert.notEqual(pteOf(arena, mm, AT), 0);
  checkCounts(arena);
});
