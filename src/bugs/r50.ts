import type { Bug } from './bug.ts';

export const r50: Bug = {
  id: 'R50',
  title: 'shared-range-pointer: two submissions keep the description of their range in one place',
  reference: 'commit fec8fdb54e8f (amdgpu), 2022',
  kind: 'DF, LEAK',
  threads: 2,
  preemptions: 1,
  oracles: ['I-UAF', 'I-QUIET'],
  scenario: 'two-submissions',
  edits: [
    {
      module: 'scenarios/windows/driverObjects',
      find: 'const range = objectAlloc(arena); yield Point.driverSnapshot; objectUse(arena, range); yield Point.driverChecked; objectPut(arena, range);',
      replace:
        'store(arena, OBJECT, objectAlloc(arena)); yield Point.driverSnapshot; objectUse(arena, load(arena, OBJECT)); yield Point.driverChecked; objectPut(arena, load(arena, OBJECT));',
    },
  ],
};
