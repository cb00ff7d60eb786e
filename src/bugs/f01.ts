import type { Bug } from './bug.ts';

export const f01: Bug = {
  id: 'F01',
  title: 'the device keeps its entries of a page that is copied to it',
  reference: 'window F1 (in-tree dmirror)',
  kind: 'LU',
  threads: 2,
  preemptions: 1,
  oracles: ['I-DATA', 'I-LOST', 'I-FREE'],
  scenario: 'device-write-vs-migration',
  settings: { revokeSource: 'off' },
  edits: [],
};
