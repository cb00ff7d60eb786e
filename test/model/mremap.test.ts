import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PTRS_PER_TABLE } from '../../src/arena/config.ts';
import { EFAULT, EINVAL, ENOMEM } from '../../src/arena/errno.ts';
import { migrateDeviceFinalize, migrateDevicePages, migrateDevicePfns } from '../../src/migrate/deviceRange.ts';
import { makeDeviceExclusive } from '../../src/migrate/exclusive.ts';
import { cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { userfaultfdRegister } from '../../src/mm/fault/userfaultfd.ts';
import { unlockPage } from '../../src/mm/page/pageLock.ts';
import { putPage } from '../../src/mm/page/zone.ts';
import { forkMm } from '../../src/mm/syscalls/fork.ts';
import { madviseDontneed } from '../../src/mm/syscalls/madvise.ts';
import { mmapAnonymous, munmap, vmaCount } from '../../src/mm/syscalls/mmap.ts';
import { mprotect } from '../../src/mm/syscalls/mprotect.ts';
import { mremap } from '../../src/mm/syscalls/mremap.ts';
import { VM_FAULT_SIGSEGV } from '../../src/mm/table/vmFault.ts';
import { mmapReadLock, mmapReadUnlock } from '../../src/mm/vma/mmapLock.ts';
import { VM_READ, VM_UFFD_MISSING, vmaFlags, vmaLookup } from '../../src/mm/vma/vma.ts';
import { run } from '../../src/steps/steps.ts';
import { checkCounts } from './checkCounts.ts';
import { countsOf, entryOf, pfnOf, pteOf, rssOf } from './look.ts';
import { machine, soloTask } from './machine.ts';
import { heard, record } from './recorder.ts';
import { testDevice, toDevice } from './testDevice.ts';

const AT = 16;
/** In another last-level table. */
const FAR = 1000;

/** Pages AT to AT + 3, written with 1 to 4. */
function scene(config = {}) {
  const { arena, task, mm } = machine(config);
  run(mmapAnonymous(task, mm, AT, 4));
  for (let i = 0; i < 4; i++) run(cpuStore(task, mm, AT + i, 0, i + 1));
  return { arena, task, mm, events: record(task, mm, 0, 5000) };
}

const read = ({ task, mm }: ReturnType<typeof scene>, from: number, pages = 4): (number | null)[] =>
  Array.from({ length: pages }, (_, i) => run(cpuLoad(task, mm, from + i, 0)));

for (const to of [100, FAR]) {
  test(`present entries move to ${to} with their pages; only the old range is notified`, () => {
    const at = scene();
    const { arena, task, mm, events } = at;
    const before = pteOf(arena, mm, AT);
    assert.equal(run(mremap(task, mm, AT, 4, { pages: 4, to })), to);
    assert.equal(new Set(heard(events)).size, 1);
    assert.equal(pteOf(arena, mm, to), before);
    assert.equal(pteOf(arena, mm, AT), 0);
    assert.deepEqual(read(at, to), [1, 2, 3, 4]);
    assert.equal(run(cpuStore(task, mm, AT, 0, 1)), -VM_FAULT_SIGSEGV);
    assert.equal(rssOf(arena, mm), 4);
    checkCounts(arena);
  });
}

test('the bracket over the old range opens before the first entry moves', () => {
  const { arena, task, mm, events } = scene();
  let first = '';
  events.during = () => {
    first ||= entryOf(arena, mm, AT);
  };
  run(mremap(task, mm, AT, 4, { pages: 4, to: FAR }));
  assert.equal(first, 'PRES(W,D,A)');
  assert.equal(heard(events)[0], `UNMAP ${AT}-${AT + 4}`);
});

test('a part moves out of the middle; the rest stays', () => {
  const at = scene();
  assert.equal(run(mremap(at.task, at.mm, AT + 1, 2, { pages: 2, to: FAR })), FAR);
  assert.deepEqual(read(at, AT), [1, null, null, 4]);
  assert.deepEqual(read(at, FAR, 2), [2, 3]);
  assert.equal(vmaCount(at.task, at.mm), 3);
  checkCounts(at.arena);
});

test('device-private, device-exclusive and migration entries move verbatim', () => {
  const at = scene();
  const { arena, task, mm } = at;
  const other = soloTask(arena, 1);
  const pgmap = testDevice(arena);
  run(toDevice(task, mm, pgmap, AT, AT + 1));
  run(mmapReadLock(task, mm));
  const taken = run(makeDeviceExclusive(task, mm, AT + 1, 1));
  run(mmapReadUnlock(task, mm));
  run(unlockPage(task, taken));
  run(putPage(task, taken));
  const src = Int32Array.of(pfnOf(arena, mm, AT + 2));
  run(migrateDevicePfns(other, src));
  const before = [0, 1, 2, 3].map((i) => pteOf(arena, mm, AT + i));
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => entryOf(arena, mm, AT + i)),
    ['DP_W', 'DX', 'MIG_W', 'PRES(W,D,A)'],
  );
  assert.equal(run(mremap(task, mm, AT, 4, { pages: 4, to: FAR })), FAR);
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => pteOf(arena, mm, FAR + i)),
    before,
  );
  // The migration meets its entry at the new address.
  run(migrateDevicePages(other, src, Int32Array.of(0)));
  run(migrateDeviceFinalize(other, src, Int32Array.of(0)));
  assert.deepEqual(read(at, FAR), [1, 2, 3, 4]);
  checkCounts(arena);
});

