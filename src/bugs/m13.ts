import type { Bug } from './bug.ts';

export const m13: Bug = {
  id: 'M13',
  title: 'a migrated page is writable for the device, whatever it was before',
  reference: 'mutation testing of the model',
  kind: 'SEC',
  threads: 1,
  preemptions: 0,
  oracles: ['I-PERM'],
  scenario: 'read-only-page-on-the-device',
  edits: [
    {
      module: 'drivers/dmirror/toDevice',
      find: 'dst[i] = migratePfn(pfn) | (slot & MIGRATE_PFN_WRITE); }',
      replace: 'dst[i] = migratePfn(pfn) | MIGRATE_PFN_WRITE; }',
    },
  ],
};
