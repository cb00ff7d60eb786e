import type { Bug } from './bug.ts';

export const x19: Bug = {
  id: 'X19',
  title:
    'home-noted-too-early: a granule counts as home when a migration is over, and a page that another fault had locked has stayed',
  reference: 'amdkfd, 740a451b0797',
  kind: 'LL',
  threads: 2,
  preemptions: 1,
  oracles: ['I-PROG'],
  scenario: 'granule-comes-home-to-two-faults',
  edits: [],
  settings: { homeNote: 'pass' },
};
