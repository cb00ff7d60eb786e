import type { Bug } from './bug.ts';

export const f12: Bug = {
  id: 'F12',
  title: 'the entry of a page that goes home is erased without the driver lock',
  reference: 'window F12 (in-tree dmirror)',
  kind: 'LU',
  threads: 2,
  preemptions: 2,
  oracles: ['I-DATA', 'I-LOST', 'I-FREE'],
  scenario: 'device-write-vs-cpu-touch',
  settings: { lockOnReturn: 'off' },
  edits: [],
};
