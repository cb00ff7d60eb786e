import type { Bug } from './bug.ts';

export const f04: Bug = {
  id: 'F04',
  title: 'a fault fills an entry without a second look under the page-table lock',
  reference: 'windows E9 and F4',
  kind: 'LU',
  threads: 2,
  preemptions: 1,
  oracles: ['I-REF', 'I-MAP', 'I-QUIET', 'I-DATA'],
  scenario: 'two-cpu-faults',
  edits: [
    {
      module: 'mm/fault/anonymous',
      find: 'yield* spinLock(task, ptl, LockClass.ptl); if (isStillNone(task, fault)) { if (isUnstable(task, mm)) {',
      replace: 'yield* spinLock(task, ptl, LockClass.ptl); if (true) { if (isUnstable(task, mm)) {',
    },
  ],
};
