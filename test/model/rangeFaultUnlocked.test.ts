import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, or, store } from '../../src/arena/access.ts';
import { EBUSY, EFAULT, EINTR, EINVAL, EPERM } from '../../src/arena/errno.ts';
import { Actor, Mm, MmFlag } from '../../src/arena/structures.ts';
import type { HmmRange } from '../../src/hmm/hmmRange.ts';
import { HMM_PFN_VALID, HMM_PFN_WRITE } from '../../src/hmm/pfn.ts';
import { hmmRangeFaultUnlockedTimeout, requestFlags } from '../../src/hmm/rangeFault.ts';
import { makeDeviceExclusive } from '../../src/migrate/exclusive.ts';
import { cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { unlockPage } from '../../src/mm/page/pageLock.ts';
import { putPage } from '../../src/mm/page/zone.ts';
import { madviseDontneed } from '../../src/mm/syscalls/madvise.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { mprotect } from '../../src/mm/syscalls/mprotect.ts';
import { mmapReadLock, mmapReadUnlock, mmapWriteLock, mmapWriteUnlock } from '../../src/mm/vma/mmapLock.ts';
import { VM_READ } from '../../src/mm/vma/vma.ts';
import { mmuIntervalReadRetry } from '../../src/notifier/sequence.ts';
import { Point } from '../../src/steps/points.ts';
import { run } from '../../src/steps/steps.ts';
import { checkCounts } from './checkCounts.ts';
import { entryOf } from './look.ts';
import { machine, soloTask } from './machine.ts';
import { record, runWith } from './recorder.ts';

const AT = 16;

function scene() {
  const { arena, mm } = machine();
  const time = { now: 0 };
  const task = soloTask(arena, 0, { clock: () => time.now });
  const other = soloTask(arena, 1);
  run(mmapAnonymous(task, mm, AT, 4));
  const events = record(task, mm, 0, 1000);
  const range = (write = false, pages = 1): HmmRange => ({
    notifier: events.sub,
    notifierSeq: 0,
    start: AT,
    end: AT + pages,
    hmmPfns: new Int32Array(pages),
    defaultFlags: requestFlags(write),
    pfnFlagsMask: 0,
    devPrivateOwner: 0,
  });
  return { arena, task, other, mm, time, range };
}

type Scene = ReturnType<typeof scene>;

/** Takes the page at AT away before each walk, `rounds` times, 10 ms each. The result and the walks that were hit. */
function storm(at: Scene, timeout: number, rounds: number): { result: number; hits: number; range: HmmRange } {
  const { task, other, mm, time } = at;
  const range = at.range(true);
  let hits = 0;
  const zap = () => {
    hits++;
    time.now += 10;
    run(madviseDontneed(other, mm, AT, 1));
  };
  const result = runWith(() => hmmRangeFaultUnlockedTimeout(task, range, timeout), Point.hmmWalk, zap, rounds);
  return { result, hits, range };
}

test('it takes the lock and the token itself, and the token is the one to check', () => {
  const at = scene();
  const range = at.range(true, 4);
  assert.equal(run(hmmRangeFaultUnlockedTimeout(at.task, range, 1000)), 0);
  for (const word of range.hmmPfns) assert.equal(word & (HMM_PFN_VALID | HMM_PFN_WRITE), HMM_PFN_VALID | HMM_PFN_WRITE);
  assert.equal(load(at.arena, at.mm + Mm.mmapLock), 0);
  assert.equal(mmuIntervalReadRetry(at.task, range.notifier, range.notifierSeq), false);
  run(madviseDontneed(at.other, at.mm, AT, 1));
  assert.equal(mmuIntervalReadRetry(at.task, range.notifier, range.notifierSeq), true);
  checkCounts(at.arena);
});

test('collisions within the budget are retried', () => {
  const at = scene();
  const { result, hits, range } = storm(at, 100, 5);
  assert.equal(result, 0);
  assert.equal(hits, 5);
  assert.equal(mmuIntervalReadRetry(at.task, range.notifier, range.notifierSeq), false);
  assert.equal(entryOf(at.arena, at.mm, AT), 'PRES(W,D,A)');
  checkCounts(at.arena);
});

test('-EBUSY when the budget is spent, tested once a round and not before the time is past', () => {
  const at = scene();
  const { result, hits } = storm(at, 100, 1000);
  assert.equal(result, -EBUSY);
  assert.equal(hits, 11, 'at 100 ms the time is up but not past');
  assert.equal(at.time.now, 110);
  assert.equal(load(at.arena, at.mm + Mm.mmapLock), 0);
  checkCounts(at.arena);
});

test('a timeout of 0 is no limit', () => {
  const at = scene();
  const { result, hits } = storm(at, 0, 500);
  assert.equal(result, 0);
  assert.equal(hits, 500);
});

/** Makes the page at AT device-exclusive; `other` keeps its lock, so that a fault has to wait for it. */
function hold({ other, mm }: Scene): () => void {
  run(mmapReadLock(other, mm));
  const pfn = run(makeDeviceExclusive(other, mm, AT, 1));
  run(mmapReadUnlock(other, mm));
  return () => {
    run(unlockPage(other, pfn));
    run(putPage(other, pfn));
  };
}

test('a fault that dropped mmap_lock was progress: the budget starts anew', () => {
  const at = scene();
  const { arena, task, mm, time } = at;
  run(cpuStore(task, mm, AT, 0, 7));
  const release = hold(at);
  const range = at.range();
  let free = false;
  const result = runWith(
    () => hmmRangeFaultUnlockedTimeout(task, range, 100),
    Point.faultRetry,
    () => {
      free = load(arena, mm + Mm.mmapLock) === 0;
      time.now += 5000;
      release();
    },
  );
  assert.equal(result, 0);
  assert.equal(free, true, 'mmap_lock is dropped while it waits');
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 7);
  checkCounts(arena);
});

