import type { Bug } from './bug.ts';

export const r65: Bug = {
  id: 'R65',
  title: 'double-destroy-child: two invalidations find a child empty, and both have it destroyed',
  reference: 'CVE-2025-21714 (mlx5)',
  kind: 'DF',
  threads: 3,
  preemptions: 1,
  oracles: ['I-REF', 'I-UAF'],
  scenario: 'child-emptied-by-two',
  edits: [
    {
      module: 'scenarios/windows/driverObjects',
      find: 'if (xchg(arena, OBJECT, 0) !== 0) queueWork(task, QUEUE, destroy);',
      replace: 'objectUse(arena, load(arena, OBJECT)); queueWork(task, QUEUE, destroy);',
    },
  ],
};
