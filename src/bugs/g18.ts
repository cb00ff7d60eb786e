import type { Bug } from './bug.ts';

export const g18: Bug = {
  id: 'G18',
  title: 'the destination of a migration is not locked',
  reference: 'driver mistake',
  kind: 'COR',
  threads: 2,
  preemptions: 1,
  oracles: ['I-MIG', 'I-LOCK'],
  scenario: 'migration-vs-dontneed',
  edits: [
    {
      module: 'drivers/dmirror/toDevice',
      find: 'dst[i] = migratePfn(pfn) | (slot & MIGRATE_PFN_WRITE);',
      replace: 'dst[i] = migratePfn(pfn) | (slot & MIGRATE_PFN_WRITE); yield* unlockPage(task, pfn);',
      imports: { unlockPage: 'mm/page/pageLock' },
    },
  ],
};
