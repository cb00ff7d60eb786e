import type { Bug } from './bug.ts';

export const r02: Bug = {
  id: 'R02',
  title: 'range-end-unpaired: after a start that failed, the notifiers whose start succeeded hear no end',
  reference: 'commit c2655835fd8c, 2021',
  kind: 'LL',
  threads: 2,
  preemptions: 1,
  oracles: ['I-PAIR', 'I-PROG'],
  scenario: 'oom-vs-two-notifiers',
  edits: [{ module: 'notifier/invalidate', find: 'if (error !== 0) yield* classicEnds(task, subs, range);', replace: '' }],
};
