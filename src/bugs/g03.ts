import type { Bug } from './bug.ts';

export const g03: Bug = {
  id: 'G03',
  title: 'the callback does not set the sequence',
  reference: 'driver mistake',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-PERM'],
  scenario: 'device-fault-vs-cow',
  edits: [
    {
      module: 'drivers/dmirror/invalidate',
      find: 'if (optionIs(arena, mirror, Is.setSeqOn)) mmuIntervalSetSeq(task, sub, curSeq);',
      replace: '',
    },
  ],
};
