import type { Bug } from './bug.ts';

export const r26b: Bug = {
  id: 'R26b',
  title: 'the same, seen while the page is still in memory: clean, and unlike its copy in swap',
  reference: 'commit fd35ca3d12cc, 2022',
  kind: 'LU',
  threads: 2,
  preemptions: 1,
  oracles: ['I-DIRTY'],
  scenario: 'failed-migration',
  edits: [
    {
      module: 'migrate/collectTable',
      find: 'if (ptePresent(pte) && (pte & PTE_DIRTY) !== 0) setPageFlags(arena, pfn, PG_DIRTY);',
      replace: '',
    },
  ],
};
