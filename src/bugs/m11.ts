import type { Bug } from './bug.ts';

export const m11: Bug = {
  id: 'M11',
  title: 'a range fault does not ask whether a mapping may be read',
  reference: 'mutation testing of the model',
  kind: 'SEC',
  threads: 1,
  preemptions: 0,
  oracles: ['I-PERM'],
  scenario: 'device-read-of-unreadable',
  edits: [
    {
      module: 'hmm/walk',
      find: 'const readable = (flags & VM_READ) !== 0 && (flags & (VM_IO | VM_PFNMAP)) === 0;',
      replace: 'const readable = (flags & (VM_IO | VM_PFNMAP)) === 0;',
    },
  ],
};
