import type { Bug } from './bug.ts';

export const r49: Bug = {
  id: 'R49',
  title: 'retry-without-lock: the retry check comes before the lock that the callback takes',
  reference: 'commit f95f51a4c335 (amdgpu), 2022',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-PERM'],
  scenario: 'device-fault-vs-munmap',
  edits: [
    {
      module: 'drivers/dmirror/fault',
      find: 'yield* mutexLock(task, updateLock, LockClass.updateLock);',
      replace:
        'const stale = mmuIntervalReadRetry(task, notifier, range.notifierSeq); yield* mutexLock(task, updateLock, LockClass.updateLock);',
    },
    {
      module: 'drivers/dmirror/fault',
      find: 'const late = optionIs(arena, mirror, Is.retryCheckLocked) && mmuIntervalReadRetry(task, notifier, range.notifierSeq);',
      replace: 'const late = stale;',
    },
  ],
};
