import type { Bug } from './bug.ts';

export const r47: Bug = {
  id: 'R47',
  title: 'lazy-invalidate: the callback only leaves a note; the mapping goes later',
  reference: 'commit 1c7edde1b572 (hfi1), 2023',
  kind: 'SDM',
  threads: 1,
  preemptions: 0,
  oracles: ['I-STALE'],
  scenario: 'device-maps-what-is-discarded',
  edits: [
    {
      module: 'drivers/dmirror/invalidate',
      find: 'yield* revoke(task, mirror, start, end); }',
      replace: '}',
    },
  ],
};
