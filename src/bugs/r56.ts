import type { Bug } from './bug.ts';

export const r56: Bug = {
  id: 'R56',
  title: 'svmbo-double-unref: two threads see the buffer of a range, and both drop it',
  reference: 'CVE-2023-52825 (kfd)',
  kind: 'DF',
  threads: 2,
  preemptions: 1,
  oracles: ['I-REF', 'I-UAF'],
  scenario: 'buffer-dropped-by-two',
  edits: [
    {
      module: 'scenarios/windows/driverObjects',
      find: 'const buffer = xchg(arena, OBJECT, 0); yield Point.driverCommitted; if (buffer !== 0) objectPut(arena, buffer);',
      replace:
        'const buffer = load(arena, OBJECT); yield Point.driverCommitted; if (buffer !== 0) { objectPut(arena, buffer); store(arena, OBJECT, 0); }',
    },
  ],
};
