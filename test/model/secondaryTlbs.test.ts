/** Where secondary TLBs are flushed, with which pages, and what stands in the page table at that moment. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get } from '../../src/arena/access.ts';
import { EINVAL } from '../../src/arena/errno.ts';
import { poolAlloc } from '../../src/arena/pool.ts';
import { Header } from '../../src/arena/structures.ts';
import { cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { pageCount } from '../../src/mm/page/page.ts';
import { reclaimPage } from '../../src/mm/swap/reclaim.ts';
import { clearRefs } from '../../src/mm/syscalls/clearRefs.ts';
import { mmput } from '../../src/mm/syscalls/exit.ts';
import { forkMm } from '../../src/mm/syscalls/fork.ts';
import { madviseDontneed } from '../../src/mm/syscalls/madvise.ts';
import { mmapAnonymous, munmap } from '../../src/mm/syscalls/mmap.ts';
import { mprotect } from '../../src/mm/syscalls/mprotect.ts';
import { mremap } from '../../src/mm/syscalls/mremap.ts';
import { VM_READ } from '../../src/mm/vma/vma.ts';
import { mmuNotifierRegister, mmuNotifierUnregister } from '../../src/notifier/classic.ts';
import { registerClassicOps } from '../../src/notifier/ops.ts';
import { setPause } from '../../src/steps/pause.ts';
import { Point } from '../../src/steps/points.ts';
import { erased, run } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { entryOf, pfnOf } from './look.ts';
import { machine } from './machine.ts';

const AT = 64;
const PAGES = 40;
const OPS = 4000;
const BOTH = 4001;

/** Forty pages that were written, and a notifier that writes down each flush: its range, the entry of AT, and whether its page is in use. */
function scene() {
  const { arena, task, mm } = machine({ swapSlots: 4, systemPages: 128 });
  run(mmapAnonymous(task, mm, AT, PAGES));
  for (let vpn = AT; vpn < AT + PAGES; vpn++) run(cpuStore(task, mm, vpn, 0, vpn));
  const page = pfnOf(arena, mm, AT);
  const flushes: string[] = [];
  registerClassicOps(OPS, {
    *archInvalidateSecondaryTlbs(_task, _sub, start, end) {
      flushes.push(`${start}-${end} ${entryOf(arena, mm, AT)}${pageCount(arena, page) > 0 ? '' : ' freed'}`);
    },
  });
  const sub = poolAlloc(arena, arena.pools.classic);
  assert.equal(run(mmuNotifierRegister(task, sub, mm, OPS)), 0);
  return { arena, task, mm, sub, page, said: (): string[] => flushes.splice(0) };
}

type Scene = ReturnType<typeof scene>;

/** What is done, and the flushes that it takes. Each is told when the entry has changed, and before the page is freed. */
const changes: readonly (readonly [string, (s: Scene) => unknown, readonly string[]])[] = [
  ['munmap', ({ task, mm }) => run(munmap(task, mm, AT, 2)), [`${AT}-${AT + 2} none`]],
  ['MADV_DONTNEED', ({ task, mm }) => run(madviseDontneed(task, mm, AT, 1)), [`${AT}-${AT + 1} none`]],
  ['munmap of more than 33 pages', ({ task, mm }) => run(munmap(task, mm, AT, PAGES)), ['0--1 none']],
  ['mprotect', ({ task, mm }) => run(mprotect(task, mm, AT, 3, VM_READ)), [`${AT}-${AT + 3} PRES(D,A)`]],
  ['fork', ({ task, mm }) => run(forkMm(task, mm)), ['0--1 PRES(D,A)']],
  ['clear_refs', ({ task, mm }) => run(clearRefs(task, mm)), ['0--1 PRES(D,A)']],
  ['mremap', ({ task, mm }) => run(mremap(task, mm, AT, 1, { pages: 1, to: 8 })), [`${AT}-${AT + 1} none`]],
  ['reclaim', ({ task, page }) => run(reclaimPage(task, page)), ['0--1 none']],
  ['a read of what is mapped', ({ task, mm }) => run(cpuLoad(task, mm, AT, 0)), []],
];

for (const [what, change, flushes] of changes) {
  test(`${what} flushes ${flushes.length === 0 ? 'nothing' : flushes.join(', ')}`, () => {
    const s = scene();
    change(s);
    assert.deepEqual(s.said(), flushes);
  });
}

test('a copy-on-write copy flushes its page; a page that becomes writable, and a hole that is filled, nothing', () => {
  const { task, mm, said } = scene();
  const child = run(forkMm(task, mm));
  said();
  run(cpuStore(task, mm, AT, 0, 1));
  assert.deepEqual(said(), [`${AT}-${AT + 1} none`]);
  run(mmput(task, child));
  run(cpuStore(task, mm, AT + 1, 0, 1));
  run(mmapAnonymous(task, mm, AT + PAGES, 1));
  run(cpuStore(task, mm, AT + PAGES, 0, 1));
  assert.deepEqual(said(), []);
});

test('nobody is asked in another address space, after the notifier has gone, or when the process exits', () => {
  const { task, mm, sub, said } = scene();
  const child = run(forkMm(task, mm));
  said();
  run(munmap(task, child, AT, 1));
  assert.deepEqual(said(), []);
  run(mmuNotifierUnregister(task, sub));
  run(munmap(task, mm, AT, 1));
  assert.deepEqual(said(), []);
  const other = scene();
  run(mmput(other.task, other.mm));
  assert.deepEqual(other.said(), []);
});

test('a notifier has brackets or flushes, not both', () => {
  const { arena, task, mm } = machine();
  registerClassicOps(BOTH, {
    *archInvalidateSecondaryTlbs() {},
    *invalidateRangeStart() {
      return 0;
    },
  });
  assert.equal(run(mmuNotifierRegister(task, poolAlloc(arena, arena.pools.classic), mm, BOTH)), -EINVAL);
  assert.equal(get(arena, Header.secondaryTlbs), 0);
});

/** Points are heard of in the erased tree only. */
test('where nobody walks the page tables but CPUs a flush is over with those', { skip: !erased }, () => {
  const flushed = ({ task, mm }: { readonly task: Task; readonly mm: number }): number[] => {
    const seen: number[] = [];
    setPause((point) => seen.push(point));
    run(munmap(task, mm, AT, 1));
    setPause(null);
    return seen.filter((point) => point === Point.flushTlb || point === Point.flushSecondaryTlbs);
  };
  const { task, mm } = machine();
  run(mmapAnonymous(task, mm, AT, 1));
  run(cpuStore(task, mm, AT, 0, 1));
  assert.deepEqual(flushed({ task, mm }), [Point.flushTlb]);
  assert.deepEqual(flushed(scene()), [Point.flushTlb, Point.flushSecondaryTlbs]);
});
