import type { Bug } from './bug.ts';

export const g08: Bug = {
  id: 'G08',
  title: 'the array is not set up again before a retry, and its results are read as requests',
  reference: 'driver mistake',
  kind: 'ERR',
  threads: 2,
  preemptions: 1,
  oracles: ['I-OUT'],
  scenario: 'report-only-vs-dontneed',
  edits: [{ module: 'scenarios/windows/rangeFaults', find: 'do { words.set(requests);', replace: 'words.set(requests); do {' }],
};
