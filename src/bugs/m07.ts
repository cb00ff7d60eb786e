import type { Bug } from './bug.ts';

export const m07: Bug = {
  id: 'M07',
  title: 'mprotect flushes no TLB',
  reference: 'mutation testing of the model',
  kind: 'SEC',
  threads: 2,
  preemptions: 0,
  oracles: ['I-PERM'],
  scenario: 'cpu-store-vs-mprotect',
  edits: [
    {
      module: 'mm/syscalls/mprotect',
      find: 'if (flush) yield* flushTlb(task, CPU); yield* spinUnlock(task, ptl, LockClass.ptl); }',
      replace: 'yield* spinUnlock(task, ptl, LockClass.ptl); }',
    },
  ],
};
