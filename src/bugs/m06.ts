import type { Bug } from './bug.ts';

export const m06: Bug = {
  id: 'M06',
  title: 'the bracket around the holes that a migration fills covers the first one only',
  reference: 'mutation testing of the model',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-DATA'],
  scenario: 'two-holes-vs-other-device',
  edits: [
    {
      module: 'migrate/commit',
      find: 'notifierRange(MMU_NOTIFY_MIGRATE, migrate.mm, vpn, migrate.end, migrate.pgmapOwner)',
      replace: 'notifierRange(MMU_NOTIFY_MIGRATE, migrate.mm, vpn, vpn + 1, migrate.pgmapOwner)',
    },
  ],
};
