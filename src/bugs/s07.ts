import type { Bug } from './bug.ts';

export const s07: Bug = {
  id: 'S07',
  title: 'reclaim drops a page that somebody has a reference to',
  reference: '__remove_mapping',
  kind: 'LU',
  threads: 2,
  preemptions: 1,
  oracles: ['I-DATA', 'I-FREE'],
  scenario: 'reference-vs-reclaim',
  edits: [
    { module: 'mm/swap/reclaim', find: 'if (pageCount(arena, pfn) !== 2) return false;', replace: '' },
    {
      module: 'mm/swap/swap',
      find: 'const unused = pageCount(arena, pfn) === 2 && (pageFlags',
      replace: 'const unused = (pageFlags',
    },
  ],
};
