import type { Bug } from './bug.ts';

export const e15: Bug = {
  id: 'E15',
  title: 'the entry of a device page is not compared again under the page-table lock',
  reference: 'windows E15 and F19',
  kind: 'UAF',
  threads: 2,
  preemptions: 1,
  oracles: ['I-REF', 'I-FREE', 'I-UAF', 'I-LOCK', 'I-CRASH'],
  scenario: 'device-page-vs-dontneed',
  edits: [
    {
      module: 'mm/fault/softleaf',
      find: 'if (get(arena, pte) !== orig) { yield* spinUnlock(task, ptl, LockClass.ptl); return 0; }',
      replace: '',
    },
  ],
};
