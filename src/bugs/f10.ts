import type { Bug } from './bug.ts';

export const f10: Bug = {
  id: 'F10',
  title: 'a range fault reports the source of a migration that is under way',
  reference: 'window F10',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-PERM', 'I-FREE', 'I-DATA'],
  scenario: 'two-devices',
  edits: [
    {
      module: 'hmm/cases',
      find: 'if (isMigration(pte)) { walk.last = vpn; yield* migrationEntryWait(task, get(arena, mm + Mm.pgd), vpn); return -EBUSY; }',
      replace: 'if (isMigration(pte)) { range.hmmPfns[at] = sticky | ptePfn(pte) | HMM_PFN_VALID; return 0; }',
    },
  ],
};
