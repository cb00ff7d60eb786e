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
      module: 'drivers/dmirror/index',
      find: 'yield* mmuIntervalNotifierRemove(task, sub);',
      replace:
        'yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock); yield* mmuIntervalNotifierRemove(task, sub); yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);',
    },
    {
      module: 'drivers/dmirror/index',
      find: `import { freeDevicePage } from '../devicePages.js';`,
      replace: `import { freeDevicePage } from '../devicePages.js'; import { LockClass } from '../../sync/lockClass.js'; import { mutexLock, mutexUnlock } from '../../sync/spinlock.js';`,
    },
  ],
};
