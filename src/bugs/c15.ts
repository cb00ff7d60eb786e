import type { Control } from './bug.ts';

export const c15: Control = {
  id: 'C15',
  title: 'an interval refuses, and the second passes of the others are made in the other order',
  reference: 'they do not know of each other',
  scenario: 'oom-vs-two-intervals',
  edits: [
    {
      module: 'notifier/invalidate',
      find: 'for (const { sub: started, finish } of unfinished)',
      replace: 'for (const { sub: started, finish } of unfinished.reverse())',
    },
  ],
};
