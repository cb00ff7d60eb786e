import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EBUSY, EFAULT, EINVAL, ENOMEM, EPERM } from '../../src/arena/errno.ts';
import {
  HMM_PFN_DMA_MAPPED,
  HMM_PFN_ERROR,
  HMM_PFN_INOUT_FLAGS,
  HMM_PFN_P2PDMA,
  HMM_PFN_REQ_FAULT as F,
  HMM_PFN_VALID,
  HMM_PFN_REQ_WRITE as W,
  HMM_PFN_WRITE,
  hmmPfnToMapOrder,
  hmmPfnToPage,
} from '../../src/hmm/pfn.ts';
import { type HmmRange, hmmRangeFault } from '../../src/hmm/rangeFault.ts';
import { NEED_FAULT, NEED_WRITE_FAULT, needFault } from '../../src/hmm/walk.ts';
import { migrateDeviceFinalize, migrateDevicePages, migrateDevicePfns } from '../../src/migrate/deviceRange.ts';
import { makeDeviceExclusive } from '../../src/migrate/exclusive.ts';
import { cpuLoad, cpuStore } from '../../src/mm/cpuAccess.ts';
import { forkMm } from '../../src/mm/fork.ts';
import { madviseDontneed } from '../../src/mm/madvise.ts';
import { mmapAnonymous } from '../../src/mm/mmap.ts';
import { mmapReadLock, mmapReadUnlock } from '../../src/mm/mmapLock.ts';
import { mprotect } from '../../src/mm/mprotect.ts';
import { unlockPage } from '../../src/mm/pageLock.ts';
import { LEAF_HWPOISON, LEAF_MARKER, LEAF_SWAP, mkLeaf, PTE_PROTNONE } from '../../src/mm/pte.ts';
import { VM_IO, VM_PFNMAP, VM_READ, VM_WRITE } from '../../src/mm/vma.ts';
import { putPage } from '../../src/mm/zone.ts';
import { mmuIntervalReadBegin, mmuIntervalReadRetry } from '../../src/notifier/sequence.ts';
import { Point } from '../../src/steps/points.ts';
import { run } from '../../src/steps/steps.ts';
import { checkCounts } from './checkCounts.ts';
import { entryOf, pfnOf, pteOf, pteWord, rssOf } from './look.ts';
import { machine, soloTask } from './machine.ts';
import { heard, type Recorder, record, runWith } from './recorder.ts';
import { testDevice, toDevice } from './testDevice.ts';

const AT = 16;
const OWNER = 1;

/** Sixteen pages that can be read and written; nothing is touched yet. */
function scene(config = {}) {
  const { arena, task, mm } = machine(config);
  run(mmapAnonymous(task, mm, AT, 16));
  return { arena, task, mm, other: soloTask(arena, 1), pgmap: testDevice(arena), events: record(task, mm, 0, 5000) };
}

type Scene = ReturnType<typeof scene>;

interface Ask {
  readonly pages?: number;
  readonly defaults?: number;
  readonly mask?: number;
  readonly words?: readonly number[];
  readonly notifier?: Recorder;
}

function rangeOf({ events }: Scene, { pages = 1, defaults = 0, mask = 0, words = [], notifier = events }: Ask): HmmRange {
  const hmmPfns = new Int32Array(Math.max(0, pages));
  hmmPfns.set(words);
  return {
    notifier: notifier.sub,
    notifierSeq: 0,
    start: AT,
    end: AT + pages,
    hmmPfns,
    defaultFlags: defaults,
    pfnFlagsMask: mask,
    devPrivateOwner: OWNER,
  };
}

/** One call, with a fresh token and mmap_lock around it. */
function fault({ task, mm }: Scene, range: HmmRange): number {
  range.notifierSeq = run(mmuIntervalReadBegin(task, range.notifier));
  run(mmapReadLock(task, mm));
  try {
    return run(hmmRangeFault(task, range));
  } finally {
    run(mmapReadUnlock(task, mm));
  }
}

/** Calls until no bracket collides, as a driver does; the words are requests again each time. */
function faultStable(at: Scene, ask: Ask): { result: number; range: HmmRange; rounds: number } {
  for (let rounds = 1; ; rounds++) {
    const range = rangeOf(at, ask);
    const result = fault(at, range);
    if (result !== -EBUSY) return { result, range, rounds };
    assert.ok(rounds < 10, 'it settles');
  }
}

