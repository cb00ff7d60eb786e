import type { Bug } from './bug.ts';

export const r72: Bug = {
  id: 'R72',
  title: 'walk-last: the place to restart from is not stored before -EBUSY',
  reference: 'hmm.rst, history',
  kind: 'LL, ERR',
  threads: 2,
  preemptions: 1,
  oracles: ['I-OUT', 'I-PROG'],
  scenario: 'report-only-vs-dontneed',
  edits: [
    {
      module: 'hmm/rangeFault',
      find: 'result = yield* doFault(task, mm, walk, unlocked);',
      replace: '{ result = yield* doFault(task, mm, walk, unlocked); walk.last = range.start; }',
    },
  ],
};
