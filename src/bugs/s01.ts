import type { Bug } from './bug.ts';

export const s01: Bug = {
  id: 'S01',
  title: 'reclaim takes a page away without telling the devices',
  reference: 'the CLEAR bracket of try_to_unmap',
  kind: 'SDM',
  threads: 2,
  preemptions: 0,
  oracles: ['I-STALE', 'I-FREE', 'I-DATA'],
  scenario: 'device-fault-vs-reclaim',
  edits: [
    { module: 'mm/rmap/unmap', find: 'yield* mmuNotifierInvalidateRangeStart(task, range);', replace: '' },
    { module: 'mm/rmap/unmap', find: 'yield* mmuNotifierInvalidateRangeEnd(task, range);', replace: '' },
  ],
};
