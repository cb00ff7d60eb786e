import type { Bug } from './bug.ts';

export const r73: Bug = {
  id: 'R73',
  title: 'double-migration: an eviction takes a page that has gone home and waits for its last reference to be put',
  reference: 'drm/pagemap, c4126f1db36e, 2026',
  kind: 'COR',
  threads: 2,
  preemptions: 2,
  oracles: ['I-MIG'],
  scenario: 'evict-vs-cpu-touch',
  edits: [{ module: 'drivers/dmirror/evict', find: 'if (!isOwnedDevicePage(task.arena, from)) continue;', replace: '' }],
};
