import type { Bug } from './bug.ts';

export const r06: Bug = {
  id: 'R06',
  title: 'null-on-unregister: the object is freed before its callbacks are stopped',
  reference: 'mm/hmm, 86a2d59841ab, 2018',
  kind: 'UAF',
  threads: 2,
  preemptions: 1,
  oracles: ['I-UAF', 'I-CB', 'I-CRASH'],
  scenario: 'remove-vs-bracket',
  edits: [
    {
      module: 'drivers/dmirror/index',
      find: 'yield* mmuIntervalNotifierRemove(task, sub); poolFree(arena, arena.pools.interval, sub);',
      replace:
        'poolFree(arena, arena.pools.interval, sub); yield Point.mmuNotifierUnregister; yield* mmuIntervalNotifierRemove(task, sub);',
    },
    {
      module: 'drivers/dmirror/index',
      find: `import { freeDevicePage } from '../devicePages.js';`,
      replace: `import { freeDevicePage } from '../devicePages.js'; import { Point } from '../../steps/points.js';`,
    },
  ],
};
