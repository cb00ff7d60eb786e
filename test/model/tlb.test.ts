import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, load, store } from '../../src/arena/access.ts';
import { Actor, ActorState } from '../../src/arena/structures.ts';
import { cpuBegin, cpuEnd, cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { putPage } from '../../src/mm/page/zone.ts';
import { removeRmap } from '../../src/mm/rmap/rmap.ts';
import { forkMm } from '../../src/mm/syscalls/fork.ts';
import { madviseDontneed } from '../../src/mm/syscalls/madvise.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { ptlOf } from '../../src/mm/table/tables.ts';
import { beginAccess, CPU, DEVICE, endAccess, flushTlb, tlbFill, tlbLookup, tlbRevive, tlbTake } from '../../src/mm/table/tlb.ts';
import { run } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../src/sync/spinlock.ts';
import { checkCounts } from './checkCounts.ts';
import { pfnOf, pteOf, pteWord } from './look.ts';
import { machine, soloTask } from './machine.ts';

const AT = 16;

function scene() {
  const { arena, task, mm } = machine();
  const other = soloTask(arena, 1);
  run(mmapAnonymous(task, mm, AT, 8));
  run(cpuStore(task, mm, AT, 0, 7));
  return { arena, task, mm, other };
}

test('a flush waits for a window of another actor that was open when it began', () => {
  const { task, other } = scene();
  beginAccess(other, CPU);
  assert.throws(() => run(flushTlb(task, CPU)), { rule: 'I-DEAD' });
  endAccess(other, CPU);
  run(flushTlb(task, CPU));
});

test('a flush does not wait for the actor itself, for the other kind of window, or for an actor that is absent', () => {
  const { arena, task, other } = scene();
  beginAccess(task, CPU);
  beginAccess(other, DEVICE);
  run(flushTlb(task, CPU));
  endAccess(task, CPU);
  assert.throws(() => run(flushTlb(task, DEVICE)), { rule: 'I-DEAD' });
  store(arena, other.actor + Actor.state, ActorState.absent);
  run(flushTlb(task, DEVICE));
});

test('a zap cannot release a page under an access that has translated it', () => {
  const { arena, task, mm, other } = scene();
  const pfn = pfnOf(arena, mm, AT);
  const at = run(cpuBegin(other, mm, AT, true));
  assert.ok(at >= 0);
  assert.throws(() => run(madviseDontneed(task, mm, AT, 1)), { rule: 'I-DEAD' });
  assert.equal(load(arena, arena.page.refcount + pfn), 1, 'the flush came first, so the page is still there');
  Atomics.store(arena.frames, at, 9);
  cpuEnd(other);
});

test('a translation is remembered, and forgotten at a flush', () => {
  const { arena, task, mm } = scene();
  assert.equal(tlbLookup(task, CPU, mm, AT) & ~12, pteOf(arena, mm, AT) & ~12);
  // An entry that vanishes without a flush is still believed, as hardware does.
  const entry = pteOf(arena, mm, AT);
  store(arena, pteWord(arena, mm, AT), 0);
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 7);
  run(flushTlb(soloTask(arena, 2), CPU));
  assert.equal(tlbLookup(task, CPU, mm, AT), 0);
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 0, 'it faulted: the zero page');
  store(arena, pteWord(arena, mm, AT), entry);
  run(flushTlb(task, CPU));
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 7);
  checkCounts(arena);
});

test('an entry filled by a window that was open during a flush is dead on arrival', () => {
  const { arena, mm, other } = scene();
  const task = soloTask(arena, 2);
  tlbRevive(task, CPU);
  tlbFill(task, tlbTake(task, CPU, mm, AT + 1), pteOf(arena, mm, AT));
  run(flushTlb(other, CPU));
  tlbFill(task, tlbTake(task, CPU, mm, AT), pteOf(arena, mm, AT));
  assert.equal(tlbLookup(task, CPU, mm, AT), 0);
  tlbRevive(task, CPU);
  tlbFill(task, tlbTake(task, CPU, mm, AT), pteOf(arena, mm, AT));
  assert.equal(tlbLookup(task, CPU, mm, AT + 1), 0, 'filled before the flush');
  assert.equal(tlbLookup(task, CPU, mm, AT), pteOf(arena, mm, AT));
  assert.equal(tlbLookup(task, CPU, mm, AT + 8), 0, 'another page in the same slot');
  assert.equal(tlbLookup(task, CPU, mm + 1, AT), 0, 'another address space');
  assert.equal(tlbLookup(task, DEVICE, mm, AT), 0, 'another TLB');
});

test('a page freed without a flush is noticed at the next access (I-TLB)', () => {
  const { arena, task, mm } = scene();
  const pfn = pfnOf(arena, mm, AT);
  // A zap that forgot its flush.
  const table = (pteWord(arena, mm, AT) - arena.tables) >> 9;
  run(spinLock(task, ptlOf(arena, table), LockClass.ptl));
  store(arena, pteWord(arena, mm, AT), 0);
  removeRmap(arena, pfn);
  run(spinUnlock(task, ptlOf(arena, table), LockClass.ptl));
  run(putPage(task, pfn));
  assert.throws(() => run(cpuLoad(task, mm, AT, 0)), { rule: 'I-TLB' });
});

test('a read translation does not let a write through', () => {
  const { arena, task, mm } = scene();
  const child = run(forkMm(task, mm));
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 7);
  assert.notEqual(tlbLookup(task, CPU, mm, AT), 0);
  assert.equal(run(cpuStore(task, mm, AT, 0, 8)), 0);
  assert.equal(run(cpuLoad(task, child, AT, 0)), 7);
  checkCounts(arena);
});

test('a fork flushes: a store through an old writable translation cannot reach the child', () => {
  const { arena, task, mm, other } = scene();
  assert.equal(run(cpuStore(other, mm, AT, 1, 1)), 0);
  const child = run(forkMm(task, mm));
  assert.equal(tlbLookup(other, CPU, mm, AT), 0);
  assert.equal(run(cpuStore(other, mm, AT, 1, 2)), 0);
  assert.equal(run(cpuLoad(task, child, AT, 1)), 1);
  assert.equal(get(arena, other.actor + Actor.access) & 1, 0);
  checkCounts(arena);
});
