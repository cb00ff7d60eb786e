import type { Bug } from './bug.ts';

export const m09: Bug = {
  id: 'M09',
  title: 'a fault goes beyond the interval that its sequence is about',
  reference: 'mutation testing of the model',
  kind: 'SDM',
  threads: 2,
  preemptions: 0,
  oracles: ['I-STALE'],
  scenario: 'range-across-intervals-vs-dontneed',
  edits: [
    {
      module: 'drivers/dmirror/fault',
      find: 'Math.min(at + window, end, intervalEnd(arena, mirror, at))',
      replace: 'Math.min(at + window, end)',
    },
  ],
};