/** `VW 12`, `V 1`, `E`, `- 12`, `-`: flags and page frame. */
function show(word: number): string {
  const flags = [
    [HMM_PFN_VALID, 'V'],
    [HMM_PFN_WRITE, 'W'],
    [HMM_PFN_ERROR, 'E'],
  ] as const;
  const set = flags.filter(([bit]) => (word & bit) !== 0).map(([, name]) => name);
  assert.equal(hmmPfnToMapOrder(word), 0);
  const pfn = hmmPfnToPage(word);
  return `${set.join('') || '-'}${pfn === 0 ? '' : ` ${pfn}`}`;
}

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
  { name: '16 swap', prepare: (at) => poke(at, mkLeaf(LEAF_SWAP, 3)), snapshot: '-', read: -EFAULT, write: -EFAULT },
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
      const at = scene();
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
      if (!/16|20/.test(name)) checkCounts(at.arena);
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

test('usual settings: fault all, snapshot, a choice for each page, readable with some writable', () => {
  const at = scene();
  run(cpuLoad(at.task, at.mm, AT, 0));
  assert.deepEqual([...faultStable(at, { pages: 3, words: [F | W, F, W] }).range.hmmPfns].map(show), ['V 1', '-', '-']);
  assert.deepEqual([...faultStable(at, { pages: 3, defaults: W }).range.hmmPfns].map(show), ['V 1', '-', '-']);
  const choice = faultStable(at, { pages: 4, mask: -1, words: [0, 0, 0, F] });
  assert.deepEqual([...choice.range.hmmPfns].map(show), ['V 1', '-', '-', 'V 1']);
  const some = faultStable(at, { pages: 4, defaults: F, mask: W, words: [W] });
  assert.deepEqual([...some.range.hmmPfns].map((word) => show(word).slice(0, 2)), ['VW', 'VW', 'VW', 'VW']);
  assert.equal(rssOf(at.arena, at.mm), 4, 'the write spread to the whole chunk');
  const all = faultStable(at, { pages: 16, defaults: F });
  assert.equal([...all.range.hmmPfns].filter((word) => (word & HMM_PFN_VALID) !== 0).length, 16);
  checkCounts(at.arena);
});

test('a fault covers the whole hole when no table is there, else from the first page asked for to the end', () => {
  const empty = scene();
  assert.equal(faultStable(empty, { pages: 8, mask: -1, words: [0, 0, F | W] }).result, 0);
  assert.equal(rssOf(empty.arena, empty.mm), 8);
  const populated = scene();
  poke(populated, 0);
  const { range } = faultStable(populated, { pages: 8, mask: -1, words: [0, 0, F | W] });
  assert.deepEqual([...range.hmmPfns].map((word) => show(word).split(' ')[0]), ['-', 'V', 'VW', 'VW', 'VW', 'VW', 'VW', 'VW']);
  assert.equal(rssOf(populated.arena, populated.mm), 6);
  checkCounts(populated.arena);
});

test('a fault ends at the page table: the next chunk is asked for by its own words', () => {
  const at = scene();
  run(mmapAnonymous(at.task, at.mm, 510, 4));
  run(cpuLoad(at.task, at.mm, 513, 0));
  run(cpuLoad(at.task, at.mm, 510, 0));
  const range = { ...rangeOf(at, { pages: 4, mask: -1, words: [0, F, 0, 0] }), start: 510, end: 514 };
  assert.equal(fault(at, range), 0);
  assert.deepEqual([...range.hmmPfns].map(show), ['V 1', 'V 1', '-', 'V 1']);
});

test('-EFAULT and -EPERM: outputs up to the page, inputs from there on', () => {
  const at = scene();
  run(cpuStore(at.task, at.mm, AT, 0, 1));
  run(mprotect(at.task, at.mm, AT + 2, 1, VM_READ));
  const input = F | W | HMM_PFN_P2PDMA;
  const range = rangeOf(at, { pages: 4, mask: F | W, words: [input, input, input, input] });
  assert.equal(fault(at, range), -EPERM);
  assert.deepEqual([...range.hmmPfns].slice(0, 2).map((word) => show(word).split(' ')[0]), ['VW', 'VW']);
  assert.deepEqual([...range.hmmPfns].slice(2), [input, input]);
  run(mprotect(at.task, at.mm, AT + 2, 1, 0));
  const none = rangeOf(at, { pages: 4, mask: F | W, words: [F, F, F, F] });
  assert.equal(fault(at, none), -EFAULT);
  assert.deepEqual([...none.hmmPfns].slice(2), [F, F]);
  checkCounts(at.arena);
});

