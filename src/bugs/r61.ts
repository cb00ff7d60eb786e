import type { Bug } from './bug.ts';

export const r61: Bug = {
  id: 'R61',
  title: 'evict-worker-mm: an eviction worker uses an address space it has no reference on',
  reference: 'amdkfd, 2022',
  kind: 'UAF',
  threads: 2,
  preemptions: 1,
  oracles: ['I-UAF'],
  scenario: 'eviction-worker-vs-exit',
  edits: [
    {
      module: 'drivers/kfd/evict',
      find: 'if (!mmgetNotZero(task.arena, mm)) return; yield* migrateAll(task, mirror, mm); yield* mmput(task, mm);',
      replace: 'yield* migrateAll(task, mirror, mm);',
    },
  ],
};
