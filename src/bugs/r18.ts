import type { Bug } from './bug.ts';

export const r18: Bug = {
  id: 'R18',
  title: 'sleep-under-ptl: a page fault is taken while a page-table spin lock is held',
  reference: 'mm/hmm, 2020',
  kind: 'DL',
  threads: 1,
  preemptions: 0,
  oracles: ['I-LOCK', 'I-DEAD'],
  scenario: 'fault-of-four-pages',
  edits: [
    {
      module: 'hmm/rangeFault',
      find: 'const result = yield* handleMmFault(task, mm, vma, vpn, flags);',
      replace:
        'yield* spinLock(task, mm + Mm.pageTableLock, LockClass.pageTableLock); const result = yield* handleMmFault(task, mm, vma, vpn, flags); yield* spinUnlock(task, mm + Mm.pageTableLock, LockClass.pageTableLock);',
    },
    {
      module: 'hmm/rangeFault',
      find: `import { Point } from '../steps/points.js';`,
      replace: `import { Point } from '../steps/points.js'; import { spinLock, spinUnlock } from '../sync/spinlock.js'; import { LockClass } from '../sync/lockClass.js';`,
    },
  ],
};
