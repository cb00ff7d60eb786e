import type { Bug } from './bug.ts';

export const m08: Bug = {
  id: 'M08',
  title: 'no TLB flush of the device when a migrated page takes the place of its entry',
  reference: 'mutation testing of the model',
  kind: 'SDM',
  threads: 2,
  preemptions: 2,
  oracles: ['I-DATA', 'I-TLB'],
  scenario: 'zero-page-in-a-device-tlb-vs-migration',
  edits: [
    {
      module: 'drivers/dmirror/toDevice',
      find: 'if (flush && optionIs(arena, mirror, Is.engineTlb)) yield* flushTlb(task, DEVICE);',
      replace: '',
    },
  ],
};
