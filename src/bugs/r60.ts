import type { Bug } from './bug.ts';

export const r60: Bug = {
  id: 'R60',
  title: 'worker-last-mmput: a worker drops the last user, and the exit cancels a worker that waits for it',
  reference: 'commit 6225bb3a88d2 (kfd), 2022',
  kind: 'DL',
  threads: 2,
  preemptions: 0,
  oracles: ['I-DEAD', 'I-LOCK'],
  scenario: 'restore-vs-exit',
  edits: [
    {
      module: 'drivers/kfd/index',
      find: 'if (range.event === MMU_NOTIFY_RELEASE) return true;',
      replace:
        'if (range.event === MMU_NOTIFY_RELEASE) { yield* cancelWorkSync(task, mirror + Mirror.work, restore); return true; }',
    },
  ],
};
