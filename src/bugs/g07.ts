import type { Bug } from './bug.ts';

export const g07: Bug = {
  id: 'G07',
  title: 'read-begin once, outside the retry loop',
  reference: 'driver mistake',
  kind: 'LL',
  threads: 2,
  preemptions: 1,
  oracles: ['I-PROG'],
  scenario: 'device-fault-vs-dontneed',
  edits: [
    {
      module: 'drivers/dmirror/fault',
      find: 'range.notifierSeq = yield* mmuIntervalReadBegin(task, notifier);',
      replace: 'range.notifierSeq ||= yield* mmuIntervalReadBegin(task, notifier);',
    },
  ],
};
