import type { Bug } from './bug.ts';

export const r39: Bug = {
  id: 'R39',
  title: 'copy-error-exposes-page: the copy home fails, and the page is given away with what its last owner left in it',
  reference: 'CVE-2024-50096 (nouveau)',
  kind: 'SEC',
  threads: 1,
  preemptions: 0,
  oracles: ['I-ISO'],
  scenario: 'failed-copy-home',
  edits: [
    {
      module: 'drivers/dmirror/toSystem',
      find: 'if (copyFailsOnce(task, mirror)) clearFrame(task.arena, pfn);',
      replace: 'if (copyFailsOnce(task, mirror)) ;',
    },
  ],
};
