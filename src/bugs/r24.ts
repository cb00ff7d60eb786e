import type { Bug } from './bug.ts';

export const r24: Bug = {
  id: 'R24',
  title: 'fault-herd-refcount: faulters take a reference before the page lock, and so defeat each other',
  reference: 'commit 1afaeb8293c9, 2025',
  kind: 'LL',
  threads: 2,
  preemptions: 2,
  oracles: ['I-PROG'],
  scenario: 'two-faults-on-a-device-page',
  edits: [
    {
      module: 'mm/fault/softleaf',
      find: 'if (!(yield* trylockPage(task, pfn))) { yield* waitOnLockedDropPtl(task, pfn, ptl); return 0; } yield* getPage(task, pfn); yield* spinUnlock(task, ptl, LockClass.ptl);',
      replace: 'yield* getPage(task, pfn); yield* spinUnlock(task, ptl, LockClass.ptl); yield* lockPage(task, pfn);',
      imports: { lockPage: 'mm/page/pageLock' },
    },
  ],
};
