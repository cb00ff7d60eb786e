import type { Bug } from './bug.ts';

export const r67: Bug = {
  id: 'R67',
  title: 'hole-uninitialised-result: nothing had to be copied, the result is what it happened to be, and the success is undone',
  reference: 'CVE-2026-89808 (kfd)',
  kind: 'UAF, COR',
  threads: 1,
  preemptions: 0,
  oracles: ['I-REF', 'I-FREE', 'I-MIG'],
  scenario: 'hole-to-device',
  edits: [
    {
      module: 'drivers/dmirror/toDevice',
      find: 'yield Point.driverCopied; yield* migrateVmaPages(task, migrate);',
      replace:
        'if (migrate.src.every((slot) => migratePfnToPage(slot) === 0)) for (const slot of migrate.dst) if (slot !== 0) { yield* unlockPage(task, migratePfnToPage(slot)); yield* putPage(task, migratePfnToPage(slot)); } yield Point.driverCopied; yield* migrateVmaPages(task, migrate);',
    },
  ],
};
