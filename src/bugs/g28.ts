import type { Bug } from './bug.ts';

export const g28: Bug = {
  id: 'G28',
  title: 'no reference on the address space across the fault',
  reference: 'driver mistake',
  kind: 'UAF',
  threads: 2,
  preemptions: 1,
  oracles: ['I-UAF', 'I-CRASH', 'I-STALE', 'I-FREE', 'I-REF', 'I-QUIET'],
  scenario: 'device-fault-vs-exit',
  edits: [
    { module: 'drivers/dmirror/fault', find: 'if (!mmgetNotZero(arena, mm)) return -EFAULT;', replace: '' },
    { module: 'drivers/dmirror/fault', find: 'yield* mmput(task, mm); return result;', replace: 'return result;' },
  ],
};
