/** Mistakes of drivers in the retry loop: the sequence, the check, the locks around them. */
import type { Bug } from './bug.ts';

export const retryMistakes: readonly Bug[] = [
  {
    id: 'G01',
    title: 'the retry check comes before the driver lock',
    reference: 'driver mistake (amdgpu and kfd userptr had it)',
    kind: 'SDM',
    threads: 2,
    preemptions: 1,
    oracles: ['I-STALE', 'I-PERM'],
    scenario: 'device-fault-vs-dontneed',
    edits: [
      {
        module: 'drivers/dmirror/fault',
        find: 'yield* mutexLock(task, updateLock, LockClass.updateLock);',
        replace: `
          if (mmuIntervalReadRetry(task, notifier, range.notifierSeq)) return -EBUSY;
          yield* mutexLock(task, updateLock, LockClass.updateLock);`,
      },
      {
        module: 'drivers/dmirror/fault',
        find: 'const late = optionIs(arena, mirror, Is.retryCheckLocked) && mmuIntervalReadRetry(task, notifier, range.notifierSeq);',
        replace: 'const late = false;',
      },
    ],
  },
  {
    id: 'G02',
    title: 'no retry check at all',
    reference: 'driver mistake',
    kind: 'SDM',
    threads: 2,
    preemptions: 1,
    oracles: ['I-STALE', 'I-PERM'],
    scenario: 'device-fault-vs-munmap',
    edits: [
      {
        module: 'drivers/dmirror/fault',
        find: 'const late = optionIs(arena, mirror, Is.retryCheckLocked) && mmuIntervalReadRetry(task, notifier, range.notifierSeq);',
        replace: 'const late = false;',
      },
    ],
  },
  {
    id: 'G06',
    title: 'words of a range fault that returned -EBUSY are used',
    reference: 'driver mistake',
    kind: 'SDM',
    threads: 2,
    preemptions: 1,
    oracles: ['I-STALE', 'I-PERM', 'I-FREE'],
    scenario: 'half-filled-range-vs-dontneed',
    edits: [
      {
        module: 'drivers/dmirror/fault',
        find: 'if (result === -EBUSY) count(task, Counter.rangeBusy); return result;',
        replace: `
          if (result !== -EBUSY) return result;
          range.notifierSeq = yield* mmuIntervalReadBegin(task, notifier);`,
      },
      { module: 'drivers/dmirror/fault', find: 'range.readOnly = vpn; result = -EACCES;', replace: 'vpn++;' },
    ],
  },
  {
    id: 'G07',
    title: 'read-begin once, outside the retry loop',
    reference: 'driver mistake',
    kind: 'LL',
    threads: 2,
    preemptions: 1,
    oracles: ['I-PROG'],
    scenario: 'device-fault-vs-dontneed',
    edits: [
      {
        module: 'drivers/dmirror/fault',
        find: 'range.notifierSeq = yield* mmuIntervalReadBegin(task, notifier);',
        replace: 'range.notifierSeq ||= yield* mmuIntervalReadBegin(task, notifier);',
      },
      { module: 'drivers/dmirror/fault', find: 'range.notifierSeq = 0;', replace: '' },
    ],
  },
  {
    id: 'G08',
    title: 'the array is not set up again before a retry, and its results are read as requests',
    reference: 'driver mistake',
    kind: 'ERR',
    threads: 2,
    preemptions: 1,
    oracles: ['I-OUT'],
    scenario: 'report-only-vs-dontneed',
    edits: [
      { module: 'scenarios/windows/rangeFaults', in: 'asks', find: 'words.set(requests);', replace: '' },
      {
        module: 'scenarios/windows/rangeFaults',
        in: 'asks',
        find: 'const mark = observed();',
        replace: 'const mark = observed(); words.set(requests);',
      },
    ],
  },
  {
    id: 'G09',
    title: 'the WRITE bit of the result is ignored: everything is mapped writable',
    reference: 'driver mistake',
    kind: 'SEC',
    threads: 1,
    preemptions: 0,
    oracles: ['I-PERM'],
    scenario: 'device-fault-vs-cow',
    edits: [
      {
        module: 'drivers/base/deviceTable',
        find: 'export const entryFromPfn = (word) => (word << 12) | DEV_VALID | ((word >>> 29) & DEV_WRITE);',
        replace: 'export const entryFromPfn = (word) => (word << 12) | DEV_VALID | DEV_WRITE;',
      },
    ],
  },
  {
    id: 'G10',
    title: 'read-begin under the driver lock',
    reference: 'driver mistake',
    kind: 'DL',
    threads: 3,
    preemptions: 1,
    oracles: ['I-DEAD', 'I-LOCK'],
    scenario: 'device-fault-vs-two-zaps',
    edits: [
      {
        module: 'drivers/dmirror/fault',
        find: 'range.notifierSeq = yield* mmuIntervalReadBegin(task, notifier);',
        replace: `
          yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock);
          range.notifierSeq = yield* mmuIntervalReadBegin(task, notifier);
          yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);`,
      },
    ],
  },
  {
    id: 'G11',
    title: 'the driver lock is held across the range fault',
    reference: 'driver mistake',
    kind: 'DL',
    threads: 2,
    preemptions: 1,
    oracles: ['I-DEAD', 'I-LOCK'],
    scenario: 'device-fault-vs-mprotect',
    edits: [
      {
        module: 'drivers/dmirror/fault',
        find: `
          yield* mmapReadLock(task, mm);
          result = yield* hmmRangeFault(task, range);
          yield* mmapReadUnlock(task, mm);`,
        replace: `
          yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock);
          yield* mmapReadLock(task, mm);
          result = yield* hmmRangeFault(task, range);
          yield* mmapReadUnlock(task, mm);
          yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);`,
      },
    ],
  },
  {
    id: 'G28',
    title: 'no reference on the address space across the fault',
    reference: 'driver mistake',
    kind: 'UAF',
    threads: 2,
    preemptions: 1,
    oracles: ['I-UAF', 'I-CRASH', 'I-STALE', 'I-FREE', 'I-REF', 'I-QUIET'],
    scenario: 'device-fault-vs-exit',
    edits: [
      { module: 'drivers/dmirror/fault', find: 'if (!mmgetNotZero(arena, mm)) return -EFAULT;', replace: '' },
      { module: 'drivers/dmirror/fault', find: 'yield* mmput(task, mm); return result;', replace: 'return result;' },
    ],
  },
  {
    id: 'G30',
    title: 'lock order: the fault takes a page lock under the driver lock, an eviction the driver lock under a page lock',
    reference: 'driver mistake',
    kind: 'DL',
    threads: 2,
    preemptions: 1,
    oracles: ['I-DEAD', 'I-LOCK'],
    scenario: 'evict-vs-device-fault',
    edits: [
      {
        module: 'drivers/dmirror/fault',
        find: 'yield Point.driverChecked; result = yield* store(task, mirror, range, write);',
        replace: `
          yield Point.driverChecked;
          yield* lockPage(task, range.hmmPfns[0] & 0xfffff);
          result = yield* store(task, mirror, range, write);
          yield* unlockPage(task, range.hmmPfns[0] & 0xfffff);`,
        imports: { lockPage: 'mm/page/pageLock', unlockPage: 'mm/page/pageLock' },
      },
    ],
  },
  {
    id: 'G33',
    title: 'the subscription is made after the pages were looked up',
    reference: 'driver mistake',
    kind: 'SDM',
    threads: 2,
    preemptions: 1,
    oracles: ['I-STALE', 'I-FREE'],
    scenario: 'device-fault-vs-dontneed@nouveau',
    edits: [
      {
        module: 'drivers/dmirror/fault',
        find: `
          if (result !== 0) {
            if (result === -EBUSY) count(task, Counter.rangeBusy);
            return result;
          }
          yield Point.driverSnapshot;`,
        replace: `
          if (result !== 0) {
            if (result === -EBUSY) count(task, Counter.rangeBusy);
            return result;
          }
          yield Point.driverSnapshot;
          {
            const late = yield* intervalAt(task, mirror, range.start);
            range.notifierSeq = yield* mmuIntervalReadBegin(task, late);
            serialSet(arena, notifier + IntervalSub.invalidateSeq, range.notifierSeq);
            yield* intervalDone(task, mirror, late);
          }`,
        imports: { serialSet: 'arena/serials', IntervalSub: 'arena/structures' },
      },
    ],
  },
];
