import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EFAULT, EPERM } from '../../src/arena/errno.ts';
import { NEED_FAULT, NEED_WRITE_FAULT, needFault } from '../../src/hmm/cases.ts';
import {
  HMM_PFN_REQ_FAULT as F,
  HMM_PFN_DMA_MAPPED,
  HMM_PFN_INOUT_FLAGS,
  HMM_PFN_VALID,
  HMM_PFN_WRITE,
  HMM_PFN_REQ_WRITE as W,
} from '../../src/hmm/pfn.ts';
import { hmmRangeFault } from '../../src/hmm/rangeFault.ts';
import { migrateDeviceFinalize, migrateDevicePages, migrateDevicePfns } from '../../src/migrate/deviceRange.ts';
import { makeDeviceExclusive } from '../../src/migrate/exclusive.ts';
import { cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { unlockPage } from '../../src/mm/page/pageLock.ts';
import { putPage } from '../../src/mm/page/zone.ts';
import { forkMm } from '../../src/mm/syscalls/fork.ts';
import { madvise } from '../../src/mm/syscalls/madvise.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { mprotect } from '../../src/mm/syscalls/mprotect.ts';
import { LEAF_HWPOISON, LEAF_MARKER, mkLeaf, PTE_PROTNONE } from '../../src/mm/table/pte.ts';
import { mmapReadLock, mmapReadUnlock } from '../../src/mm/vma/mmapLock.ts';
import { VM_IO, VM_PFNMAP, VM_READ, VM_WRITE } from '../../src/mm/vma/vma.ts';
import { mmuIntervalReadBegin } from '../../src/notifier/sequence.ts';
import { Point } from '../../src/steps/points.ts';
import { run } from '../../src/steps/steps.ts';
import { checkCounts } from './checkCounts.ts';
import { AT, fault, faultStable, OWNER, rangeOf, type Scene, scene, show } from './hmmAsk.ts';
import { pfnOf, pteOf, pteWord } from './look.ts';
import { runWith } from './recorder.ts';
import { testDevice, toDevice } from './testDevice.ts';

/** spec B4: effective request, what the entry grants, what is needed. */
const needs: readonly (readonly [number, number, number])[] = [
  [0, 0, 0],
  [0, HMM_PFN_VALID, 0],
  [W, 0, 0],
  [W, HMM_PFN_VALID, 0],
  [F, 0, NEED_FAULT],
  [F, HMM_PFN_VALID, 0],
  [F, HMM_PFN_VALID | HMM_PFN_WRITE, 0],
  [F | W, 0, NEED_FAULT | NEED_WRITE_FAULT],
  [F | W, HMM_PFN_VALID, NEED_FAULT | NEED_WRITE_FAULT],
  [F | W, HMM_PFN_VALID | HMM_PFN_WRITE, 0],
];

for (const [request, granted, need] of needs) {
  test(`need of request ${show(request)} where the entry grants ${show(granted)} is ${need}`, () => {
    const at = scene();
    const noise = 0x1fffff | HMM_PFN_INOUT_FLAGS;
    assert.equal(needFault(rangeOf(at, { defaults: request }), 0, granted), need, 'by default flags');
    assert.equal(needFault(rangeOf(at, { mask: F | W }), request | noise, granted), need, 'by the word');
    assert.equal(needFault(rangeOf(at, { defaults: request & F, mask: W }), request & W, granted), need, 'mixed');
    assert.equal(needFault(rangeOf(at, { mask: 0 }), request, granted), 0, 'masked out');
  });
}

interface Row {
  readonly name: string;
  readonly prepare: (at: Scene) => void;
  /** Without a request: the word; `p` stands for the page frame that was mapped before. */
  readonly snapshot: string;
  /** With REQ_FAULT and with REQ_FAULT | REQ_WRITE: a word (`q`: the page frame mapped afterwards), or an error. */
  readonly read: string | number;
  readonly write: string | number;
}

const store = (at: Scene): number => run(cpuStore(at.task, at.mm, AT, 0, 7));
const poke = ({ arena, task, mm }: Scene, entry: number): void => {
  run(cpuLoad(task, mm, AT + 1, 0));
  Atomics.store(arena.words, pteWord(arena, mm, AT), entry);
};
const remap = ({ task, mm }: Scene, flags: number): number => run(mmapAnonymous(task, mm, AT, 16, flags));

/** spec B7, the rows of single pages; 1 and 19 have tests of their own. */
const rows: readonly Row[] = [
  { name: '2 VMA with VM_PFNMAP', prepare: (at) => remap(at, VM_READ | VM_PFNMAP), snapshot: 'E', read: -EFAULT, write: -EFAULT },
  { name: '2 VMA with VM_IO', prepare: (at) => remap(at, VM_READ | VM_IO), snapshot: 'E', read: -EFAULT, write: -EFAULT },
  { name: '2 VMA without VM_READ', prepare: (at) => remap(at, VM_WRITE), snapshot: 'E', read: -EFAULT, write: -EFAULT },
  { name: '3 hole, no table', prepare: () => {}, snapshot: '-', read: 'V q', write: 'VW q' },
  { name: '14 empty entry', prepare: (at) => poke(at, 0), snapshot: '-', read: 'V q', write: 'VW q' },
  {
    name: '15 own device page, writable',
    prepare: (at) => store(at) || run(toDevice(at.task, at.mm, at.pgmap, AT, AT + 1)),
    snapshot: 'VW p',
    read: 'VW p',
    write: 'VW p',
  },
  {
    name: '15 own device page, read-only: WRITE is not to be had',
    prepare(at) {
      store(at);
      run(toDevice(at.task, at.mm, at.pgmap, AT, AT + 1));
      run(forkMm(at.task, at.mm));
    },
    snapshot: 'V p',
    read: 'V p',
    write: 'V p',
  },
  {
    name: '16 swap',
    prepare: (at) => store(at) || run(madvise(at.task, at.mm, AT, 1, 'pageout')),
    snapshot: '-',
    read: 'VW q',
    write: 'VW q',
  },
  {
    name: '17 device page of another owner',
    prepare: (at) => store(at) || run(toDevice(at.task, at.mm, testDevice(at.arena, 1), AT, AT + 1)),
    snapshot: '-',
    read: 'VW q',
    write: 'VW q',
  },
  {
    name: '18 device-exclusive',
    prepare(at) {
      store(at);
      run(mmapReadLock(at.task, at.mm));
      const pfn = run(makeDeviceExclusive(at.task, at.mm, AT, OWNER));
      run(mmapReadUnlock(at.task, at.mm));
      run(unlockPage(at.task, pfn));
      run(putPage(at.task, pfn));
    },
    snapshot: '-',
    read: 'VW p',
    write: 'VW p',
  },
  { name: '20 poisoned', prepare: (at) => poke(at, mkLeaf(LEAF_HWPOISON, 3)), snapshot: '-', read: -EFAULT, write: -EFAULT },
  { name: '20 marker', prepare: (at) => poke(at, mkLeaf(LEAF_MARKER, 3)), snapshot: '-', read: -EFAULT, write: -EFAULT },
  { name: '21 present and writable', prepare: store, snapshot: 'VW p', read: 'VW p', write: 'VW p' },
  {
    name: '21 and 23 zero page',
    prepare: (at) => run(cpuLoad(at.task, at.mm, AT, 0)),
    snapshot: 'V p',
    read: 'V p',
    write: 'VW q',
  },
  {
    name: '22 NUMA hint',
    prepare(at) {
      store(at);
      const word = pteWord(at.arena, at.mm, AT);
      Atomics.store(at.arena.words, word, pteOf(at.arena, at.mm, AT) | PTE_PROTNONE);
    },
    snapshot: '- p',
    read: 'VW p',
    write: 'VW p',
  },
  {
    name: '23 shared with a child',
    prepare: (at) => store(at) || run(forkMm(at.task, at.mm)),
    snapshot: 'V p',
    read: 'V p',
    write: 'VW q',
  },
  {
    name: '23 read-only VMA',
    prepare: (at) => store(at) || run(mprotect(at.task, at.mm, AT, 16, VM_READ)),
    snapshot: 'V p',
    read: 'V p',
    write: -EPERM,
  },
];

for (const { name, prepare, snapshot, read, write } of rows) {
  for (const [kind, defaults, expected] of [
    ['snapshot', 0, snapshot],
    ['read', F, read],
    ['write', F | W, write],
  ] as const) {
    test(`case ${name}: ${kind} gives ${expected}`, () => {
      const at = scene({ swapSlots: 4 });
      prepare(at);
      const before = pfnOf(at.arena, at.mm, AT);
      const { result, range } = faultStable(at, { defaults, words: [HMM_PFN_DMA_MAPPED] });
      const word = range.hmmPfns[0] as number;
      if (typeof expected === 'number') {
        assert.equal(result, expected);
        assert.equal(word, HMM_PFN_DMA_MAPPED, 'the word is still an input');
        return;
      }
      assert.equal(result, 0);
      assert.notEqual(word & HMM_PFN_DMA_MAPPED, 0, 'sticky');
      const after = pfnOf(at.arena, at.mm, AT);
      assert.equal(show(word), expected.replace('p', String(before)).replace('q', String(after)));
      if (expected.includes('q')) assert.notEqual(after, before);
      if (!/20/.test(name)) checkCounts(at.arena);
    });
  }
}

test('case 1: no VMA is ERROR, up to the next VMA or the end; -EFAULT when anything there was asked for', () => {
  const at = scene();
  run(cpuStore(at.task, at.mm, AT + 15, 0, 1));
  const around = { ...rangeOf(at, { pages: 6 }), start: AT + 14, end: AT + 20 };
  assert.equal(fault(at, around), 0);
  assert.deepEqual([...around.hmmPfns].map(show), ['-', `VW ${pfnOf(at.arena, at.mm, AT + 15)}`, 'E', 'E', 'E', 'E']);
  const before = { ...rangeOf(at, { pages: 4 }), start: AT - 2, end: AT + 2 };
  assert.equal(fault(at, before), 0);
  assert.deepEqual([...before.hmmPfns].map(show), ['E', 'E', '-', '-']);
  const asked = { ...rangeOf(at, { pages: 4, mask: F, words: [0, F] }), start: AT - 2, end: AT + 2 };
  assert.equal(fault(at, asked), -EFAULT);
  const other = { ...rangeOf(at, { pages: 4, mask: F, words: [0, 0, F] }), start: AT - 2, end: AT + 2 };
  assert.equal(fault(at, other), 0);
  assert.deepEqual([...other.hmmPfns].map(show).slice(0, 3), ['E', 'E', 'V 1']);
});

test('case 19: a migration entry is 0 in a snapshot, and waited for when asked', () => {
  const at = scene();
  const { arena, mm, other } = at;
  store(at);
  const pfn = pfnOf(arena, mm, AT);
  const src = Int32Array.of(pfn);
  run(migrateDevicePfns(other, src));
  assert.equal(show(faultStable(at, {}).range.hmmPfns[0] as number), '-');
  const range = rangeOf(at, { defaults: F, pages: 2 });
  assert.throws(() => fault(at, range), { rule: 'I-DEAD' });
  const finish = () => {
    run(migrateDevicePages(other, src, Int32Array.of(0)));
    run(migrateDeviceFinalize(other, src, Int32Array.of(0)));
  };
  const again = rangeOf(at, { defaults: F, pages: 2 });
  again.notifierSeq = run(mmuIntervalReadBegin(at.task, again.notifier));
  run(mmapReadLock(at.task, mm));
  // Finalize sends no event, so the same token still holds.
  assert.equal(
    runWith(() => hmmRangeFault(at.task, again), Point.waitOnLocked, finish),
    0,
  );
  run(mmapReadUnlock(at.task, mm));
  assert.deepEqual([...again.hmmPfns].map(show), [`VW ${pfn}`, 'V 1']);
  checkCounts(arena);
});
