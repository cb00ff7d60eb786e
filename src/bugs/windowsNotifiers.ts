/** Guards taken out of race windows of notifiers: registration, brackets, the sequence, retries. */
import type { Bug } from './bug.ts';

export const notifierWindows: readonly Bug[] = [
  {
    id: 'E17',
    title: 'the first subscription does not take the rmap locks',
    reference: 'window E17',
    kind: 'COR',
    threads: 2,
    preemptions: 1,
    oracles: ['I-PAIR', 'I-SEQ'],
    scenario: 'register-vs-evict',
    edits: [
      {
        module: 'notifier/register',
        find: 'for (const { lock, kind } of taken) yield* downWrite(task, lock, kind);',
        replace: '',
        imports: { Point: 'steps/points' },
      },
      {
        module: 'notifier/register',
        find: 'for (const { lock, kind } of taken.toReversed()) yield* upWrite(task, lock, kind);',
        replace: 'yield Point.anonVmaPrepare;',
      },
    ],
  },
  {
    id: 'E18',
    title: 'an interval inserted during an invalidation counts as not invalidated',
    reference: 'window E18',
    kind: 'SDM',
    threads: 2,
    preemptions: 1,
    oracles: ['I-STALE', 'I-FREE', 'I-PERM'],
    scenario: 'insert-vs-bracket',
    edits: [
      {
        module: 'notifier/interval',
        find: 'serialStore(arena, sub + IntervalSub.invalidateSeq, serialGet(arena, seqWord));',
        replace: 'store(arena, sub + IntervalSub.invalidateSeq, (get(arena, seqWord) - 2) | 1);',
        imports: { store: 'arena/access' },
      },
    ],
  },
  {
    id: 'E20',
    title: 'an interval that is removed while it waits to be inserted stays on the deferred list',
    reference: 'window E20',
    kind: 'UAF',
    threads: 2,
    preemptions: 1,
    oracles: ['I-UAF', 'I-CB', 'I-CRASH'],
    scenario: 'insert-remove-vs-bracket',
    edits: [
      { module: 'notifier/interval', find: 'undefer(task, subs, sub);', replace: 'set(arena, sub + IntervalSub.onDeferred, 0);' },
    ],
  },
  {
    id: 'E22',
    title: 'the sequence turns even at every end, not at the last',
    reference: 'window E22',
    kind: 'SDM',
    threads: 3,
    preemptions: 1,
    oracles: ['I-STALE', 'I-SEQ', 'I-FREE', 'I-CB', 'I-CRASH', 'I-PAIR'],
    scenario: 'device-fault-vs-two-zaps',
    edits: [
      {
        module: 'notifier/sequence',
        find: 'const ends = active === 0 && isInvalidating(task, subs);',
        replace: 'const ends = isInvalidating(task, subs);',
      },
    ],
  },
  {
    id: 'E23',
    title: 'the OOM reaper ends a bracket whose start was refused',
    reference: 'window E23',
    kind: 'COR',
    threads: 2,
    preemptions: 1,
    oracles: ['I-PAIR'],
    scenario: 'device-fault-vs-oom',
    edits: [
      {
        module: 'mm/syscalls/madvise',
        find: 'error = -EAGAIN; continue;',
        replace: 'error = -EAGAIN; yield* mmuNotifierInvalidateRangeEnd(task, range); continue;',
      },
    ],
  },
  {
    id: 'E42',
    title: 'the last user of an address space is dropped under the driver lock',
    reference: 'window E42',
    kind: 'DL',
    threads: 2,
    preemptions: 1,
    oracles: ['I-DEAD', 'I-LOCK'],
    scenario: 'device-fault-vs-exit',
    edits: [
      {
        module: 'drivers/dmirror/fault',
        find: 'yield* mmput(task, mm); return result;',
        replace: `
          yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock);
          yield* mmput(task, mm);
          yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);
          return result;`,
      },
    ],
  },
  {
    id: 'E43',
    title: 'an interval does not keep the mm',
    reference: 'window E43',
    kind: 'UAF',
    threads: 1,
    preemptions: 0,
    oracles: ['I-UAF', 'I-CRASH'],
    scenario: 'close-after-exit',
    edits: [
      { module: 'notifier/interval', find: 'mmgrab(arena, mm);', replace: '' },
      { module: 'notifier/interval', find: 'mmdrop(arena, mm);', replace: '' },
    ],
  },
  {
    id: 'F30',
    title: 'classic notifiers are called before interval notifiers: the zap comes before the sequence',
    reference: 'window F30',
    kind: 'SDM',
    threads: 2,
    preemptions: 1,
    oracles: ['I-STALE', 'I-FREE', 'I-PERM'],
    scenario: 'device-fault-vs-dontneed@nouveau',
    edits: [
      {
        module: 'notifier/invalidate',
        find: `
          if (get(arena, subs + Subscriptions.hasItree) !== 0 && !(yield* intervalPass(task, subs, range))) return -EAGAIN;
          if (get(arena, subs + Subscriptions.list) === 0) return 0;
          const error = yield* classicPass(task, subs, range);`,
        replace: `
          const error = get(arena, subs + Subscriptions.list) === 0 ? 0 : yield* classicPass(task, subs, range);
          if (get(arena, subs + Subscriptions.hasItree) !== 0 && !(yield* intervalPass(task, subs, range))) return -EAGAIN;`,
      },
    ],
  },
  {
    id: 'F31',
    title: 'a token for each piece of a request, of which only the last is checked',
    reference: 'window F31, amdgpu of Linux 7.0',
    kind: 'SDM',
    threads: 2,
    preemptions: 1,
    oracles: ['I-STALE', 'I-FREE'],
    scenario: 'device-range-vs-dontneed@amdgpu-userptr',
    settings: { sequence: 'piece' },
    edits: [],
  },
  {
    id: 'F38b',
    title: 'a file passes over what another file of the same device migrates, or makes exclusive',
    reference: 'window F38 (in-tree dmirror)',
    kind: 'SDM',
    threads: 1,
    preemptions: 0,
    oracles: ['I-STALE', 'I-FREE', 'I-DATA'],
    scenario: 'two-files-of-a-device',
    settings: { ownEvents: 'device' },
    edits: [],
  },
  {
    id: 'F38',
    title: 'devices share one owner, and so pass over the events of each other',
    reference: 'window F38',
    kind: 'SDM',
    threads: 1,
    preemptions: 0,
    oracles: ['I-STALE', 'I-FREE', 'I-DATA'],
    scenario: 'two-devices',
    edits: [
      {
        module: 'drivers/dmirror/invalidate',
        find: 'if (!isOwn(task, mirror, range)) return false;',
        replace: 'if (range.owner === 0) return false;',
      },
      {
        module: 'drivers/dmirror/invalidate',
        find: 'const own = range.event === MMU_NOTIFY_MIGRATE && isOwn(task, mirror, range);',
        replace: 'const own = range.event === MMU_NOTIFY_MIGRATE && range.owner !== 0;',
      },
    ],
  },
];