test('-ENOMEM, and -EINVAL for an empty range with the array untouched', () => {
  const at = scene({ systemPages: 4 });
  assert.equal(fault(at, rangeOf(at, { pages: 4, defaults: F | W })), -ENOMEM);
  assert.equal(rssOf(at.arena, at.mm), 2);
  assert.equal(fault(at, rangeOf(at, { pages: 0, defaults: F })), -EINVAL);
  assert.equal(fault(at, { ...rangeOf(at, { pages: 1 }), start: AT + 3 }), -EINVAL);
  checkCounts(at.arena);
});

test('without mmap_lock it is a violation', () => {
  const at = scene();
  assert.throws(() => run(hmmRangeFault(at.task, rangeOf(at, {}))), { rule: 'I-LOCK' });
});

test('-EBUSY: a token that is stale at once leaves the array alone; so does one that goes stale in a fault', () => {
  const at = scene();
  const { task, mm, other } = at;
  const range = rangeOf(at, { defaults: F, words: [HMM_PFN_DMA_MAPPED | 5] });
  range.notifierSeq = run(mmuIntervalReadBegin(task, range.notifier));
  run(madviseDontneed(other, mm, AT, 16));
  run(mmapReadLock(task, mm));
  assert.equal(run(hmmRangeFault(task, range)), -EBUSY);
  run(mmapReadUnlock(task, mm));
  assert.equal(range.hmmPfns[0], HMM_PFN_DMA_MAPPED | 5);
  assert.equal(mmuIntervalReadRetry(task, range.notifier, range.notifierSeq), true);
  // A write fault over the zero page invalidates the very interval that asks for it.
  run(cpuLoad(task, mm, AT, 0));
  const write = rangeOf(at, { defaults: F | W });
  heard(at.events);
  assert.equal(fault(at, write), -EBUSY);
  assert.deepEqual(heard(at.events), [`CLEAR ${AT}-${AT + 1}`]);
  assert.equal(write.hmmPfns[0], 0);
  assert.equal(fault(at, write), 0);
  assert.equal(mmuIntervalReadRetry(task, write.notifier, write.notifierSeq), false);
});

test('within a call outputs are not read as requests again', () => {
  const at = scene();
  const { arena, task, mm, other } = at;
  run(cpuStore(task, mm, AT, 0, 1));
  const narrow = record(task, mm, AT + 1, 1);
  const range = rangeOf(at, { pages: 2, mask: -1, words: [0, F], notifier: narrow });
  range.notifierSeq = run(mmuIntervalReadBegin(task, range.notifier));
  run(mmapReadLock(task, mm));
  // Page AT was a snapshot, VALID and WRITE. It goes while AT + 1 is faulted, outside the interval.
  const zap = () => run(madviseDontneed(other, mm, AT, 1));
  assert.equal(
    runWith(() => hmmRangeFault(task, range), Point.hmmFaultPage, zap),
    0,
  );
  run(mmapReadUnlock(task, mm));
  assert.equal(entryOf(arena, mm, AT), 'none');
  assert.equal(rssOf(arena, mm), 0);
  assert.equal(show(range.hmmPfns[0] as number).split(' ')[0], 'VW');
  assert.equal(show(range.hmmPfns[1] as number), 'V 1');
});

test('across calls they are, if the mask lets them through: a snapshot grows into a demand', () => {
  for (const mask of [0, F | W]) {
    const at = scene();
    const { arena, task, mm } = at;
    run(cpuStore(task, mm, AT, 0, 1));
    const range = rangeOf(at, { mask });
    assert.equal(fault(at, range), 0);
    assert.equal(show(range.hmmPfns[0] as number).split(' ')[0], 'VW');
    run(madviseDontneed(task, mm, AT, 1));
    assert.equal(fault(at, range), 0);
    assert.equal(entryOf(arena, mm, AT), mask === 0 ? 'none' : 'PRES(W,D,A)');
    run(cpuStore(task, mm, AT, 0, 1));
    fault(at, range);
    run(mprotect(task, mm, AT, 1, VM_READ));
    assert.equal(fault(at, range), mask === 0 ? 0 : -EPERM);
    checkCounts(arena);
  }
});

test('sticky bits survive, other garbage does not', () => {
  const at = scene();
  run(cpuStore(at.task, at.mm, AT + 1, 0, 1));
  const { range } = faultStable(at, { pages: 17, words: new Array(17).fill(-1) });
  for (const word of range.hmmPfns) assert.equal(word & HMM_PFN_INOUT_FLAGS, HMM_PFN_INOUT_FLAGS);
  const shown = [...range.hmmPfns].map(show);
  assert.deepEqual([shown[0], shown[1], shown[2], shown[16]], ['-', `VW ${pfnOf(at.arena, at.mm, AT + 1)}`, '-', 'E']);
});
