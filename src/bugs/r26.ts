import type { Bug } from './bug.ts';

export const r26: Bug = {
  id: 'R26',
  title: 'migrate-dirty-lost: collect drops the dirty bit of the entry',
  reference: 'commit fd35ca3d12cc, 2022',
  kind: 'LU',
  threads: 2,
  preemptions: 1,
  oracles: ['I-DIRTY', 'I-DATA'],
  scenario: 'failed-migration-then-reclaim',
  edits: [
    {
      module: 'migrate/collectTable',
      find: 'if (ptePresent(pte) && (pte & PTE_DIRTY) !== 0) setPageFlags(arena, pfn, PG_DIRTY);',
      replace: '',
    },
  ],
};
