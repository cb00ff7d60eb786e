import type { Bug } from './bug.ts';

export const e20: Bug = {
  id: 'E20',
  title: 'an interval that is removed while it waits to be inserted stays on the deferred list',
  reference: 'window E20',
  kind: 'UAF',
  threads: 2,
  preemptions: 1,
  oracles: ['I-UAF', 'I-CB', 'I-CRASH'],
  scenario: 'insert-remove-vs-bracket',
  edits: [
    {
      module: 'notifier/interval',
      find: 'undefer(task, subs, sub); }',
      replace: 'set(arena, sub + IntervalSub.onDeferred, 0); }',
    },
  ],
};
