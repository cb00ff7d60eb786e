import type { Bug } from './bug.ts';

export const r72: Bug = {
  id: 'R72',
  title: 'walk-last: the place to restart from is not stored before -EBUSY',
  reference: 'hmm.rst, history',
  kind: 'LL, ERR',
  threads: 2,
  preemptions: 1,
  oracles: ['I-OUT', 'I-PROG'],
  scenario: 'report-only-vs-dontneed',
  edits: [
    {
      module: 'hmm/walk',
      find: 'walk.last = start; walk.end = end; walk.need = need;',
      replace: 'walk.end = end; walk.need = need;',
    },
    {
      module: 'hmm/rangeFault',
      find: 'for (let vpn = walk.last; vpn < walk.end; vpn++) {',
      replace: 'for (let vpn = walk.end - 1; vpn < walk.end; vpn++) {',
    },
  ],
};
