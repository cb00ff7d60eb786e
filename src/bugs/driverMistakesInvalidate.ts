/** Mistakes of drivers in the invalidation callback, and about the life of a notifier. */
import type { Bug } from './bug.ts';

export const invalidateMistakes: readonly Bug[] = [
  {
    id: 'G03',
    title: 'the callback does not set the sequence',
    reference: 'driver mistake',
    kind: 'SDM',
    threads: 2,
    preemptions: 1,
    oracles: ['I-STALE', 'I-PERM'],
    scenario: 'device-fault-vs-cow',
    edits: [
      {
        module: 'drivers/dmirror/invalidate',
        find: 'if (optionIs(arena, mirror, Is.setSeqOn)) mmuIntervalSetSeq(task, sub, curSeq);',
        replace: '',
      },
    ],
  },
  {
    id: 'G04',
    title: 'the sequence is set after the zap and outside the lock',
    reference: 'driver mistake',
    kind: 'SDM',
    threads: 2,
    preemptions: 1,
    oracles: ['I-STALE', 'I-PERM'],
    scenario: 'device-fault-vs-dontneed',
    edits: [
      {
        module: 'drivers/dmirror/invalidate',
        find: 'if (optionIs(arena, mirror, Is.setSeqOn)) mmuIntervalSetSeq(task, sub, curSeq);',
        replace: '',
      },
      {
        module: 'drivers/dmirror/invalidate',
        find: 'yield* mutexUnlock(task, updateLock, LockClass.updateLock); return true;',
        replace: `
          yield* mutexUnlock(task, updateLock, LockClass.updateLock);
          yield Point.driverSeqSet;
          mmuIntervalSetSeq(task, sub, curSeq);
          return true;`,
      },
    ],
  },
  {
    id: 'G12',
    title: 'the notifier is removed in its own callback',
    reference: 'driver mistake',
    kind: 'DL',
    threads: 1,
    preemptions: 0,
    oracles: ['I-DEAD', 'I-LOCK'],
    scenario: 'device-maps-what-is-discarded',
    edits: [
      {
        module: 'drivers/dmirror/invalidate',
        find: 'yield* mutexUnlock(task, updateLock, LockClass.updateLock); return true;',
        replace: `
          yield* mutexUnlock(task, updateLock, LockClass.updateLock);
          yield* mmuIntervalNotifierRemove(task, sub);
          return true;`,
        imports: { mmuIntervalNotifierRemove: 'notifier/interval' },
      },
    ],
  },
  {
    id: 'G13',
    title: 'the notifier is removed under the lock that its callback takes',
    reference: 'driver mistake',
    kind: 'DL',
    threads: 2,
    preemptions: 1,
    oracles: ['I-DEAD', 'I-LOCK'],
    scenario: 'remove-vs-bracket',
    edits: [
      {
        module: 'drivers/dmirror/interval',
        find: 'yield* mmuIntervalNotifierRemove(task, sub);',
        replace: `
          yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock);
          yield* mmuIntervalNotifierRemove(task, sub);
          yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);`,
        imports: { LockClass: 'sync/lockClass', mutexLock: 'sync/spinlock', mutexUnlock: 'sync/spinlock' },
      },
    ],
  },
  {
    id: 'G14',
    title: 'only part of the range is invalidated: the last page is left out',
    reference: 'driver mistake',
    kind: 'SDM',
    threads: 1,
    preemptions: 0,
    oracles: ['I-STALE'],
    scenario: 'device-maps-what-is-discarded',
    edits: [
      {
        module: 'drivers/dmirror/invalidate',
        in: 'invalidate',
        find: 'yield* revoke(task, mirror, start, end);',
        replace: 'yield* revoke(task, mirror, start, end - 1);',
      },
    ],
  },
  {
    id: 'G16',
    title: 'every MIGRATE event is passed over, whoever sent it',
    reference: 'driver mistake',
    kind: 'SDM',
    threads: 1,
    preemptions: 0,
    oracles: ['I-STALE', 'I-FREE', 'I-DATA'],
    scenario: 'two-devices',
    edits: [
      {
        module: 'drivers/dmirror/invalidate',
        find: `
          if (!isOwn(task, mirror, range)) return false;
          if (range.event === MMU_NOTIFY_MIGRATE) return optionIs(arena, mirror, Is.ownMigrateIgnoreWithoutSeq);`,
        replace: `
          if (range.event === MMU_NOTIFY_MIGRATE) return true;
          if (!isOwn(task, mirror, range)) return false;`,
      },
    ],
  },
  {
    id: 'G24',
    title: 'a callback that must not wait returns true without having invalidated',
    reference: 'driver mistake',
    kind: 'SDM',
    threads: 2,
    preemptions: 1,
    oracles: ['I-STALE', 'I-FREE', 'I-PERM'],
    scenario: 'device-fault-vs-oom',
    edits: [{ module: 'drivers/dmirror/invalidate', in: 'invalidate', find: 'return false;', replace: 'return true;' }],
  },
  {
    id: 'G25',
    title: 'a start that must not wait refuses after it has counted itself, and nobody takes the count back',
    reference: 'driver mistake',
    kind: 'LL',
    threads: 2,
    preemptions: 1,
    oracles: ['I-PAIR'],
    scenario: 'oom-vs-two-notifiers',
    edits: [
      {
        module: 'scenarios/windows/classic',
        find: '*invalidateRangeStart(task) { add(task.arena, COUNT, 1); return 0; }',
        replace: `
          *invalidateRangeStart(task, _sub, range) {
            add(task.arena, COUNT, 1);
            if (!range.blockable && !(yield* mutexTryLock(task, LOCK, LockClass.updateLock))) return -EAGAIN;
            if (!range.blockable) yield* mutexUnlock(task, LOCK, LockClass.updateLock);
            return 0;
          }`,
      },
    ],
  },
  {
    id: 'G27',
    title: 'the device wrote through its entry, and the callback removes it without marking the page dirty',
    reference: 'E39',
    kind: 'LU',
    threads: 2,
    preemptions: 0,
    oracles: ['I-DIRTY', 'I-DATA'],
    scenario: 'device-write-vs-reclaim',
    edits: [
      {
        module: 'drivers/base/deviceTable',
        find: `
          if (dirties && (entry & DEV_VALID) !== 0 && (entry & (DEV_WRITE | DEV_ATOMIC)) !== 0)
            setPageFlags(arena, deviceEntryPfn(entry), PG_DIRTY);`,
        replace: '',
      },
    ],
  },
  {
    id: 'G29',
    title: 'the interval is not kept in step with the mapping: it stays behind when the mapping moves',
    reference: 'driver mistake',
    kind: 'SDM',
    threads: 1,
    preemptions: 0,
    oracles: ['I-STALE', 'I-FREE'],
    scenario: 'mapped-after-mremap',
    edits: [
      {
        module: 'drivers/dmirror/interval',
        find: '{ start: 0, length: VPN_LIMIT, ops, owner: mirror }',
        replace: '{ start: 512, length: 4, ops, owner: mirror }',
      },
    ],
  },
  {
    id: 'G32',
    title: 'the callback returns before the TLB of the device is flushed',
    reference: 'driver mistake',
    kind: 'SDM',
    threads: 2,
    preemptions: 1,
    oracles: ['I-TLB', 'I-FREE', 'I-DATA', 'I-LOST'],
    scenario: 'device-tlb-vs-dontneed',
    edits: [
      {
        module: 'drivers/dmirror/invalidate',
        find: 'if (erased > 0 && optionIs(task.arena, mirror, Is.engineTlb)) yield* flushTlb(task, DEVICE);',
        replace: '',
      },
    ],
  },
  {
    id: 'G41',
    title: 'a device is closed, and its intervals go before the worker is waited for that restores its queues',
    reference: 'found by the race matrix in drivers of the lab',
    kind: 'UAF',
    threads: 2,
    preemptions: 1,
    oracles: ['I-CRASH', 'I-UAF', 'I-QUIET'],
    scenario: 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | dwrite 0 0 1 6; A: mprotect 0 1 r | work 0; B: close 0@kfd-svm',
    settings: { xnack: 'off' },
    edits: [
      { module: 'drivers/kfd/index', in: 'close', find: 'yield* closeQueues(task, mirror, restore);', replace: '' },
      {
        module: 'drivers/kfd/index',
        in: 'close',
        find: 'yield* cancelWorkSync(task, queue, deferredListWork);',
        replace: 'yield* cancelWorkSync(task, queue, deferredListWork); yield* cancelWorkSync(task, queue, restore);',
      },
    ],
  },
];
