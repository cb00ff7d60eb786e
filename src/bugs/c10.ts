import type { Control } from './bug.ts';

export const c10: Control = {
  id: 'C10',
  title: 'clean pages are written to swap again',
  reference: 'a write too many, and no harm',
  scenario: 'device-write-vs-reclaim',
  edits: [
    {
      module: 'mm/swap/reclaim',
      find: 'if (isDirty(task, pfn) && !(yield* writeToSwap(task, pfn))) return false;',
      replace: 'if (!(yield* writeToSwap(task, pfn))) return false;',
    },
  ],
};
