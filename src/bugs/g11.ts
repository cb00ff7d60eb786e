import type { Bug } from './bug.ts';

export const g11: Bug = {
  id: 'G11',
  title: 'the driver lock is held across the range fault',
  reference: 'driver mistake',
  kind: 'DL',
  threads: 2,
  preemptions: 1,
  oracles: ['I-DEAD', 'I-LOCK'],
  scenario: 'device-fault-vs-mprotect',
  edits: [
    {
      module: 'drivers/dmirror/fault',
      find: 'yield* mmapReadLock(task, mm); result = yield* hmmRangeFault(task, range); yield* mmapReadUnlock(task, mm);',
      replace:
        'yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock); yield* mmapReadLock(task, mm); result = yield* hmmRangeFault(task, range); yield* mmapReadUnlock(task, mm); yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);',
    },
  ],
};
