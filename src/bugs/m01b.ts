import type { Bug } from './bug.ts';

export const m01b: Bug = {
  id: 'M01b',
  title: 'an interval refuses, and classic notifiers hear of an end whose start they never heard of',
  reference: 'mutation testing of the model',
  kind: 'COR',
  threads: 2,
  preemptions: 1,
  oracles: ['I-PAIR'],
  scenario: 'oom-vs-two-intervals-turned',
  edits: [
    {
      module: 'notifier/invalidate',
      find: 'if (get(arena, subs + Subscriptions.hasItree) !== 0 && !(yield* intervalPass(task, subs, range))) return -EAGAIN;',
      replace:
        'if (get(arena, subs + Subscriptions.hasItree) !== 0 && !(yield* intervalPass(task, subs, range))) { yield* classicEnds(task, subs, range); return -EAGAIN; }',
    },
  ],
};
