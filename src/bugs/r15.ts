import type { Bug } from './bug.ts';

export const r15: Bug = {
  id: 'R15',
  title: 'not-faulted: an entry that is not present is reported as "nothing here" although a fault was requested',
  reference: 'mm/hmm, 2019 (swap entries; here: migration entries)',
  kind: 'ERR',
  threads: 2,
  preemptions: 1,
  oracles: ['I-OUT', 'I-PROG'],
  scenario: 'request-vs-migration',
  edits: [
    {
      module: 'hmm/cases',
      find: 'const need = needFault(range, word, 0); if (need === 0) {',
      replace: 'const need = needFault(range, word, 0); if (need === 0 || isMigration(pte)) {',
    },
  ],
};
