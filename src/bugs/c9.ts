import type { Control } from './bug.ts';

export const c9: Control = {
  id: 'C9',
  title: 'swap entries forget that their page was exclusive',
  reference: 'a fault or a copy more, and no harm',
  scenario: 'cpu-store-vs-reclaim',
  edits: [
    {
      module: 'mm/swap/reclaim',
      find: 'store(arena, word, mkSwap(slot, exclusive));',
      replace: 'store(arena, word, mkSwap(slot, false));',
    },
  ],
};
