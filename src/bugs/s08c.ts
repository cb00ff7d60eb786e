import type { Bug } from './bug.ts';

export const s08c: Bug = {
  id: 'S08c',
  title: 'a slot that becomes free is not counted as such',
  reference: 'swap_range_free',
  kind: 'LEAK',
  threads: 1,
  preemptions: 0,
  oracles: ['I-QUIET'],
  scenario: 'swap-in-vs-dontneed',
  edits: [{ module: 'mm/swap/swap', find: 'set(arena, Header.swapFree, get(arena, Header.swapFree) + 1);', replace: '' }],
};
