import type { Bug } from './bug.ts';

export const r06: Bug = {
  id: 'R06',
  title: 'null-on-unregister: the pointer to the object is gone before its callbacks are stopped',
  reference: 'mm/hmm, 86a2d59841ab, 2018',
  kind: 'UAF',
  threads: 2,
  preemptions: 1,
  oracles: ['I-UAF', 'I-CB', 'I-CRASH'],
  scenario: 'remove-vs-bracket',
  edits: [
    {
      module: 'drivers/dmirror/interval',
      find: 'yield* mmuIntervalNotifierRemove(task, sub); poolFree',
      replace:
        'set(arena, sub + IntervalSub.owner, arena.words.length); yield Point.mmuNotifierUnregister; yield* mmuIntervalNotifierRemove(task, sub); poolFree',
      imports: { Point: 'steps/points', set: 'arena/access', IntervalSub: 'arena/structures' },
    },
  ],
};
