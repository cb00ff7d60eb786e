import type { Bug } from './bug.ts';

export const f16: Bug = {
  id: 'F16',
  title: 'a migration fills a hole that a userfaultfd monitor wants to fill itself',
  reference: 'window F16',
  kind: 'COR',
  threads: 1,
  preemptions: 0,
  oracles: ['I-QUIET'],
  scenario: 'hole-in-userfaultfd',
  edits: [
    {
      module: 'migrate/insertPage',
      find: 'vmaIsAnonymous(arena, vma) && (vmaFlags(arena, vma) & VM_UFFD_MISSING) === 0;',
      replace: 'vmaIsAnonymous(arena, vma);',
    },
  ],
};
