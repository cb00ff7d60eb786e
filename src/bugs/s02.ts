import type { Bug } from './bug.ts';

export const s02: Bug = {
  id: 'S02',
  title: 'fork copies a swap entry with its mark of being the only one',
  reference: 'copy_nonpresent_pte',
  kind: 'COR',
  threads: 1,
  preemptions: 0,
  oracles: ['I-ENTRY'],
  scenario: 'swapped-page-forked',
  edits: [
    {
      module: 'mm/syscalls/copyPageRange',
      find: 'const shared = mkSwap(swapSlot(entry), false);',
      replace: 'const shared = entry;',
    },
  ],
};
