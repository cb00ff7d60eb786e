/** Real bugs of notifiers: brackets, the sequence, registration and release. */
import type { Bug } from './bug.ts';

export const notifierBugs: readonly Bug[] = [
  {
    id: 'R01',
    title:
      'itree-remove-early-return: the end of the exclusion is tested without the lock, and the sequence turns even before the deferred list is drained',
    reference: 'commit 319561669a59, 2022',
    kind: 'UAF',
    threads: 2,
    preemptions: 2,
    oracles: ['I-CB', 'I-UAF', 'I-CRASH'],
    scenario: 'remove-vs-bracket',
    edits: [
      {
        module: 'notifier/sequence',
        find: 'const ends = active === 0 && isInvalidating(task, subs);',
        replace: `
          const ends = active === 0 && isInvalidating(task, subs);
          if (ends) {
            serialUnseal(arena, subs + Subscriptions.invalidateSeq);
            yield Point.invEndWake;
          }`,
      },
      {
        module: 'notifier/sequence',
        find: `
          serialUnseal(arena, subs + Subscriptions.invalidateSeq);
          drainDeferred(task, subs);`,
        replace: 'drainDeferred(task, subs);',
      },
      {
        module: 'notifier/interval',
        find: `
          yield* waitForExclusion(task, subs, seq);
          yield* spinLock(task, subs + Subscriptions.lock, LockClass.subscriptions);
          const done = !isSame(serialGet(task.arena, subs + Subscriptions.invalidateSeq), seq);
          yield* spinUnlock(task, subs + Subscriptions.lock, LockClass.subscriptions);`,
        replace: `
          yield Point.mmuIntervalReadBegin;
          yield* waitForExclusion(task, subs, seq);
          const done = !isSame(serialLoad(task.arena, subs + Subscriptions.invalidateSeq), seq);`,
        imports: { Point: 'steps/points', serialLoad: 'arena/serials' },
      },
    ],
  },
  {
    id: 'R02',
    title: 'range-end-unpaired: after a start that failed, the notifiers whose start succeeded hear no end',
    reference: 'commit c2655835fd8c, 2021',
    kind: 'LL',
    threads: 2,
    preemptions: 1,
    oracles: ['I-PAIR', 'I-PROG'],
    scenario: 'oom-vs-two-notifiers',
    edits: [{ module: 'notifier/invalidate', find: 'if (error !== 0) yield* classicEnds(task, subs, range);', replace: '' }],
  },
  {
    id: 'R03',
    title: 'start-error-count-leak: the count of open invalidations stays raised when a callback refuses',
    reference: 'mm/hmm, 2019',
    kind: 'DL',
    threads: 2,
    preemptions: 1,
    oracles: ['I-PAIR', 'I-DEAD', 'I-SEQ'],
    scenario: 'device-fault-vs-oom',
    edits: [{ module: 'notifier/invalidate', find: 'if (!ok) yield* invEnd(task, subs); return ok;', replace: 'return ok;' }],
  },
  {
    id: 'R04',
    title: 'eagain-swallowed: the driver cannot invalidate now, and the core reports success',
    reference: 'mm/hmm, 2019',
    kind: 'SDM',
    threads: 2,
    preemptions: 1,
    oracles: ['I-STALE', 'I-FREE', 'I-PERM'],
    scenario: 'device-fault-vs-oom',
    edits: [
      {
        module: 'notifier/invalidate',
        find: 'if (ops.invalidate !== undefined) ok = yield* ops.invalidate(task, sub, range, seq);',
        replace: 'if (ops.invalidate !== undefined) yield* ops.invalidate(task, sub, range, seq);',
      },
    ],
  },
  {
    id: 'R06',
    title: 'null-on-unregister: the pointer to the object is gone before its callbacks are stopped',
    reference: 'mm/hmm, 86a2d59841ab, 2018',
    kind: 'UAF',
    threads: 2,
    preemptions: 1,
    oracles: ['I-UAF', 'I-CB', 'I-CRASH'],
    scenario: 'remove-vs-bracket',
    edits: [
      {
        module: 'drivers/dmirror/interval',
        in: 'closeIntervals',
        find: 'yield* mmuIntervalNotifierRemove(task, sub);',
        replace: `
          set(arena, sub + IntervalSub.owner, arena.words.length);
          yield Point.mmuNotifierUnregister;
          yield* mmuIntervalNotifierRemove(task, sub);`,
        imports: { Point: 'steps/points', set: 'arena/access', IntervalSub: 'arena/structures' },
      },
    ],
  },
  {
    id: 'R07',
    title: 'struct-uaf: the notifier is freed without waiting for callbacks that run',
    reference: 'commit 6d7c3cde93c1, 2019',
    kind: 'UAF',
    threads: 2,
    preemptions: 1,
    oracles: ['I-UAF', 'I-CB'],
    scenario: 'put-vs-bracket',
    edits: [
      {
        module: 'notifier/classic',
        find: 'if (left > 0) return; yield* synchronizeSrcu(task); checkQuiet(arena, sub);',
        replace: 'if (left > 0) return;',
      },
    ],
  },
  {
    id: 'R09',
    title: 'release-vs-unregister: the notifier is unlinked before its release callback has run',
    reference: '3ad3d901bbcf, 2012, and d34883d4e35c, 2013',
    kind: 'SDM, UAF',
    threads: 2,
    preemptions: 1,
    oracles: ['I-FREE', 'I-UAF'],
    scenario: 'unregister-vs-exit',
    edits: [
      {
        module: 'notifier/classic',
        find: `
          const index = yield* srcuReadLock(task);
          yield* callRelease(task, sub);
          yield* srcuReadUnlock(task, index);
          yield Point.mmuNotifierUnregister;
          yield* unlinkClassic(task, subs, sub);`,
        replace: `
          yield* unlinkClassic(task, subs, sub);
          yield Point.mmuNotifierUnregister;
          yield* callRelease(task, sub);`,
      },
    ],
  },
  {
    id: 'R10',
    title: 'nested-range-read-lock: a read lock is held from the start of a range to its end, and taken again by a nested one',
    reference: 'RDMA ODP, before f25a546e6529, 2019',
    kind: 'DL',
    threads: 2,
    preemptions: 1,
    oracles: ['I-DEAD', 'I-LOCK'],
    scenario: 'nested-ranges-vs-writer',
    edits: [
      {
        module: 'scenarios/windows/classic',
        find: `
          *invalidateRangeStart(task) {
            yield* downRead(task, SEMAPHORE, LockClass.umemRwsem);
            yield Point.driverInvalidate;
            yield* upRead(task, SEMAPHORE, LockClass.umemRwsem);
            return 0;
          }`,
        replace: `
          *invalidateRangeStart(task) {
            yield* downRead(task, SEMAPHORE, LockClass.umemRwsem);
            return 0;
          },
          *invalidateRangeEnd(task) {
            yield* upRead(task, SEMAPHORE, LockClass.umemRwsem);
          }`,
      },
    ],
  },
  {
    id: 'R12',
    title: 'silent-zap: entries are removed without an invalidation',
    reference: 'CVE-2022-48991, khugepaged',
    kind: 'SDM, SEC',
    threads: 2,
    preemptions: 0,
    oracles: ['I-STALE', 'I-FREE'],
    scenario: 'device-fault-vs-dontneed',
    edits: [
      {
        module: 'mm/syscalls/zap',
        find: `
          yield* mmuNotifierInvalidateRangeStart(task, range);
          yield* zapRange(task, mm, start, end, flags);
          yield* mmuNotifierInvalidateRangeEnd(task, range);`,
        replace: 'yield* zapRange(task, mm, range.start, range.end, flags);',
      },
    ],
  },
  {
    id: 'R13',
    title: 'valid-before-count: the callbacks run before the invalidation is announced',
    reference: 'KVM, 58cd407ca4c6, 2022',
    kind: 'SDM',
    threads: 2,
    preemptions: 1,
    oracles: ['I-STALE', 'I-PERM'],
    scenario: 'device-fault-vs-dontneed',
    edits: [
      {
        module: 'notifier/sequence',
        find: 'if (node !== 0) serialSeal(arena, subs + Subscriptions.invalidateSeq);',
        replace: '',
      },
      {
        module: 'notifier/invalidate',
        find: 'const seq = serialGet(arena, subs + Subscriptions.invalidateSeq);',
        replace: 'const seq = get(arena, subs + Subscriptions.invalidateSeq) | 1;',
        imports: { store: 'arena/access' },
      },
      {
        module: 'notifier/invalidate',
        find: 'if (!ok) yield* invEnd(task, subs);',
        replace: `
          yield Point.intervalCallback;
          store(arena, subs + Subscriptions.invalidateSeq, seq);
          if (!ok) yield* invEnd(task, subs);`,
      },
    ],
  },
  {
    id: 'R48',
    title: 'no-in-progress-state: nothing remembers that an invalidation is running',
    reference: 'radeon, 2019',
    kind: 'SDM',
    threads: 2,
    preemptions: 1,
    oracles: ['I-STALE', 'I-FREE', 'I-PERM'],
    scenario: 'device-fault-vs-dontneed',
    edits: [{ module: 'notifier/sequence', find: 'if (colliding) yield* waitForExclusion(task, subs, seq);', replace: '' }],
  },
];
