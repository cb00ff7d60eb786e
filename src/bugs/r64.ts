import type { Bug } from './bug.ts';

export const r64: Bug = {
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
      find: 'yield* mutexLock(task, LOCK, LockClass.updateLock); const key = load(task.arena, OBJECT); store(task.arena, OBJECT, 0); yield* mutexUnlock(task, LOCK, LockClass.updateLock); yield Point.driverCommitted; objectPut(task.arena, key);',
      replace:
        'const key = load(task.arena, OBJECT); objectPut(task.arena, key); yield Point.driverCommitted; store(task.arena, OBJECT, 0);',
    },
  ],
};
