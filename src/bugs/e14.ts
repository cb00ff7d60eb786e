import type { Bug } from './bug.ts';

export const e14: Bug = {
  id: 'E14',
  title: 'the reference on a device page is taken after the page-table lock was dropped',
  reference: 'window E14',
  kind: 'UAF',
  threads: 2,
  preemptions: 1,
  oracles: ['I-REF', 'I-FREE', 'I-UAF', 'I-LOCK'],
  scenario: 'device-page-vs-dontneed',
  edits: [
    {
      module: 'mm/fault/softleaf',
      find: 'yield* getPage(task, pfn); yield* spinUnlock(task, ptl, LockClass.ptl);',
      replace: 'yield* spinUnlock(task, ptl, LockClass.ptl); yield* getPage(task, pfn);',
    },
  ],
};
