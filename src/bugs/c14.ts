import type { Control } from './bug.ts';

export const c14: Control = {
  id: 'C14',
  title: 'the bracket around the holes that a migration fills covers all of its range',
  reference: 'an invalidation too wide, and no harm',
  scenario: 'two-holes-vs-other-device',
  edits: [
    {
      module: 'migrate/commit',
      find: 'notifierRange(MMU_NOTIFY_MIGRATE, migrate.mm, vpn, migrate.end, migrate.pgmapOwner)',
      replace: 'notifierRange(MMU_NOTIFY_MIGRATE, migrate.mm, migrate.start, migrate.end, migrate.pgmapOwner)',
    },
  ],
};
