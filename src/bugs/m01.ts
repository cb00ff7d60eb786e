import type { Bug } from './bug.ts';

export const m01: Bug = {
  id: 'M01',
  title: 'two intervals: when one refuses, the second passes of the others are made twice',
  reference: 'mutation testing of the model',
  kind: 'COR',
  threads: 2,
  preemptions: 1,
  oracles: ['I-PAIR', 'I-CB'],
  scenario: 'oom-vs-two-intervals',
  edits: [
    {
      module: 'notifier/invalidate',
      find: 'if (!ok) yield* invEnd(task, subs); return ok;',
      replace:
        'if (!ok) { for (const { sub: started, finish } of unfinished) { yield* intervalOps(get(arena, started + IntervalSub.ops)).invalidateFinish(task, finish); endCall(task, started); } yield* invEnd(task, subs); } return ok;',
    },
  ],
};
