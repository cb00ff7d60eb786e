import type { Bug } from './bug.ts';

export const g01: Bug = {
  id: 'G01',
  title: 'the retry check comes before the driver lock',
  reference: 'driver mistake (amdgpu and kfd userptr had it)',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-PERM'],
  scenario: 'device-fault-vs-dontneed',
  edits: [
    {
      module: 'drivers/dmirror/fault',
      find: 'yield* mutexLock(task, updateLock, LockClass.updateLock);',
      replace: `if (mmuIntervalReadRetry(task, notifier, range.notifierSeq)) return -EBUSY;
      yield* mutexLock(task, updateLock, LockClass.updateLock);`,
    },
    {
      module: 'drivers/dmirror/fault',
      find: 'const late = optionIs(arena, mirror, Is.retryCheckLocked) && mmuIntervalReadRetry(task, notifier, range.notifierSeq);',
      replace: 'const late = false;',
    },
  ],
};
