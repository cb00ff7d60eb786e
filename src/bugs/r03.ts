import type { Bug } from './bug.ts';

export const r03: Bug = {
  id: 'R03',
  title: 'start-error-count-leak: the count of open invalidations stays raised when a callback refuses',
  reference: 'mm/hmm, 2019',
  kind: 'DL',
  threads: 2,
  preemptions: 1,
  oracles: ['I-PAIR', 'I-DEAD', 'I-SEQ'],
  scenario: 'device-fault-vs-oom',
  edits: [{ module: 'notifier/invalidate', find: 'if (!ok) yield* invEnd(task, subs); return ok;', replace: 'return ok;' }],
};
