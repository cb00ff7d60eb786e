import type { Bug } from './bug.ts';

export const f14: Bug = {
  id: 'F14',
  title: 'a migration inserts into a hole without looking again under the page-table lock',
  reference: 'windows E11 and F14',
  kind: 'LU',
  threads: 2,
  preemptions: 1,
  oracles: ['I-REF', 'I-MAP', 'I-DATA', 'I-QUIET'],
  scenario: 'hole-vs-cpu-fault',
  edits: [
    {
      module: 'migrate/insertPage',
      find: 'if ((now === 0 || zero) && !isUnstable(task, mm)) {',
      replace: 'if (!isUnstable(task, mm)) {',
    },
  ],
};
