import type { Bug } from './bug.ts';

export const s08b: Bug = {
  id: 'S08b',
  title: 'a discard does not count the swap entries that it clears',
  reference: 'zap_pte_range',
  kind: 'COR',
  threads: 1,
  preemptions: 0,
  oracles: ['I-REF'],
  scenario: 'swap-in-vs-dontneed',
  edits: [{ module: 'mm/syscalls/zap', find: 'addRssSwap(arena, mm, -entries);', replace: '' }],
};
