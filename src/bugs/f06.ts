import type { Bug } from './bug.ts';

export const f06: Bug = {
  id: 'F06',
  title: 'pinned pages migrate: nobody looks at the reference count',
  reference: 'windows F6 and F9',
  kind: 'LU',
  threads: 2,
  preemptions: 1,
  oracles: ['I-DATA', 'I-REF', 'I-FREE', 'I-LOST'],
  scenario: 'pin-vs-migration',
  edits: [
    {
      module: 'migrate/unmapPass',
      find: 'if (pageMapcount(arena, pfn) === 0 && isAlone(task, pfn, faultPage)) return true;',
      replace: 'if (pageMapcount(arena, pfn) === 0) return true;',
    },
    { module: 'migrate/commit', find: 'if (pageCount(arena, from) !== expected) return false;', replace: '' },
    { module: 'migrate/collectTable', find: 'if (maybeDmaPinned(arena, pfn)) {', replace: 'if (false) {' },
  ],
};
