import type { Bug } from './bug.ts';

export const r37: Bug = {
  id: 'R37',
  title: 'close-stale-owner-data: the file is closed, and pages on the device still name what it was',
  reference: 'test_hmm, fixes b2ef9f5a5cb3, 2026',
  kind: 'UAF',
  threads: 1,
  preemptions: 0,
  oracles: ['I-UAF'],
  scenario: 'close-then-touch',
  edits: [
    {
      module: 'drivers/dmirror/index',
      find: 'if (get(task.arena, mirror + Mirror.pgmap) !== 0) yield* evict(task, mirror);',
      replace: '',
    },
    {
      module: 'drivers/dmirror/toSystem',
      find: 'liveAddress(arena, arena.pools.mirror, get(arena, arena.page.deviceData + page))',
      replace: 'deref(arena, arena.pools.mirror, get(arena, arena.page.deviceData + page))',
      imports: { deref: 'arena/pool' },
    },
  ],
};
