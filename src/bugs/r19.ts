import type { Bug } from './bug.ts';

export const r19: Bug = {
  id: 'R19',
  title: 'eagain-vs-ebusy: one code for "invalidated" and for "lock was dropped"',
  reference: 'commit 2bcbeaefde2f, 2019',
  kind: 'DL',
  threads: 2,
  preemptions: 1,
  oracles: ['I-LOCK', 'I-OUT', 'I-DEAD'],
  scenario: 'device-fault-vs-dontneed',
  edits: [
    {
      module: 'hmm/rangeFault',
      find: 'if (mmuIntervalCheckRetry(task, range.notifier, range.notifierSeq)) return -EBUSY; yield Point.hmmWalk;',
      replace: 'if (mmuIntervalCheckRetry(task, range.notifier, range.notifierSeq)) return -EAGAIN; yield Point.hmmWalk;',
    },
    {
      module: 'drivers/dmirror/fault',
      find: 'result = yield* hmmRangeFault(task, range); yield* mmapReadUnlock(task, mm);',
      replace:
        'result = yield* hmmRangeFault(task, range); if (result === -EAGAIN) return -EBUSY; yield* mmapReadUnlock(task, mm);',
      imports: { EAGAIN: 'arena/errno' },
    },
  ],
};