test('growing while moving gives empty pages behind the old ones; shrinking drops the rest', () => {
  const at = scene();
  const { task, mm } = at;
  assert.equal(run(mremap(task, mm, AT, 4, { pages: 6, to: FAR })), FAR);
  assert.deepEqual(read(at, FAR, 7), [1, 2, 3, 4, 0, 0, null]);
  assert.equal(run(mremap(task, mm, FAR, 6, { pages: 2, to: 100 })), 100);
  assert.deepEqual(read(at, 100, 3), [1, 2, null]);
  assert.equal(rssOf(at.arena, mm), 2);
  checkCounts(at.arena);
});

test('in place: growing needs room, shrinking unmaps the end', () => {
  const at = scene();
  const { task, mm, events } = at;
  assert.equal(run(mremap(task, mm, AT, 4, { pages: 6 })), AT);
  assert.equal(vmaCount(task, mm), 1);
  assert.equal(run(cpuStore(task, mm, AT + 5, 0, 6)), 0);
  assert.equal(run(mremap(task, mm, AT, 6, { pages: 6 })), AT);
  assert.deepEqual(heard(events), []);
  assert.equal(run(mremap(task, mm, AT, 6, { pages: 3 })), AT);
  assert.deepEqual(heard(events), [`UNMAP ${AT + 3}-${AT + 6}`]);
  assert.deepEqual(read(at, AT), [1, 2, 3, null]);
  run(mmapAnonymous(task, mm, AT + 4, 1));
  assert.equal(run(mremap(task, mm, AT, 3, { pages: 5 })), -ENOMEM, 'somebody is in the way');
  assert.equal(run(mremap(task, mm, AT, 2, { pages: 3 })), -ENOMEM, 'not the end of the VMA');
  checkCounts(at.arena);
});

test('neighbours whose offsets do not continue each other stay apart', () => {
  const at = scene();
  assert.equal(run(mremap(at.task, at.mm, AT, 1, { pages: 1, to: AT + 4 })), AT + 4);
  assert.deepEqual(read(at, AT + 1), [2, 3, 4, 1]);
  assert.equal(vmaCount(at.task, at.mm), 2);
  checkCounts(at.arena);
});

test('what was at the destination goes', () => {
  const at = scene();
  const { task, mm, events } = at;
  run(mmapAnonymous(task, mm, FAR, 6));
  run(cpuStore(task, mm, FAR + 5, 0, 9));
  run(cpuStore(task, mm, FAR, 0, 9));
  assert.equal(run(mremap(task, mm, AT, 4, { pages: 4, to: FAR })), FAR);
  assert.equal(heard(events)[0], `UNMAP ${FAR}-${FAR + 4}`);
  assert.deepEqual(read(at, FAR, 6), [1, 2, 3, 4, 0, 9]);
  checkCounts(at.arena);
});

test('a moved page is still found by rmap, also from a child', () => {
  const at = scene();
  const { arena, task, mm } = at;
  const pgmap = testDevice(arena);
  const child = run(forkMm(task, mm));
  run(mremap(task, mm, AT, 4, { pages: 4, to: FAR }));
  run(toDevice(task, mm, pgmap, FAR, FAR + 4));
  assert.deepEqual([entryOf(arena, mm, FAR), entryOf(arena, child, AT)], ['DP_R', 'DP_R']);
  assert.deepEqual(countsOf(arena, pfnOf(arena, mm, FAR)), [2, 2, false]);
  checkCounts(arena);
  assert.deepEqual(read(at, FAR), [1, 2, 3, 4]);
  checkCounts(arena);
});

