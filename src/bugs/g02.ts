import type { Bug } from './bug.ts';

export const g02: Bug = {
  id: 'G02',
  title: 'no retry check at all',
  reference: 'driver mistake',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-PERM'],
  scenario: 'device-fault-vs-munmap',
  edits: [
    {
      module: 'drivers/dmirror/fault',
      find: 'const late = optionIs(arena, mirror, Is.retryCheckLocked) && mmuIntervalReadRetry(task, notifier, range.notifierSeq);',
      replace: 'const late = false;',
    },
  ],
};
