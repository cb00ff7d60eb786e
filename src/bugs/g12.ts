import type { Bug } from './bug.ts';

export const g12: Bug = {
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
      replace:
        'yield* mutexUnlock(task, updateLock, LockClass.updateLock); yield* mmuIntervalNotifierRemove(task, sub); return true;',
      imports: { mmuIntervalNotifierRemove: 'notifier/interval' },
    },
  ],
};
