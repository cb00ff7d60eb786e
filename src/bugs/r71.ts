import type { Bug } from './bug.ts';

export const r71: Bug = {
  id: 'R71',
  title: 'gup-longterm-spin: a pin for ever tries again and again, because nothing could be moved',
  reference: 'commit 1aaf8c122918, 2025',
  kind: 'LL',
  threads: 1,
  preemptions: 0,
  oracles: ['I-PROG'],
  scenario: 'longterm-pin-of-a-busy-page',
  edits: [
    {
      module: 'migrate/longterm',
      find: 'if (!(yield* bringHome(task, pfn))) return -EBUSY;',
      replace: 'yield* bringHome(task, pfn);',
    },
  ],
};
