import type { Bug } from './bug.ts';

export const f03: Bug = {
  id: 'F03',
  title: 'the own MIGRATE event does not set the sequence',
  reference: 'windows E7 and F3 (in-tree dmirror)',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-DATA', 'I-FREE'],
  scenario: 'fault-pass-vs-migration',
  settings: { ownMigrate: 'ignoreWithoutSeq' },
  edits: [],
};
