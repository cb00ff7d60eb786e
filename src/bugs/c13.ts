import type { Control } from './bug.ts';

export const c13: Control = {
  id: 'C13',
  title: 'mprotect flushes the TLB once, behind the last table',
  reference: 'before it returns, which is what counts',
  scenario: 'cpu-store-vs-mprotect',
  edits: [
    {
      module: 'mm/syscalls/mprotect',
      find: 'if (flush) yield* flushTlb(task, CPU); yield* spinUnlock(task, ptl, LockClass.ptl); }',
      replace: 'yield* spinUnlock(task, ptl, LockClass.ptl); }',
    },
    {
      module: 'mm/syscalls/mprotect',
      find: 'yield* mmuNotifierInvalidateRangeEnd(task, range);',
      replace: 'yield* flushTlb(task, CPU); yield* mmuNotifierInvalidateRangeEnd(task, range);',
    },
  ],
};
