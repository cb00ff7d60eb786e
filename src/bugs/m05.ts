import type { Bug } from './bug.ts';

export const m05: Bug = {
  id: 'M05',
  title: 'no TLB flush when a page takes the place of the zero page',
  reference: 'mutation testing of the model',
  kind: 'LU',
  threads: 2,
  preemptions: 0,
  oracles: ['I-DATA', 'I-TLB'],
  scenario: 'zero-page-in-a-tlb-vs-migration',
  edits: [
    {
      module: 'migrate/insertPage',
      find: 'xchg(arena, word, 0); yield* flushTlb(task, CPU);',
      replace: 'xchg(arena, word, 0);',
    },
  ],
};
