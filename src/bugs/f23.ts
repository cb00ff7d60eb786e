import type { Bug } from './bug.ts';

export const f23: Bug = {
  id: 'F23',
  title: 'mprotect leaves migration entries writable',
  reference: 'window F23',
  kind: 'SEC',
  threads: 2,
  preemptions: 1,
  oracles: ['I-PERM'],
  scenario: 'evict-vs-mprotect',
  edits: [{ module: 'mm/syscalls/mprotect', find: 'if (kind === LEAF_MIGRATION_WRITE)', replace: 'if (false)' }],
};
