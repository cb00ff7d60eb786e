import type { Bug } from './bug.ts';

export const r30: Bug = {
  id: 'R30',
  title: 'swapcache-mapping-stale: the place in the swap cache is used after the page has left it',
  reference: 'CVE-2026-89755',
  kind: 'COR',
  threads: 1,
  preemptions: 0,
  oracles: ['I-REF', 'I-ENTRY', 'I-FREE'],
  scenario: 'swap-cache-page-migrates',
  edits: [
    {
      module: 'migrate/commit',
      find: 'if (!(yield* freeSwap(task, from))) return false; slot = NO_SLOT;',
      replace: 'if (!(yield* freeSwap(task, from))) return false;',
    },
  ],
};
