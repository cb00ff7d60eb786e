import type { Bug } from './bug.ts';

export const e22: Bug = {
  id: 'E22',
  title: 'the sequence turns even at every end, not at the last',
  reference: 'window E22',
  kind: 'SDM',
  threads: 3,
  preemptions: 1,
  oracles: ['I-STALE', 'I-SEQ', 'I-FREE', 'I-CB', 'I-CRASH', 'I-PAIR'],
  scenario: 'device-fault-vs-two-zaps',
  edits: [
    {
      module: 'notifier/sequence',
      find: 'const ends = active === 0 && isInvalidating(task, subs);',
      replace: 'const ends = isInvalidating(task, subs);',
    },
  ],
};
