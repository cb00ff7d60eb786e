import type { Bug } from './bug.ts';

export const f02: Bug = {
  id: 'F02',
  title: 'a migrated page is mapped without asking whether an invalidation came between',
  reference: 'window F2 (in-tree dmirror)',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-FREE'],
  scenario: 'migration-vs-dontneed',
  settings: { foreignCounter: 'off' },
  edits: [],
};
