import type { Bug } from './bug.ts';

export const r42: Bug = {
  id: 'R42',
  title: 'exclusive-mapcount-mismatch: an exclusive entry holds a reference but does not count as a mapping',
  reference: 'mm fixes for device-exclusive entries, 2025',
  kind: 'LL',
  threads: 1,
  preemptions: 0,
  oracles: ['I-MAP', 'I-PROG'],
  scenario: 'exclusive-alone',
  edits: [
    {
      module: 'migrate/exclusive',
      find: 'store(arena, word, mkLeaf(LEAF_DEVICE_EXCLUSIVE, pfn));',
      replace: 'store(arena, word, mkLeaf(LEAF_DEVICE_EXCLUSIVE, pfn)); removeRmap(arena, pfn);',
      imports: { removeRmap: 'mm/rmap/rmap' },
    },
  ],
};
