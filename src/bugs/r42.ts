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
    },
    {
      module: 'migrate/exclusive',
      find: `import { CPU, flushTlb } from '../mm/tlb.js';`,
      replace: `import { CPU, flushTlb } from '../mm/tlb.js'; import { removeRmap } from '../mm/rmap.js';`,
    },
  ],
};
