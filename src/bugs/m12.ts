import type { Bug } from './bug.ts';

export const m12: Bug = {
  id: 'M12',
  title: 'a migration home that finds no memory is called an I/O error',
  reference: 'mutation testing of the model',
  kind: 'ERR',
  threads: 1,
  preemptions: 0,
  oracles: ['I-OUT'],
  scenario: 'return-without-memory',
  edits: [
    {
      module: 'drivers/dmirror/toSystem',
      find: 'return result === -ENOMEM ? VM_FAULT_OOM : 0;',
      replace: 'return result === -ENOMEM ? VM_FAULT_SIGBUS : 0;',
    },
  ],
};
