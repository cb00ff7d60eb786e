import type { Bug } from './bug.ts';

export const r35: Bug = {
  id: 'R35',
  title: 'pgmap-ref-missing: pages in use do not keep their pagemap',
  reference: '0dc45ca1ce18 and ef233450898f, 2022',
  kind: 'UAF',
  threads: 2,
  preemptions: 1,
  // Or who comes too late waits for ever for a lock in what was freed.
  oracles: ['I-UAF', 'I-PGMAP', 'I-CRASH', 'I-DEAD'],
  scenario: 'unbind-vs-cpu-touch',
  edits: [
    { module: 'mm/page/devPagemap', find: 'increase(arena, pgmap + Pgmap.ref, 1);', replace: '' },
    {
      module: 'mm/page/devPagemap',
      find: 'yield* pagemapOps(arena, pgmap).folioFree(task, pfn); putPgmap(arena, pgmap);',
      replace: 'yield* pagemapOps(arena, pgmap).folioFree(task, pfn);',
    },
  ],
};
