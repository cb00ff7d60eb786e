import type { Bug } from './bug.ts';

export const s05: Bug = {
  id: 'S05',
  title: 'a page from swap is mapped without a second look at the entry under the page-table lock',
  reference: 'do_swap_page',
  kind: 'COR',
  threads: 2,
  preemptions: 1,
  oracles: ['I-REF', 'I-MAP', 'I-DATA', 'I-ISO', 'I-ENTRY'],
  scenario: 'swap-in-vs-dontneed',
  edits: [
    {
      module: 'mm/fault/swapFault',
      find: 'if (pageSwap(arena, pfn) === slot + 1 && get(arena, fault.pte) === fault.orig)',
      replace: 'if (pageSwap(arena, pfn) === slot + 1)',
    },
  ],
};
