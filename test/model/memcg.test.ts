import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, set, store } from '../../src/arena/access.ts';
import { deref } from '../../src/arena/pool.ts';
import { Memcg } from '../../src/arena/structures.ts';
import { cpuBegin, cpuEnd, cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { addLru, joinMemcg, memCgroupCharge, memCgroupMigrate, memcgAlloc, memcgFree } from '../../src/mm/page/memcg.ts';
import { allocPage, putPage } from '../../src/mm/page/zone.ts';
import { mmput } from '../../src/mm/syscalls/exit.ts';
import { forkMm } from '../../src/mm/syscalls/fork.ts';
import { madviseDontneed } from '../../src/mm/syscalls/madvise.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { VM_FAULT_OOM } from '../../src/mm/table/vmFault.ts';
import { checkMemcg } from '../../src/oracles/memcg.ts';
import { run } from '../../src/steps/steps.ts';
import { machine } from './machine.ts';
import { testDevice, toDevice } from './testDevice.ts';

const AT = 16;

/** A process of 8 pages in a cgroup. */
function scene(max = 0) {
  const { arena, task, mm } = machine({ memcgs: 2 });
  const memcg = memcgAlloc(arena, max);
  joinMemcg(arena, mm, memcg);
  run(mmapAnonymous(task, mm, AT, 8));
  const usage = (): number => load(arena, deref(arena, arena.pools.memcg, memcg) + Memcg.usage);
  const agree = (pages: number): void => {
    assert.equal(usage(), pages);
    assert.deepEqual(checkMemcg(arena), []);
  };
  return { arena, task, mm, memcg, usage, agree };
}

test('each page of a process is charged once, and uncharged when it is freed', () => {
  const { task, mm, agree } = scene();
  run(cpuLoad(task, mm, AT, 0));
  agree(0);
  for (const page of [0, 1, 2]) run(cpuStore(task, mm, AT + page, 0, 1));
  run(cpuStore(task, mm, AT, 0, 2));
  agree(3);
  run(madviseDontneed(task, mm, AT, 2));
  agree(1);
});

test('a child is in the cgroup of its parent, and pays for what it copies', () => {
  const { arena, task, mm, memcg, agree } = scene();
  run(cpuStore(task, mm, AT, 0, 1));
  const child = run(forkMm(task, mm));
  agree(1);
  run(cpuStore(task, child, AT, 0, 2));
  agree(2);
  run(mmput(task, child));
  agree(1);
  run(mmput(task, mm));
  agree(0);
  memcgFree(arena, memcg);
});

test('a page keeps its one charge on the device and back home, also at the limit', () => {
  const { arena, task, mm, agree } = scene(2);
  const pgmap = testDevice(arena);
  for (const page of [0, 1]) run(cpuStore(task, mm, AT + page, 0, 5 + page));
  run(toDevice(task, mm, pgmap, AT, AT + 2));
  agree(2);
  assert.equal(-run(cpuBegin(task, mm, AT + 2, true)), VM_FAULT_OOM, 'a third page is one too many');
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 5, 'and none is needed to come home');
  agree(2);
  run(madviseDontneed(task, mm, AT, 2));
  agree(0);
  assert.ok(run(cpuBegin(task, mm, AT + 2, true)) >= 0);
  cpuEnd(task);
  agree(1);
});

test('a device page that fills a hole is charged, unless the limit is in the way', () => {
  const { arena, task, mm, agree } = scene(1);
  const pgmap = testDevice(arena);
  run(toDevice(task, mm, pgmap, AT, AT + 3));
  agree(1);
});

test('who is in no cgroup is charged to the root, which counts nothing', () => {
  const { arena, task, mm } = machine({ memcgs: 1 });
  run(mmapAnonymous(task, mm, AT, 1));
  run(cpuStore(task, mm, AT, 0, 1));
  assert.deepEqual(checkMemcg(arena), []);
  run(mmput(task, mm));
  assert.deepEqual(checkMemcg(arena), []);
});

test('charges that cannot be are refused', () => {
  const { arena, task, mm, memcg } = scene();
  const [page, other] = [run(allocPage(task, true)), run(allocPage(task, true))];
  assert.throws(() => addLru(arena, page), { rule: 'I-MEMCG' }, 'reclaim has no list for it');
  assert.throws(() => memCgroupMigrate(arena, page, other), { rule: 'I-MEMCG' }, 'it has nothing to hand on');
  assert.equal(run(memCgroupCharge(task, mm, page)), true);
  assert.throws(() => run(memCgroupCharge(task, mm, page)), { rule: 'I-MEMCG' }, 'it is charged already');
  assert.equal(run(memCgroupCharge(task, mm, other)), true);
  assert.throws(() => memCgroupMigrate(arena, page, other), { rule: 'I-MEMCG' }, 'the destination is charged already');
  assert.throws(() => memcgFree(arena, memcg), { rule: 'I-MEMCG' }, 'two pages are charged to it');
  for (const pfn of [page, other]) run(putPage(task, pfn));
  memcgFree(arena, memcg);
});

test('the oracle sees charges that do not add up', () => {
  const { arena, task, mm, memcg } = scene(4);
  run(cpuStore(task, mm, AT, 0, 1));
  const word = deref(arena, arena.pools.memcg, memcg) + Memcg.usage;
  const told = (): number => checkMemcg(arena).length;
  store(arena, word, 2);
  assert.equal(told(), 1, 'more is counted than is charged');
  store(arena, word, 9);
  assert.equal(told(), 2, 'and more than the limit');
  store(arena, word, 1);
  const mapped = [...Array(arena.pageCount).keys()].find((pfn) => load(arena, arena.page.memcg + pfn) === memcg) as number;
  set(arena, arena.page.memcg + mapped, 0);
  assert.equal(told(), 2, 'a mapped page is charged to nobody');
  set(arena, arena.page.memcg + mapped, memcg);
  set(arena, arena.page.memcg + mapped + 1, memcg);
  assert.equal(told(), 2, 'a free page is charged');
});
