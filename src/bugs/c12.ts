import type { Control } from './bug.ts';

export const c12: Control = {
  id: 'C12',
  title: 'a page that could not be unmapped goes back to the LRU a moment later',
  reference: 'late, and no harm',
  scenario: 'failed-migration',
  edits: [
    {
      module: 'migrate/unmapPass',
      find: 'if (system) setPageFlags(arena, pfn, PG_LRU); return false;',
      replace: 'if (system) { yield Point.isolateLru; setPageFlags(arena, pfn, PG_LRU); } return false;',
    },
  ],
};
