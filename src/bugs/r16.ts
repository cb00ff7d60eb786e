import type { Bug } from './bug.ts';

export const r16: Bug = {
  id: 'R16',
  title: 'pfns-not-set-on-success: a page that is on its way is passed over, and its word keeps what an earlier attempt found',
  reference: 'mm/hmm, fixes d08faca018c4, 2020',
  kind: 'SDM',
  threads: 2,
  preemptions: 2,
  oracles: ['I-OUT', 'I-STALE', 'I-ISO'],
  scenario: 'prefetch-vs-migration',
  edits: [
    {
      module: 'hmm/walk',
      find: 'if (need === 0) { range.hmmPfns[at] = sticky; return 0; }',
      replace: 'if (need === 0) return 0;',
    },
  ],
};
