import type { Bug } from './bug.ts';

export const f02b: Bug = {
  id: 'F02b',
  title: 'the counter is sampled without waiting for invalidations that run',
  reference: 'window F2, guard 16',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-FREE'],
  scenario: 'migration-vs-dontneed-under-way',
  settings: { waitAfterSample: 'off' },
  edits: [],
};
