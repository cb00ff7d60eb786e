import type { Bug } from './bug.ts';

export const f40: Bug = {
  id: 'F40',
  title: 'a migration takes mmap_lock a second time',
  reference: 'window F40',
  kind: 'DL',
  threads: 2,
  preemptions: 1,
  oracles: ['I-DEAD', 'I-LOCK'],
  scenario: 'migration-vs-munmap',
  edits: [
    {
      module: 'drivers/dmirror/toDevice',
      find: 'yield Point.driverCopied; yield* migrateVmaPages(task, migrate); yield Point.driverCommitted;',
      replace:
        'yield Point.driverCopied; yield* mmapReadLock(task, migrate.mm); yield* mmapReadUnlock(task, migrate.mm); yield* migrateVmaPages(task, migrate); yield Point.driverCommitted;',
      imports: { mmapReadLock: 'mm/vma/mmapLock', mmapReadUnlock: 'mm/vma/mmapLock' },
    },
  ],
};