test('-EINTR: a fatal signal after a fault that dropped the lock', () => {
  const at = scene();
  const { arena, task, mm } = at;
  run(cpuStore(task, mm, AT, 0, 7));
  const release = hold(at);
  const range = at.range();
  const signal = () => store(arena, task.actor + Actor.signal, 1);
  assert.equal(
    runWith(() => hmmRangeFaultUnlockedTimeout(task, range, 100), Point.faultRetry, signal),
    -EINTR,
  );
  assert.equal(load(arena, mm + Mm.mmapLock), 0);
  release();
  checkCounts(arena);
});

test('-EINTR: a fatal signal while waiting for mmap_lock; without contention it is not noticed', () => {
  const at = scene();
  const { arena, task, other, mm } = at;
  store(arena, task.actor + Actor.signal, 1);
  assert.equal(run(hmmRangeFaultUnlockedTimeout(task, at.range(), 0)), 0);
  run(mmapWriteLock(other, mm));
  assert.equal(run(hmmRangeFaultUnlockedTimeout(task, at.range(), 0)), -EINTR);
  store(arena, task.actor + Actor.signal, 0);
  assert.throws(() => run(hmmRangeFaultUnlockedTimeout(task, at.range(), 0)), { rule: 'I-DEAD' });
  run(mmapWriteUnlock(other, mm));
});

test('-EFAULT once the address space is being reaped, even if everything is there', () => {
  const at = scene();
  run(cpuStore(at.task, at.mm, AT, 0, 7));
  or(at.arena, at.mm + Mm.flags, MmFlag.unstable);
  assert.equal(run(hmmRangeFaultUnlockedTimeout(at.task, at.range(), 0)), -EFAULT);
  assert.equal(load(at.arena, at.mm + Mm.mmapLock), 0);
  checkCounts(at.arena);
});

test('the errors of the plain form pass through, with the lock released', () => {
  const at = scene();
  run(mprotect(at.task, at.mm, AT, 4, VM_READ));
  assert.equal(run(hmmRangeFaultUnlockedTimeout(at.task, at.range(true), 50)), -EPERM);
  assert.equal(run(hmmRangeFaultUnlockedTimeout(at.task, at.range(false, 5), 50)), -EFAULT);
  assert.equal(run(hmmRangeFaultUnlockedTimeout(at.task, at.range(false, 0), 50)), -EINVAL);
  checkCounts(at.arena);
});

test('a reader that begins inside an invalidation of its interval waits for it to end', () => {
  const at = scene();
  const range = at.range();
  let rule = '';
  const inside = record(at.task, at.mm, 0, 1000);
  inside.during = () => {
    try {
      run(hmmRangeFaultUnlockedTimeout(at.task, { ...range, notifier: inside.sub }, 50));
    } catch (error) {
      ({ rule } = error as { rule: string });
    }
  };
  run(madviseDontneed(at.other, at.mm, AT, 1));
  assert.equal(rule, 'I-DEAD');
});
