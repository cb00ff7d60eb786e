import type { Bug } from './bug.ts';

export const r17: Bug = {
  id: 'R17',
  title: 'request-lost-on-retry: the word is overwritten before an internal restart',
  reference: 'mm/hmm, 2019 (swap entries; here: migration entries)',
  kind: 'ERR',
  threads: 2,
  preemptions: 1,
  oracles: ['I-OUT'],
  scenario: 'request-vs-migration',
  edits: [
    { module: 'hmm/cases', find: 'if (isMigration(pte)) {', replace: 'if (isMigration(pte)) { range.hmmPfns[at] = sticky;' },
  ],
};
