import type { Bug } from './bug.ts';

export const s06: Bug = {
  id: 'S06',
  title: 'reclaim looks at the dirty bit before the entry is cleared',
  reference: 'try_to_unmap_one',
  kind: 'LU',
  threads: 2,
  preemptions: 1,
  oracles: ['I-DATA', 'I-DIRTY'],
  scenario: 'cpu-store-vs-reclaim',
  edits: [
    {
      module: 'mm/rmap/unmap',
      find: 'yield Point.clearPte; const pte = xchg(arena, word, 0);',
      replace: 'const pte = get(arena, word); yield Point.clearPte; xchg(arena, word, 0);',
    },
  ],
};
