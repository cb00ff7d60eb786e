import type { Bug } from './bug.ts';

export const e31: Bug = {
  id: 'E31',
  title: 'no read section around make_device_exclusive',
  reference: 'window E31 (in-tree dmirror)',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-EXCL', 'I-FREE'],
  scenario: 'exclusive-vs-dontneed',
  settings: { exclusiveSeq: 'off' },
  edits: [],
};
