import type { Bug } from './bug.ts';

export const r15b: Bug = {
  id: 'R15b',
  title: 'the same for migration entries: nobody waits for them',
  reference: 'mm/hmm, 2019',
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
