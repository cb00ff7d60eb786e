import type { Bug } from './bug.ts';

export const m04: Bug = {
  id: 'M04',
  title: 'a page that could not be unmapped does not go back to the LRU',
  reference: 'mutation testing of the model',
  kind: 'LEAK',
  threads: 2,
  preemptions: 1,
  oracles: ['I-QUIET'],
  scenario: 'failed-migration',
  edits: [
    {
      module: 'migrate/unmapPass',
      find: 'if (system) setPageFlags(arena, pfn, PG_LRU); return false;',
      replace: 'return false;',
    },
  ],
};
