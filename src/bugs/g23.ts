import type { Bug } from './bug.ts';

export const g23: Bug = {
  id: 'G23',
  title: 'the destination of a page that failed is put by the driver, and again by finalize',
  reference: 'driver mistake',
  kind: 'DF',
  threads: 2,
  preemptions: 1,
  oracles: ['I-REF', 'I-LOCK', 'I-FREE'],
  scenario: 'hole-vs-cpu-fault',
  edits: [
    {
      module: 'drivers/dmirror/toDevice',
      find: 'yield Point.driverCommitted; const mapsLater',
      replace:
        'for (let i = 0; i < migrate.src.length; i++) if ((migrate.src[i] & MIGRATE_PFN_MIGRATE) === 0 && migratePfnToPage(migrate.dst[i]) !== 0) { yield* unlockPage(task, migratePfnToPage(migrate.dst[i])); yield* putPage(task, migratePfnToPage(migrate.dst[i])); } yield Point.driverCommitted; const mapsLater',
      imports: { unlockPage: 'mm/page/pageLock', putPage: 'mm/page/zone' },
    },
  ],
};
