import type { Bug } from './bug.ts';

export const f15: Bug = {
  id: 'F15',
  title: 'a migration fills a hole behind the OOM reaper',
  reference: 'window F15',
  kind: 'COR',
  threads: 1,
  preemptions: 0,
  oracles: ['I-QUIET'],
  scenario: 'hole-vs-oom',
  edits: [
    {
      module: 'migrate/insertPage',
      find: 'if ((now === 0 || zero) && !isUnstable(task, mm)) {',
      replace: 'if (now === 0 || zero) {',
    },
  ],
};
