import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../../src/arena/access.ts';
import { EINVAL, ENOMEM } from '../../src/arena/errno.ts';
import { Mm } from '../../src/arena/structures.ts';
import { cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { FOLL_PIN, FOLL_WRITE, getUserPage, unpinUserPage } from '../../src/mm/fault/gup.ts';
import { PG_DIRTY, PG_LRU, pageFlags } from '../../src/mm/page/page.ts';
import { lockPage, unlockPage } from '../../src/mm/page/pageLock.ts';
import { freePages, putPage } from '../../src/mm/page/zone.ts';
import { reclaimPage } from '../../src/mm/swap/reclaim.ts';
import { mmput } from '../../src/mm/syscalls/exit.ts';
import { forkMm } from '../../src/mm/syscalls/fork.ts';
import { madviseDontneed, oomReap } from '../../src/mm/syscalls/madvise.ts';
import { mlock } from '../../src/mm/syscalls/mlock.ts';
import { mmapAnonymous, munmap } from '../../src/mm/syscalls/mmap.ts';
import { mprotect } from '../../src/mm/syscalls/mprotect.ts';
import { mremap } from '../../src/mm/syscalls/mremap.ts';
import { swapoff } from '../../src/mm/syscalls/swapoff.ts';
import { mmapReadLock, mmapReadUnlock } from '../../src/mm/vma/mmapLock.ts';
import { VM_READ, VM_SHARED, VM_WRITE } from '../../src/mm/vma/vma.ts';
import { run } from '../../src/steps/steps.ts';
import { checkCounts } from './checkCounts.ts';
import { countsOf, entryOf, pfnOf, rssOf } from './look.ts';
import { heard } from './recorder.ts';
import { AT, freeSlots, scene, slotOf } from './swapScene.ts';

const swapped = (arena: Parameters<typeof load>[0], mm: number): number => load(arena, mm + Mm.rssSwap);

test('a page goes to swap, in one CLEAR bracket, and is free', () => {
  const { arena, mm, events, pageout } = scene();
  const free = freePages(arena);
  assert.equal(pageout(), 0);
  assert.equal(entryOf(arena, mm, AT), 'SWAP(exclusive)');
  assert.deepEqual(heard(events), [`CLEAR ${AT}-${AT + 1}`]);
  assert.deepEqual([rssOf(arena, mm), swapped(arena, mm), freePages(arena) - free, freeSlots(arena)], [0, 1, 1, 3]);
  checkCounts(arena);
});

test('a read brings it back writable and clean, without an event; the slot keeps its copy', () => {
  const { arena, mm, events, pageout, read } = scene();
  pageout();
  heard(events);
  assert.equal(read(), 7);
  assert.equal(entryOf(arena, mm, AT), 'PRES(W,A)');
  const pfn = pfnOf(arena, mm, AT);
  assert.deepEqual(
    [countsOf(arena, pfn), slotOf(arena, 0)],
    [
      [2, 1, true],
      [0, pfn],
    ],
  );
  assert.deepEqual([heard(events), pageFlags(arena, pfn) & PG_DIRTY, freeSlots(arena)], [[], 0, 3]);
  checkCounts(arena);
});

test('a clean page goes out again without being written, a dirty one with its new contents', () => {
  const { arena, pageout, read, write } = scene();
  pageout();
  read();
  pageout();
  assert.equal(read(), 7);
  write(8);
  pageout();
  assert.equal(read(), 8);
  checkCounts(arena);
});

test('a write brings it back alone: the slot is free', () => {
  const { arena, mm, pageout, read, write } = scene();
  pageout();
  write(9);
  assert.equal(entryOf(arena, mm, AT), 'PRES(W,D,A)');
  assert.deepEqual([freeSlots(arena), countsOf(arena, pfnOf(arena, mm, AT)), read()], [4, [1, 1, true], 9]);
  checkCounts(arena);
});

test('fork: both entries name the slot, neither has it alone; the first writer copies, the last one keeps the page', () => {
  const { arena, task, mm, pageout, read, write } = scene();
  pageout();
  const child = run(forkMm(task, mm));
  assert.deepEqual([entryOf(arena, mm, AT), entryOf(arena, child, AT), slotOf(arena, 0)], ['SWAP', 'SWAP', [2, 0]]);
  write(9);
  assert.deepEqual([read(AT, child), read()], [7, 9]);
  checkCounts(arena);
  write(10, AT, child);
  assert.deepEqual([read(AT, child), read(), freeSlots(arena)], [10, 9, 4]);
  run(mmput(task, child));
  checkCounts(arena);
});

test('MADV_PAGEOUT leaves alone what others map; reclaim takes it from all', () => {
  const { arena, task, mm, pageout, read, reclaim } = scene();
  const child = run(forkMm(task, mm));
  pageout();
  assert.equal(entryOf(arena, mm, AT), 'PRES(D,A)');
  assert.equal(reclaim(), true);
  assert.deepEqual([entryOf(arena, mm, AT), entryOf(arena, child, AT), slotOf(arena, 0)], ['SWAP', 'SWAP', [2, 0]]);
  assert.deepEqual([read(), read(AT, child)], [7, 7]);
  run(mmput(task, child));
  checkCounts(arena);
});

for (const [what, act] of [
  ['MADV_DONTNEED', ({ task, mm }) => run(madviseDontneed(task, mm, AT, 1))],
  ['munmap', ({ task, mm }) => run(munmap(task, mm, AT, 8))],
  ['the OOM reaper', ({ task, mm }) => run(oomReap(task, mm))],
] as readonly (readonly [string, (s: ReturnType<typeof scene>) => number])[]) {
  test(`${what} frees the slot, and a page that is mapped and in the swap cache as well`, () => {
    for (const mapped of [false, true]) {
      const s = scene();
      s.pageout();
      if (mapped) s.read();
      assert.equal(act(s), 0);
      assert.deepEqual([freeSlots(s.arena), swapped(s.arena, s.mm), rssOf(s.arena, s.mm)], [4, 0, 0]);
      checkCounts(s.arena);
    }
  });
}

test('exit frees the slots', () => {
  const { arena, task, mm, pageout, write } = scene();
  for (const vpn of [AT + 1, AT + 2]) write(vpn, vpn);
  pageout(2);
  const before = freeSlots(arena);
  run(mmput(task, mm));
  assert.deepEqual([before, freeSlots(arena)], [2, 4]);
});

test('mremap takes the entry along, mprotect lets it be and rules when the page comes back', () => {
  const { arena, task, mm, pageout, read } = scene();
  pageout();
  run(mremap(task, mm, AT, 1, { pages: 1, to: 100 }));
  assert.equal(entryOf(arena, mm, 100), 'SWAP(exclusive)');
  run(mprotect(task, mm, 100, 1, VM_READ));
  assert.deepEqual([read(100), entryOf(arena, mm, 100)], [7, 'PRES(A)']);
  checkCounts(arena);
});

test('mlocked, pinned and locked pages stay', () => {
  const { arena, task, other, mm, reclaim, pageout, read } = scene();
  const s = pfnOf(arena, mm, AT);
  const stays = (): void => {
    assert.deepEqual([reclaim(), pfnOf(arena, mm, AT), read()], [false, s, 7]);
    pageout();
    assert.equal(read(), 7);
  };
  run(lockPage(other, s));
  stays();
  run(unlockPage(other, s));
  run(mmapReadLock(other, mm));
  run(getUserPage(other, mm, AT, FOLL_WRITE | FOLL_PIN));
  run(mmapReadUnlock(other, mm));
  stays();
  assert.equal(entryOf(arena, mm, AT), 'PRES(W,D,A)');
  run(unpinUserPage(other, s));
  run(mlock(task, mm, AT, 1));
  assert.equal(pageout(), -EINVAL);
  assert.equal(reclaim(), false);
  assert.equal(pfnOf(arena, mm, AT), s);
  assert.notEqual(pageFlags(arena, s) & PG_LRU, 0);
  checkCounts(arena);
});

test('a referenced page is unmapped all the same, and found again in the swap cache', () => {
  const { arena, other, mm, reclaim, read, write } = scene();
  const s = pfnOf(arena, mm, AT);
  run(mmapReadLock(other, mm));
  run(getUserPage(other, mm, AT, FOLL_WRITE));
  run(mmapReadUnlock(other, mm));
  assert.equal(reclaim(), false);
  assert.deepEqual([entryOf(arena, mm, AT), slotOf(arena, 0)], ['SWAP(exclusive)', [1, s]]);
  checkCounts(arena, { references: new Map([[s, 1]]) });
  write(8);
  assert.equal(pfnOf(arena, mm, AT), s, 'the same page');
  run(putPage(other, s));
  assert.equal(read(), 8);
  checkCounts(arena);
});

test('when the slots run out pages stay in memory; when they run short pages that come in give theirs up', () => {
  const { arena, mm, pageout, read, write } = scene();
  for (let i = 0; i < 6; i++) write(i + 20, AT + i);
  pageout(6);
  assert.equal(freeSlots(arena), 0);
  assert.deepEqual([entryOf(arena, mm, AT + 3), entryOf(arena, mm, AT + 4)], ['SWAP(exclusive)', 'PRES(W,D,A)']);
  for (let i = 0; i < 6; i++) assert.equal(read(AT + i), i + 20);
  assert.ok(freeSlots(arena) >= 2);
  checkCounts(arena);
});

test('out of memory at swap-in is an error of the access, and the entry stays', () => {
  const s = scene({ systemPages: 12 });
  const { arena, task, mm, pageout, read, write } = s;
  pageout();
  run(mmapAnonymous(task, mm, 200, 16));
  let taken = 0;
  while (freePages(arena) > 0) run(cpuStore(task, mm, 200 + taken++, 0, 1));
  assert.equal(read(), null);
  assert.equal(entryOf(arena, mm, AT), 'SWAP(exclusive)');
  run(madviseDontneed(task, mm, 200, 1));
  assert.equal(read(), 7);
  assert.equal(write(8), 0);
});

test('a file page that was never written is dropped and reads as zero again; one that was stays', () => {
  const { arena, task, mm, read } = scene();
  run(mmapAnonymous(task, mm, 300, 4, VM_READ | VM_WRITE | VM_SHARED));
  assert.equal(read(300), 0);
  const clean = pfnOf(arena, mm, 300);
  assert.equal(run(reclaimPage(task, clean)), true);
  assert.equal(entryOf(arena, mm, 300), 'none');
  assert.equal(read(300), 0);
  run(cpuStore(task, mm, 300, 0, 5));
  assert.equal(run(reclaimPage(task, pfnOf(arena, mm, 300))), false);
  assert.equal(entryOf(arena, mm, 300), 'none', 'unmapped, and still in its file');
  assert.equal(read(300), 5);
  checkCounts(arena);
});

test('swapoff brings everything back, and no slot is handed out any more', () => {
  const { arena, task, mm, pageout, read, write } = scene();
  for (let i = 0; i < 3; i++) write(i + 20, AT + i);
  pageout(3);
  read(AT);
  const child = run(forkMm(task, mm));
  assert.equal(run(swapoff(task)), 0);
  assert.deepEqual([freeSlots(arena), swapped(arena, mm), swapped(arena, child)], [4, 0, 0]);
  for (let i = 0; i < 3; i++) assert.deepEqual([read(AT + i), read(AT + i, child)], [i + 20, i + 20]);
  pageout(3);
  assert.equal(freeSlots(arena), 4);
  run(mmput(task, child));
  checkCounts(arena);
});

test('swapoff without memory leaves the device as it was', () => {
  const { arena, task, mm, pageout, read } = scene({ systemPages: 12 });
  pageout();
  run(mmapAnonymous(task, mm, 200, 16));
  let taken = 0;
  while (freePages(arena) > 0) run(cpuStore(task, mm, 200 + taken++, 0, 1));
  assert.equal(run(swapoff(task)), -ENOMEM);
  run(munmap(task, mm, 200, 16));
  assert.equal(read(), 7);
  pageout();
  assert.equal(entryOf(arena, mm, AT), 'SWAP(exclusive)');
});
