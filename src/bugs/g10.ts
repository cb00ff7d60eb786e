import type { Bug } from './bug.ts';

export const g10: Bug = {
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
      replace:
        'yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock); range.notifierSeq = yield* mmuIntervalReadBegin(task, notifier); yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);',
    },
  ],
};
