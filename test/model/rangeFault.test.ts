import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EBUSY, EFAULT, EINVAL, ENOMEM, EPERM } from '../../src/arena/errno.ts';
import {
  HMM_PFN_REQ_FAULT as F,
  HMM_PFN_DMA_MAPPED,
  HMM_PFN_INOUT_FLAGS,
  HMM_PFN_P2PDMA,
  HMM_PFN_VALID,
  HMM_PFN_REQ_WRITE as W,
} from '../../src/hmm/pfn.ts';
import { hmmRangeFault } from '../../src/hmm/rangeFault.ts';
import { migrateDeviceFinalize, migrateDevicePages, migrateDevicePfns } from '../../src/migrate/deviceRange.ts';
import { cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { madviseDontneed } from '../../src/mm/syscalls/madvise.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { mprotect } from '../../src/mm/syscalls/mprotect.ts';
import { mmapReadLock, mmapReadUnlock } from '../../src/mm/vma/mmapLock.ts';
import { VM_READ } from '../../src/mm/vma/vma.ts';
import { mmuIntervalReadBegin, mmuIntervalReadRetry } from '../../src/notifier/sequence.ts';
import { Point } from '../../src/steps/points.ts';
import { run } from '../../src/steps/steps.ts';
import { checkCounts } from './checkCounts.ts';
import { AT, fault, faultStable, rangeOf, type Scene, scene, show } from './hmmAsk.ts';
import { entryOf, pfnOf, pteWord, rssOf } from './look.ts';
import { heard, record, runWith } from './recorder.ts';

const poke = ({ arena, task, mm }: Scene, entry: number): void => {
  run(cpuLoad(task, mm, AT + 1, 0));
  Atomics.store(arena.words, pteWord(arena, mm, AT), entry);
};

test('usual settings: fault all, snapshot, a choice for each page, readable with some writable', () => {
  const at = scene();
  run(cpuLoad(at.task, at.mm, AT, 0));
  assert.deepEqual([...faultStable(at, { pages: 3, words: [F | W, F, W] }).range.hmmPfns].map(show), ['V 1', '-', '-']);
  assert.deepEqual([...faultStable(at, { pages: 3, defaults: W }).range.hmmPfns].map(show), ['V 1', '-', '-']);
  const choice = faultStable(at, { pages: 4, mask: -1, words: [0, 0, 0, F] });
  assert.deepEqual([...choice.range.hmmPfns].map(show), ['V 1', '-', '-', 'V 1']);
  const some = faultStable(at, { pages: 4, defaults: F, mask: W, words: [W] });
  assert.deepEqual(
    [...some.range.hmmPfns].map((word) => show(word).slice(0, 2)),
    ['VW', 'VW', 'VW', 'VW'],
  );
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
  assert.deepEqual(
    [...range.hmmPfns].map((word) => show(word).split(' ')[0]),
    ['-', 'V', 'VW', 'VW', 'VW', 'VW', 'VW', 'VW'],
  );
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
  assert.deepEqual(
    [...range.hmmPfns].slice(0, 2).map((word) => show(word).split(' ')[0]),
    ['VW', 'VW'],
  );
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

test('nor after a wait for a migration', () => {
  const at = scene();
  const { arena, task, mm, other } = at;
  run(cpuStore(task, mm, AT, 0, 1));
  run(cpuStore(task, mm, AT + 1, 0, 2));
  const moving = pfnOf(arena, mm, AT + 1);
  const src = Int32Array.of(moving);
  run(migrateDevicePfns(other, src));
  const narrow = record(task, mm, AT + 1, 1);
  const range = rangeOf(at, { pages: 2, mask: -1, words: [0, F], notifier: narrow });
  range.notifierSeq = run(mmuIntervalReadBegin(task, range.notifier));
  run(mmapReadLock(task, mm));
  const finish = () => {
    run(madviseDontneed(other, mm, AT, 1));
    run(migrateDevicePages(other, src, Int32Array.of(0)));
    run(migrateDeviceFinalize(other, src, Int32Array.of(0)));
  };
  assert.equal(
    runWith(() => hmmRangeFault(task, range), Point.waitOnLocked, finish),
    0,
  );
  run(mmapReadUnlock(task, mm));
  assert.equal(entryOf(arena, mm, AT), 'none');
  assert.equal(show(range.hmmPfns[1] as number), `VW ${moving}`);
  checkCounts(arena);
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
