import type { Bug } from './bug.ts';

export const r51: Bug = {
  id: 'R51',
  title: 'unregister-unregistered: the insertion failed, and the interval is removed anyway',
  reference: 'CVE-2024-26656 (amdgpu)',
  kind: 'UAF',
  threads: 1,
  preemptions: 0,
  oracles: ['I-UAF', 'I-CB', 'I-CRASH'],
  scenario: 'open-after-exit',
  edits: [
    {
      module: 'drivers/dmirror/interval',
      find: 'if (error !== 0) poolFree(arena, arena.pools.interval, sub);',
      replace: 'if (error !== 0) { yield* mmuIntervalNotifierRemove(task, sub); poolFree(arena, arena.pools.interval, sub); }',
    },
  ],
};
