import type { Bug } from './bug.ts';

export const r31: Bug = {
  id: 'R31',
  title: 'split-count-stale: after a split the loop still steps by the size of the huge page',
  reference: 'CVE-2026-89755',
  kind: 'COR',
  threads: 1,
  preemptions: 0,
  oracles: ['I-MIG', 'I-REF', 'I-MAP', 'I-QUIET'],
  scenario: 'huge-page-in-pieces',
  edits: [
    {
      module: 'migrate/commit',
      find: 'if (!(yield* commitPage(task, from, to, faultPage))) src[i] = slot & ~MIGRATE_PFN_MIGRATE;',
      replace:
        'if (!(yield* commitPage(task, from, to, faultPage))) src[i] = slot & ~MIGRATE_PFN_MIGRATE; if ((slot & MIGRATE_PFN_COMPOUND) !== 0) i += PTRS_PER_TABLE - 1;',
    },
  ],
};
