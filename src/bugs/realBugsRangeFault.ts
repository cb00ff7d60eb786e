/** Real bugs of hmm_range_fault and of what it returns. */
import type { Bug } from './bug.ts';

export const rangeFaultBugs: readonly Bug[] = [
  {
    id: 'R05',
    title: 'range-valid-aba: a flag "being invalidated now" instead of a sequence that never returns to an old value',
    reference: 'hmm_range.valid, until late 2019',
    kind: 'SDM',
    threads: 2,
    preemptions: 1,
    oracles: ['I-STALE', 'I-PERM'],
    scenario: 'device-fault-vs-munmap',
    edits: [
      {
        module: 'notifier/sequence',
        find: `
          export function mmuIntervalReadRetry(task, sub, token) {
            return !isSame(serialLoad(task.arena, sub + IntervalSub.invalidateSeq), token);
          }`,
        replace: `
          export function mmuIntervalReadRetry(task, sub, token) {
            const subs = subscriptionsOf(task, mmOf(task, sub));
            return load(task.arena, sub + IntervalSub.invalidateSeq) === load(task.arena, subs + Subscriptions.invalidateSeq);
          }`,
      },
      {
        module: 'notifier/sequence',
        find: `
          export function mmuIntervalCheckRetry(task, sub, token) {
            return !isSame(serialLoad(task.arena, sub + IntervalSub.invalidateSeq), token);
          }`,
        replace: `
          export function mmuIntervalCheckRetry(task, sub, token) {
            return mmuIntervalReadRetry(task, sub, token);
          }`,
      },
    ],
  },
  {
    id: 'R15',
    title: 'swap-not-faulted: an entry that is not present is reported as "nothing here" although a fault was requested',
    reference: 'mm/hmm, 2019',
    kind: 'ERR',
    threads: 1,
    preemptions: 0,
    oracles: ['I-OUT', 'I-PROG'],
    scenario: 'request-of-a-swapped-page',
    edits: [{ module: 'hmm/cases', in: 'nonpresent', find: 'need === 0', replace: 'need === 0 || isSwap(pte)' }],
  },
  {
    id: 'R15b',
    title: 'the same for migration entries: nobody waits for them',
    reference: 'mm/hmm, 2019',
    kind: 'ERR',
    threads: 2,
    preemptions: 1,
    oracles: ['I-OUT', 'I-PROG'],
    scenario: 'request-vs-migration',
    edits: [{ module: 'hmm/cases', in: 'nonpresent', find: 'need === 0', replace: 'need === 0 || isMigration(pte)' }],
  },
  {
    id: 'R16',
    title: 'pfns-not-set-on-success: a page that is on its way is passed over, and its word keeps what an earlier attempt found',
    reference: 'mm/hmm, fixes d08faca018c4, 2020',
    kind: 'SDM',
    threads: 2,
    preemptions: 2,
    oracles: ['I-OUT', 'I-STALE', 'I-ISO'],
    scenario: 'prefetch-vs-migration',
    edits: [
      {
        module: 'hmm/cases',
        find: 'if (need === 0) { range.hmmPfns[at] = sticky; return 0; }',
        replace: 'if (need === 0) return 0;',
      },
    ],
  },
  {
    id: 'R17',
    title: 'request-lost-on-retry: the word is overwritten before an internal restart',
    reference: 'mm/hmm, 2019 (swap entries; here: migration entries)',
    kind: 'ERR',
    threads: 2,
    preemptions: 1,
    oracles: ['I-OUT'],
    scenario: 'request-vs-migration',
    edits: [
      {
        module: 'hmm/cases',
        in: 'nonpresent',
        find: 'walk.last = vpn;',
        replace: 'range.hmmPfns[at] = sticky; walk.last = vpn;',
      },
    ],
  },
  {
    id: 'R18',
    title: 'sleep-under-ptl: a page fault is taken while a page-table spin lock is held',
    reference: 'mm/hmm, 2020',
    kind: 'DL',
    threads: 1,
    preemptions: 0,
    oracles: ['I-LOCK', 'I-DEAD'],
    scenario: 'fault-of-four-pages',
    edits: [
      {
        module: 'hmm/rangeFault',
        find: 'const result = yield* handleMmFault(task, mm, vma, vpn, flags);',
        replace: `
          yield* spinLock(task, mm + Mm.pageTableLock, LockClass.pageTableLock);
          const result = yield* handleMmFault(task, mm, vma, vpn, flags);
          yield* spinUnlock(task, mm + Mm.pageTableLock, LockClass.pageTableLock);`,
        imports: { spinLock: 'sync/spinlock', spinUnlock: 'sync/spinlock', LockClass: 'sync/lockClass' },
      },
    ],
  },
  {
    id: 'R19',
    title: 'eagain-vs-ebusy: one code for "invalidated" and for "lock was dropped"',
    reference: 'commit 2bcbeaefde2f, 2019',
    kind: 'DL',
    threads: 2,
    preemptions: 1,
    oracles: ['I-LOCK', 'I-OUT', 'I-DEAD'],
    scenario: 'device-fault-vs-dontneed',
    edits: [
      {
        module: 'hmm/rangeFault',
        find: `
          if (mmuIntervalCheckRetry(task, range.notifier, range.notifierSeq)) return -EBUSY;
          yield Point.hmmWalk;`,
        replace: `
          if (mmuIntervalCheckRetry(task, range.notifier, range.notifierSeq)) return -EAGAIN;
          yield Point.hmmWalk;`,
      },
      {
        module: 'drivers/dmirror/fault',
        find: 'result = yield* hmmRangeFault(task, range); yield* mmapReadUnlock(task, mm);',
        replace: `
          result = yield* hmmRangeFault(task, range);
          if (result === -EAGAIN) return -EBUSY;
          yield* mmapReadUnlock(task, mm);`,
        imports: { EAGAIN: 'arena/errno' },
      },
    ],
  },
  {
    id: 'R20',
    title: 'mmap-unlock-mismatch: the lock is dropped for some results and not for others',
    reference: 'commit de4ee728465f (nouveau), 2019',
    kind: 'DL',
    threads: 2,
    preemptions: 1,
    oracles: ['I-LOCK', 'I-DEAD'],
    scenario: 'device-fault-vs-dontneed',
    edits: [
      {
        module: 'drivers/dmirror/fault',
        find: 'result = yield* hmmRangeFault(task, range); yield* mmapReadUnlock(task, mm);',
        replace: `
          result = yield* hmmRangeFault(task, range);
          if (result !== -EBUSY) yield* mmapReadUnlock(task, mm);`,
      },
    ],
  },
  {
    id: 'R21',
    title: 'write-fault-spin: a write request on a read-only mapping loops for ever',
    reference: 'mm/hmm, 2019',
    kind: 'LL',
    threads: 1,
    preemptions: 0,
    oracles: ['I-PROG'],
    scenario: 'device-write-to-read-only',
    edits: [
      { module: 'hmm/rangeFault', find: 'if ((vmaFlags(arena, vma) & VM_WRITE) === 0) return -EPERM;', replace: '' },
      {
        module: 'mm/fault/fault',
        find: 'if (write && (vmaFlags(arena, vma) & VM_WRITE) === 0) return VM_FAULT_SIGSEGV;',
        replace: '',
      },
      { module: 'mm/fault/fault', find: 'if (write && !pteWrite(orig)) return yield* doWpPage(task, fault);', replace: '' },
    ],
  },
  {
    id: 'R22',
    title: 'foreign-private-returned: the private page of another device is handed to the caller',
    reference: 'commit 08ddddda667b, 2020',
    kind: 'SEC, SDM',
    threads: 1,
    preemptions: 0,
    oracles: ['I-ISO', 'I-OUT'],
    scenario: 'foreign-device-page',
    edits: [
      {
        module: 'hmm/cases',
        in: 'nonpresent',
        find: 'isDevicePrivate(pte) && range.devPrivateOwner !== 0 && pgmapOwner(arena, ptePfn(pte)) === range.devPrivateOwner',
        replace: 'isDevicePrivate(pte)',
      },
    ],
  },
  {
    id: 'R23',
    title: 'foreign-private-efault: the page of another device is an error instead of being brought home',
    reference: 'commit 8a295dbbaf72, 2022',
    kind: 'ERR',
    threads: 1,
    preemptions: 0,
    oracles: ['I-OUT'],
    scenario: 'foreign-device-page',
    edits: [
      {
        module: 'hmm/cases',
        find: 'pte === 0 || isDevicePrivate(pte) || isDeviceExclusive(pte) || isSwap(pte)',
        replace: 'pte === 0 || isDeviceExclusive(pte) || isSwap(pte)',
      },
    ],
  },
  {
    id: 'R72',
    title: 'walk-last: the place to restart from is not stored before -EBUSY',
    reference: 'hmm.rst, history',
    kind: 'LL, ERR',
    threads: 2,
    preemptions: 1,
    oracles: ['I-OUT', 'I-PROG'],
    scenario: 'report-only-vs-dontneed',
    edits: [
      {
        module: 'hmm/rangeFault',
        find: 'result = yield* doFault(task, walk, unlocked);',
        replace: '{ result = yield* doFault(task, walk, unlocked); walk.last = range.start; }',
      },
    ],
  },
  {
    id: 'R74',
    title:
      'leaf-from-its-head: the words of an own huge page begin with its first piece in each range, wherever the range begins',
    reference: 'mm/hmm, 7.3',
    kind: 'COR, SEC',
    threads: 1,
    preemptions: 0,
    oracles: ['I-STALE', 'I-DATA'],
    scenario: 'huge-page-piece-written-by-device',
    edits: [
      {
        module: 'hmm/cases',
        in: 'handleLeaf',
        find: 'ptePfn(pieceEntry(leaf, vpn))',
        replace: '(own ? ptePfn(leaf) + (vpn - start) : ptePfn(pieceEntry(leaf, vpn)))',
      },
    ],
  },
];