test('bad arguments change nothing', () => {
  const at = scene();
  const { task, mm, events } = at;
  const bad: readonly (readonly [number, number, number, number, number])[] = [
    [AT, 0, 4, FAR, EINVAL],
    [AT, 4, 0, FAR, EINVAL],
    [AT, 4, 4, AT + 2, EINVAL],
    [AT, 4, 4, AT - 3, EINVAL],
    [AT, 4, 4, 2 ** 27 - 2, EINVAL],
    [AT, 4, 4, -20, EINVAL],
    [AT, 5, 6, FAR, EFAULT],
    [AT - 1, 2, 2, FAR, EFAULT],
    [500, 1, 1, FAR, EFAULT],
  ];
  for (const [from, pages, newPages, to, error] of bad) {
    assert.equal(run(mremap(task, mm, from, pages, { pages: newPages, to })), -error, `${from} ${pages} ${newPages} ${to}`);
  }
  assert.deepEqual(heard(events), []);
  assert.deepEqual(read(at, AT), [1, 2, 3, 4]);
  checkCounts(at.arena);
});

test('pages of several VMAs move, and what lies between them stays as it is at both places', () => {
  const { arena, task, mm } = scene();
  run(mprotect(task, mm, AT + 1, 1, VM_READ));
  run(munmap(task, mm, AT + 2, 1));
  run(mmapAnonymous(task, mm, FAR, 6));
  run(cpuStore(task, mm, FAR + 2, 0, 77));
  assert.equal(run(mremap(task, mm, AT, 6, { pages: 6, to: FAR })), FAR);
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => run(cpuLoad(task, mm, FAR + i, 0))),
    [1, 2, 77, 4],
  );
  assert.equal(vmaLookup(arena, mm, AT), 0);
  assert.equal(run(mremap(task, mm, AT, 6, { pages: 6, to: FAR + 100 })), -EFAULT);
  checkCounts(arena);
});

test('the ends of a move lie within tables: what is mapped beside it below them stays', () => {
  const { task, mm } = machine({ hugePages: 2, systemPages: 2 * PTRS_PER_TABLE + 32 });
  const from = PTRS_PER_TABLE / 4;
  const pages = PTRS_PER_TABLE + 2;
  run(mmapAnonymous(task, mm, 0, 3 * PTRS_PER_TABLE));
  for (const page of [0, PTRS_PER_TABLE, from + pages]) run(cpuStore(task, mm, page, 0, page + 1));
  assert.equal(run(mremap(task, mm, from, pages, { pages, to: 4 * PTRS_PER_TABLE + from })), 4 * PTRS_PER_TABLE + from);
  for (const page of [0, from + pages]) assert.equal(run(cpuLoad(task, mm, page, 0)), page + 1);
  assert.equal(run(cpuLoad(task, mm, 5 * PTRS_PER_TABLE, 0)), PTRS_PER_TABLE + 1);
});

test('where a userfaultfd waits for missing pages nobody waits after a move; what stays behind with DONTUNMAP still waits', () => {
  const { arena, task, mm } = scene();
  assert.ok(run(userfaultfdRegister(task, mm, AT, 4)) > 0);
  assert.equal(run(mremap(task, mm, AT, 4, { pages: 4, to: 100, keep: true })), 100);
  assert.equal(vmaFlags(arena, vmaLookup(arena, mm, 100)) & VM_UFFD_MISSING, 0);
  assert.notEqual(vmaFlags(arena, vmaLookup(arena, mm, AT)) & VM_UFFD_MISSING, 0);
  assert.equal(run(madviseDontneed(task, mm, 100, 1)), 0);
  assert.equal(run(cpuLoad(task, mm, 100, 0)), 0, 'nobody has to fill it');
});

test('out of page tables half-way: everything is moved back', () => {
  // One table for each level, and one more: the destination lies across two.
  const at = scene({ tables: 5 });
  const { task, mm } = at;
  assert.equal(run(mremap(task, mm, AT, 4, { pages: 4, to: FAR + 22 })), -ENOMEM);
  assert.deepEqual(read(at, AT), [1, 2, 3, 4]);
  assert.equal(vmaCount(task, mm), 1);
  assert.equal(rssOf(at.arena, mm), 4);
  checkCounts(at.arena);
});

for (const [vmas, what] of [
  [1, 'the copy'],
  [2, 'the first split of the source'],
  [3, 'the second split of the source'],
] as const) {
  test(`no VMA left for ${what}: -ENOMEM, and the data stays where it was`, () => {
    const at = scene({ vmas });
    const { task, mm } = at;
    assert.equal(run(mremap(task, mm, AT + 1, 2, { pages: 2, to: FAR })), -ENOMEM);
    assert.deepEqual(read(at, AT), [1, 2, 3, 4]);
    assert.deepEqual(read(at, FAR, 2), [null, null]);
    checkCounts(at.arena);
    run(munmap(task, mm, AT, 4));
    checkCounts(at.arena);
  });
}
