import type { Bug } from './bug.ts';

export const g32: Bug = {
  id: 'G32',
  title: 'the callback returns before the TLB of the device is flushed',
  reference: 'driver mistake',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-TLB', 'I-FREE', 'I-DATA', 'I-LOST'],
  scenario: 'device-tlb-vs-dontneed',
  edits: [
    {
      module: 'drivers/dmirror/invalidate',
      find: 'if (erased > 0 && optionIs(task.arena, mirror, Is.engineTlb)) yield* flushTlb(task, DEVICE); }',
      replace: '}',
    },
  ],
};
