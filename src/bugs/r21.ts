import type { Bug } from './bug.ts';

export const r21: Bug = {
  id: 'R21',
  title: 'write-fault-spin: a write request on a read-only mapping loops for ever',
  reference: 'mm/hmm, 2019',
  kind: 'LL',
  threads: 1,
  preemptions: 0,
  oracles: ['I-PROG'],
  scenario: 'device-write-to-read-only',
  edits: [
    { module: 'hmm/rangeFault', find: 'if ((vmaFlags(arena, vma) & VM_WRITE) === 0) return -EPERM;', replace: '' },
    {
      module: 'mm/fault/fault',
      find: 'if (write && (vmaFlags(arena, vma) & VM_WRITE) === 0) return VM_FAULT_SIGSEGV;',
      replace: '',
    },
    { module: 'mm/fault/fault', find: 'if (write && !pteWrite(orig)) return yield* doWpPage(task, fault);', replace: '' },
  ],
};
