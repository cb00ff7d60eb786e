import type { Bug } from './bug.ts';

export const e43: Bug = {
  id: 'E43',
  title: 'an interval does not keep the mm',
  reference: 'window E43',
  kind: 'UAF',
  threads: 1,
  preemptions: 0,
  oracles: ['I-UAF', 'I-CRASH'],
  scenario: 'close-after-exit',
  edits: [
    { module: 'notifier/interval', find: 'mmgrab(arena, mm);', replace: '' },
    { module: 'notifier/interval', find: 'mmdrop(arena, mm); }', replace: '}' },
  ],
};
