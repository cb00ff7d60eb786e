import type { Bug } from './bug.ts';

export const e23: Bug = {
  id: 'E23',
  title: 'the OOM reaper ends a bracket whose start was refused',
  reference: 'window E23',
  kind: 'COR',
  threads: 2,
  preemptions: 1,
  oracles: ['I-PAIR'],
  scenario: 'device-fault-vs-oom',
  edits: [
    {
      module: 'mm/syscalls/madvise',
      find: 'error = -EAGAIN; continue;',
      replace: 'error = -EAGAIN; yield* mmuNotifierInvalidateRangeEnd(task, range); continue;',
    },
  ],
};
