import type { Bug } from './bug.ts';

export const s04: Bug = {
  id: 'S04',
  title: 'a page leaves the swap cache before it was written, although other entries name its slot',
  reference: 'folio_free_swap',
  kind: 'LU',
  threads: 2,
  preemptions: 0,
  oracles: ['I-REF', 'I-DATA'],
  scenario: 'unwritten-page-of-two-processes',
  edits: [{ module: 'mm/swap/swap', find: 'const sole = countOf(arena, slot) === 0;', replace: 'const sole = true;' }],
};
