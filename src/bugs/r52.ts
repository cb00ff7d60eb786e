import type { Bug } from './bug.ts';

export const r52: Bug = {
  id: 'R52',
  title: 'page-touch-without-lock: pages of a range fault are marked before the sequence is checked',
  reference: 'commit ea3e66d280ce (xe), 2025',
  kind: 'UAF, COR',
  threads: 2,
  preemptions: 1,
  oracles: ['I-FREE', 'I-ISO'],
  scenario: 'device-fault-vs-dontneed',
  edits: [
    {
      module: 'drivers/dmirror/fault',
      find: 'yield Point.driverSnapshot;',
      replace:
        'yield Point.driverSnapshot; for (let i = 0; i < range.end - range.start; i++) setPageFlags(arena, range.hmmPfns[i] & 0xfffff, PG_DIRTY);',
      imports: { PG_DIRTY: 'mm/page/page', setPageFlags: 'mm/page/page' },
    },
  ],
};
