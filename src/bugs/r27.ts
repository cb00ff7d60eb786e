import type { Bug } from './bug.ts';

export const r27: Bug = {
  id: 'R27',
  title: 'flush-after-ptl: the TLB is flushed after the page-table lock was dropped',
  reference: 'commit 60bae7370896, 2022',
  kind: 'SDM, LU',
  threads: 3,
  preemptions: 1,
  oracles: ['I-TLB', 'I-LOST', 'I-DATA', 'I-FREE'],
  scenario: 'stale-tlb-vs-discard',
  edits: [
    {
      module: 'migrate/collectTable',
      find: 'if (exclusive) { if (ptePresent(pte)) yield* flushTlb(task, CPU);',
      replace: 'if (exclusive) {',
    },
    {
      module: 'migrate/collectTable',
      find: 'if (flush) yield* flushTlb(task, CPU); yield* spinUnlock(task, ptl, LockClass.ptl);',
      replace: 'yield* spinUnlock(task, ptl, LockClass.ptl); yield Point.flushTlb; if (flush) yield* flushTlb(task, CPU);',
    },
  ],
};
