import type { Bug } from './bug.ts';

export const s03: Bug = {
  id: 'S03',
  title: 'a page enters the swap cache without a look whether another is in there',
  reference: 'swap_cache_alloc_folio',
  kind: 'COR',
  threads: 2,
  preemptions: 2,
  oracles: ['I-ENTRY', 'I-REF', 'I-DATA'],
  scenario: 'two-swap-ins',
  edits: [
    {
      module: 'mm/swap/swap',
      find: 'const other = cachedPage(arena, slot); const known',
      replace: 'const other = 0; const known',
    },
  ],
};
