import type { Bug } from './bug.ts';

export const r59: Bug = {
  id: 'R59',
  title: 'deferred-unlink-early: a range leaves the list before mmap_lock is held',
  reference: 'commit 367c9b0f1b87 (kfd), 2022',
  kind: 'UAF, COR',
  threads: 2,
  preemptions: 1,
  oracles: ['I-UAF'],
  scenario: 'worker-vs-second-munmap',
  edits: [
    {
      module: 'drivers/kfd/deferredList',
      find: 'yield* lockDrained(task, mirror, mm); yield* listDelete(task, mirror + LIST, sub);',
      replace: 'yield* listDelete(task, mirror + LIST, sub); yield* lockDrained(task, mirror, mm);',
    },
  ],
};
