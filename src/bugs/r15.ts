import type { Bug } from './bug.ts';

export const r15: Bug = {
  id: 'R15',
  title: 'swap-not-faulted: an entry that is not present is reported as "nothing here" although a fault was requested',
  reference: 'mm/hmm, 2019',
  kind: 'ERR',
  threads: 1,
  preemptions: 0,
  oracles: ['I-OUT', 'I-PROG'],
  scenario: 'request-of-a-swapped-page',
  edits: [
    {
      module: 'hmm/cases',
      find: 'const need = needFault(range, word, 0); if (need === 0) {',
      replace: 'const need = needFault(range, word, 0); if (need === 0 || isSwap(pte)) {',
    },
  ],
};
