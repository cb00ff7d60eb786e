import type { Bug } from './bug.ts';

export const m14: Bug = {
  id: 'M14',
  title: 'the dirty bit of an entry that reclaim clears is forgotten',
  reference: 'mutation testing of the model',
  kind: 'LU',
  threads: 1,
  preemptions: 0,
  oracles: ['I-DATA', 'I-DIRTY'],
  scenario: 'device-read-vs-reclaim',
  edits: [
    {
      module: 'mm/rmap/unmap',
      find: 'setPageFlags(arena, pfn, PG_DIRTY)',
      replace: '0',
    },
  ],
};
