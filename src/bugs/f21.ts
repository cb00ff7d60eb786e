import type { Bug } from './bug.ts';

export const f21: Bug = {
  id: 'F21',
  title: 'fork copies a migration entry with its write permission',
  reference: 'window F21',
  kind: 'SEC',
  threads: 2,
  preemptions: 1,
  oracles: ['I-ENTRY', 'I-MAP', 'I-PERM', 'I-ISO'],
  scenario: 'evict-vs-fork',
  edits: [
    {
      module: 'mm/syscalls/copyPageRange',
      find: 'const read = mkLeaf(LEAF_MIGRATION_READ, pfn, pteFlags(entry) & 0x3f);',
      replace: 'const read = entry;',
    },
  ],
};
