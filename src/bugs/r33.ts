import type { Bug } from './bug.ts';

export const r33: Bug = {
  id: 'R33',
  title: 'zone-device-stale-mapping: a device page is reused with its old owner field',
  reference: 'mm/memremap, 7ab0ad0e74f8, 2019',
  kind: 'COR',
  threads: 1,
  preemptions: 0,
  oracles: ['I-ENTRY', 'I-MAP'],
  scenario: 'device-page-recycled',
  edits: [
    {
      module: 'mm/page/devPagemap',
      find: 'store(arena, arena.page.flags + pfn, PG_DEVICE); clearAnonMapping(arena, pfn);',
      replace: 'store(arena, arena.page.flags + pfn, PG_DEVICE);',
    },
  ],
};
