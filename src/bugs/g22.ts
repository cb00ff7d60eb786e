import type { Bug } from './bug.ts';

export const g22: Bug = {
  id: 'G22',
  title: 'finalize is left out',
  reference: 'driver mistake',
  kind: 'DL',
  threads: 1,
  preemptions: 0,
  oracles: ['I-LOCK', 'I-MIG', 'I-QUIET', 'I-DEAD'],
  scenario: 'migration-vs-dontneed',
  edits: [
    {
      module: 'drivers/dmirror/toDevice',
      find: 'yield* mapMigrated(task, mirror, migrate, sample); yield* migrateVmaFinalize(task, migrate);',
      replace: 'yield* mapMigrated(task, mirror, migrate, sample);',
    },
  ],
};
