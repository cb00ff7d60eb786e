import type { Bug } from './bug.ts';

export const e18: Bug = {
  id: 'E18',
  title: 'an interval inserted during an invalidation counts as not invalidated',
  reference: 'window E18',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-FREE', 'I-PERM'],
  scenario: 'insert-vs-bracket',
  edits: [
    {
      module: 'notifier/interval',
      find: 'store(arena, sub + IntervalSub.invalidateSeq, get(arena, seqWord)); }',
      replace: 'store(arena, sub + IntervalSub.invalidateSeq, (get(arena, seqWord) - 2) | 1); }',
    },
  ],
};
