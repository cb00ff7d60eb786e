import type { Bug } from './bug.ts';

export const m01c: Bug = {
  id: 'M01c',
  title: 'a classic notifier refuses, and those behind it are not called, but hear of the end',
  reference: 'mutation testing of the model',
  kind: 'COR',
  threads: 2,
  preemptions: 1,
  oracles: ['I-PAIR'],
  scenario: 'oom-vs-two-notifiers-turned',
  edits: [
    {
      module: 'notifier/invalidate',
      find: 'error = result; }',
      replace: 'error = result; break; }',
    },
  ],
};
