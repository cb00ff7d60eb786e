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
      imports: { spinLock: 'sync/spinlock', spinUnlock: 'sync/spinlock', LockClass: 'sync/lockClass' },
    },
  ],
};
