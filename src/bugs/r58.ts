import type { Bug } from './bug.ts';

export const r58: Bug = {
  id: 'R58',
  title: 'drain-flag-lost: a request to drain faults is cleared by the worker that serves an older one',
  reference: 'commit 6946be2443cf (kfd), 2021',
  kind: 'LU',
  threads: 3,
  preemptions: 1,
  oracles: ['I-OUT', 'I-ISO', 'I-QUIET'],
  scenario: 'drain-vs-second-munmap',
  edits: [
    {
      module: 'drivers/kfd/retryFaults',
      find: 'if (cas(arena, mirror + DRAIN, requests, 0) === requests) return;',
      replace: 'store(arena, mirror + DRAIN, 0); return;',
      imports: { store: 'arena/access' },
    },
  ],
};
