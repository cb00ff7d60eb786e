import type { Bug } from './bug.ts';

export const e34: Bug = {
  id: 'E34',
  title: 'fork waits for the page lock of an exclusive entry under the page-table locks',
  reference: 'window E34',
  kind: 'DL',
  threads: 1,
  preemptions: 0,
  oracles: ['I-LOCK', 'I-DEAD'],
  scenario: 'exclusive-then-fork',
  edits: [
    {
      module: 'mm/syscalls/copyPageRange',
      find: 'if (!(yield* trylockPage(task, pfn))) return -EBUSY;',
      replace: 'yield* lockPage(task, pfn);',
      imports: { lockPage: 'mm/page/pageLock' },
    },
  ],
};
