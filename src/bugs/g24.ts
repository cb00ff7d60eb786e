import type { Bug } from './bug.ts';

export const g24: Bug = {
  id: 'G24',
  title: 'a callback that must not wait returns true without having invalidated',
  reference: 'driver mistake',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-FREE', 'I-PERM'],
  scenario: 'device-fault-vs-oom',
  edits: [
    {
      module: 'drivers/dmirror/invalidate',
      find: 'else if (!(yield* mutexTryLock(task, updateLock, LockClass.updateLock))) return false;',
      replace: 'else if (!(yield* mutexTryLock(task, updateLock, LockClass.updateLock))) return true;',
    },
  ],
};
