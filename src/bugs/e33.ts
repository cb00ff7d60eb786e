import type { Bug } from './bug.ts';

export const e33: Bug = {
  id: 'E33',
  title: 'no invalidation before an exclusive entry is restored',
  reference: 'window E33',
  kind: 'LU',
  threads: 1,
  preemptions: 0,
  oracles: ['I-DATA', 'I-LOST', 'I-EXCL'],
  scenario: 'exclusive-vs-cpu',
  edits: [
    {
      module: 'mm/fault/exclusiveEntry',
      find: 'yield* mmuNotifierInvalidateRangeStart(task, range); const ptl',
      replace: 'const ptl',
    },
    {
      module: 'mm/fault/exclusiveEntry',
      find: 'yield* mmuNotifierInvalidateRangeEnd(task, range); return 0;',
      replace: 'return 0;',
    },
  ],
};
