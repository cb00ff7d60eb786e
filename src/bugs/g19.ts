import type { Bug } from './bug.ts';

export const g19: Bug = {
  id: 'G19',
  title: 'the destination of a hole is not cleared',
  reference: 'driver mistake (nouveau, after a failed copy)',
  kind: 'SEC',
  threads: 1,
  preemptions: 0,
  oracles: ['I-DATA', 'I-ISO'],
  scenario: 'hole-to-device',
  edits: [
    { module: 'drivers/dmirror/toDevice', find: 'if (from === 0) clearFrame(arena, pfn); else', replace: 'if (from !== 0)' },
  ],
};
