import type { Bug } from './bug.ts';

export const g14: Bug = {
  id: 'G14',
  title: 'only part of the range is invalidated: the last page is left out',
  reference: 'driver mistake',
  kind: 'SDM',
  threads: 1,
  preemptions: 0,
  oracles: ['I-STALE'],
  scenario: 'device-maps-what-is-discarded',
  edits: [
    {
      module: 'drivers/dmirror/invalidate',
      find: 'yield* revoke(task, mirror, start, end); } yield* mutexUnlock',
      replace: 'yield* revoke(task, mirror, start, end - 1); } yield* mutexUnlock',
    },
  ],
};
