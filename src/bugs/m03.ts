import type { Bug } from './bug.ts';

export const m03: Bug = {
  id: 'M03',
  title: 'collect takes private pages of any device',
  reference: 'mutation testing of the model',
  kind: 'COR',
  threads: 1,
  preemptions: 0,
  oracles: ['I-MIG'],
  scenario: 'foreign-page-asked-home',
  edits: [
    {
      module: 'migrate/collectTable',
      find: '(migrate.flags & MIGRATE_VMA_SELECT_DEVICE_PRIVATE) === 0 || pgmapOwner(arena, pfn) !== migrate.pgmapOwner',
      replace: '(migrate.flags & MIGRATE_VMA_SELECT_DEVICE_PRIVATE) === 0',
    },
  ],
};
