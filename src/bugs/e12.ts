import type { Bug } from './bug.ts';

export const e12: Bug = {
  id: 'E12',
  title: 'a migration does not flush the TLB of the CPUs',
  reference: 'window E12',
  kind: 'LU',
  threads: 2,
  preemptions: 1,
  oracles: ['I-TLB', 'I-DATA', 'I-LOST', 'I-FREE'],
  scenario: 'cpu-store-vs-migration',
  edits: [
    {
      module: 'migrate/collectTable',
      find: 'if (exclusive) { if (ptePresent(pte)) yield* flushTlb(task, CPU);',
      replace: 'if (exclusive) {',
    },
    {
      module: 'migrate/collectTable',
      find: 'if (flush) yield* flushTlb(task, CPU); yield* spinUnlock',
      replace: 'yield* spinUnlock',
    },
  ],
};
