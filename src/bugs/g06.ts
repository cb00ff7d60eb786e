import type { Bug } from './bug.ts';

export const g06: Bug = {
  id: 'G06',
  title: 'words of a range fault that returned -EBUSY are used',
  reference: 'driver mistake',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-PERM', 'I-FREE'],
  scenario: 'half-filled-range-vs-dontneed',
  edits: [
    {
      module: 'drivers/dmirror/fault',
      find: 'if (result === -EBUSY) count(task, Counter.rangeBusy); return result;',
      replace: 'if (result !== -EBUSY) return result; range.notifierSeq = yield* mmuIntervalReadBegin(task, notifier);',
    },
    { module: 'drivers/dmirror/fault', find: 'result = 1 + vpn;', replace: 'vpn++;' },
  ],
};
