import type { Bug } from './bug.ts';

export const e34b: Bug = {
  id: 'E34b',
  title: 'fork copies an exclusive entry as it is',
  reference: 'window E34',
  kind: 'COR',
  threads: 1,
  preemptions: 0,
  oracles: ['I-ENTRY', 'I-MAP', 'I-REF', 'I-EXCL'],
  scenario: 'exclusive-then-fork',
  edits: [
    {
      module: 'mm/syscalls/copyPageRange',
      find: 'if (!(yield* trylockPage(task, pfn))) return -EBUSY; yield* restorePte(task, pte, vma); yield* unlockPage(task, pfn); return yield* copyPresent(task, pte, childPte, 0);',
      replace: 'yield* getPage(task, pfn); addAnonRmap(arena, pfn, false); store(arena, childPte, entry); return 0;',
    },
  ],
};
