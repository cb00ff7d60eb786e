import type { Bug } from './bug.ts';

export const s08: Bug = {
  id: 'S08',
  title: 'a discard clears swap entries and leaves their slots in use',
  reference: 'zap_pte_range',
  kind: 'LEAK',
  threads: 1,
  preemptions: 0,
  oracles: ['I-REF'],
  scenario: 'swap-in-vs-dontneed',
  edits: [{ module: 'mm/syscalls/zap', find: 'yield* freeSwapEntry(task, swapSlot(pte));', replace: '' }],
};
