import type { Bug } from './bug.ts';

export const g13: Bug = {
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
      replace:
        'yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock); yield* mmuIntervalNotifierRemove(task, sub); yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);',
      imports: { LockClass: 'sync/lockClass', mutexLock: 'sync/spinlock', mutexUnlock: 'sync/spinlock' },
    },
  ],
};
