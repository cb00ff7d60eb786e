import type { Bug } from './bug.ts';

export const r44: Bug = {
  id: 'R44',
  title: 'walker-knows-two-kinds: "not present" is taken for "migration"',
  reference: 'CVE-2026-93217 and its kin',
  kind: 'COR',
  threads: 1,
  preemptions: 0,
  oracles: ['I-ENTRY', 'I-MIG', 'I-PROG'],
  scenario: 'device-page-made-read-only',
  edits: [
    {
      module: 'mm/syscalls/mprotect',
      find: 'if (kind === LEAF_DEVICE_PRIVATE_WRITE) return mkLeaf(LEAF_DEVICE_PRIVATE_READ, ptePfn(pte));',
      replace: 'if (kind === LEAF_DEVICE_PRIVATE_WRITE) return mkLeaf(LEAF_MIGRATION_READ_EXCLUSIVE, ptePfn(pte));',
    },
  ],
};
