import type { Bug } from './bug.ts';

export const r04: Bug = {
  id: 'R04',
  title: 'eagain-swallowed: the driver cannot invalidate now, and the core reports success',
  reference: 'mm/hmm, 2019',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-FREE', 'I-PERM'],
  scenario: 'device-fault-vs-oom',
  edits: [
    {
      module: 'notifier/invalidate',
      find: 'if (ops.invalidate !== undefined) ok = yield* ops.invalidate(task, sub, range, seq);',
      replace: 'if (ops.invalidate !== undefined) yield* ops.invalidate(task, sub, range, seq);',
    },
  ],
};
