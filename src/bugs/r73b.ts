import type { Bug } from './bug.ts';

export const r73b: Bug = {
  id: 'R73b',
  title: 'double-migration: a migration home does not say that its pages have moved',
  reference: 'drm/pagemap, c4126f1db36e, 2026',
  kind: 'COR',
  threads: 2,
  preemptions: 2,
  oracles: ['I-MIG'],
  scenario: 'evict-vs-return',
  edits: [
    {
      module: 'drivers/dmirror/toSystem',
      find: 'disownMoved(task.arena, src); const moved',
      replace: 'const moved',
    },
  ],
};
