import type { Bug } from './bug.ts';

export const r07: Bug = {
  id: 'R07',
  title: 'struct-uaf: the notifier is freed without waiting for callbacks that run',
  reference: 'commit 6d7c3cde93c1, 2019',
  kind: 'UAF',
  threads: 2,
  preemptions: 1,
  oracles: ['I-UAF', 'I-CB'],
  scenario: 'put-vs-bracket',
  edits: [
    {
      module: 'notifier/classic',
      find: 'if (left > 0) return; yield* synchronizeSrcu(task); checkQuiet(arena, sub);',
      replace: 'if (left > 0) return;',
    },
  ],
};
