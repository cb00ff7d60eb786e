/** Real bugs of RDMA drivers: hfi1, mlx5. */
import type { Bug } from './bug.ts';

export const rdmaBugs: readonly Bug[] = [
  {
    id: 'R47',
    title: 'lazy-invalidate: the callback only leaves a note; the mapping goes later',
    reference: 'commit 1c7edde1b572 (hfi1), 2023',
    kind: 'SDM',
    threads: 1,
    preemptions: 0,
    oracles: ['I-STALE'],
    scenario: 'device-maps-what-is-discarded',
    edits: [
      { module: 'drivers/dmirror/invalidate', in: 'invalidate', find: 'yield* revoke(task, mirror, start, end);', replace: '' },
    ],
  },
  {
    id: 'R64',
    title: 'invalidate-after-revoke: a callback updates a key that deregistration has revoked',
    reference: 'CVE-2025-21732 (mlx5)',
    kind: 'UAF',
    threads: 2,
    preemptions: 1,
    oracles: ['I-UAF'],
    scenario: 'key-revoked-vs-invalidate',
    edits: [
      {
        module: 'scenarios/windows/driverObjects',
        find: `
          yield* mutexLock(task, LOCK, LockClass.updateLock);
          const key = load(task.arena, OBJECT);
          store(task.arena, OBJECT, 0);
          yield* mutexUnlock(task, LOCK, LockClass.updateLock);
          yield Point.driverCommitted;
          objectPut(task.arena, key);`,
        replace: `
          const key = load(task.arena, OBJECT);
          objectPut(task.arena, key);
          yield Point.driverCommitted;
          store(task.arena, OBJECT, 0);`,
      },
    ],
  },
  {
    id: 'R65',
    title: 'double-destroy-child: two invalidations find a child empty, and both have it destroyed',
    reference: 'CVE-2025-21714 (mlx5)',
    kind: 'DF',
    threads: 3,
    preemptions: 1,
    oracles: ['I-REF', 'I-UAF'],
    scenario: 'child-emptied-by-two',
    edits: [
      {
        module: 'scenarios/windows/driverObjects',
        find: 'if (xchg(arena, OBJECT, 0) !== 0) queueWork(task, QUEUE, destroy);',
        replace: 'objectUse(arena, load(arena, OBJECT)); queueWork(task, QUEUE, destroy);',
      },
    ],
  },
];
