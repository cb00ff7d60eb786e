import type { Bug } from './bug.ts';

export const m02: Bug = {
  id: 'M02',
  title: 'a page that another device has to itself is an error for a range fault, and not a page to fault in',
  reference: 'mutation testing of the model',
  kind: 'ERR',
  threads: 1,
  preemptions: 0,
  oracles: ['I-OUT'],
  scenario: 'foreign-exclusive-page',
  edits: [
    {
      module: 'hmm/cases',
      find: 'if (pte === 0 || isDevicePrivate(pte) || isDeviceExclusive(pte) || isSwap(pte))',
      replace: 'if (pte === 0 || isDevicePrivate(pte) || isSwap(pte))',
    },
  ],
};
