import type { Bug } from './bug.ts';

export const r48: Bug = {
  id: 'R48',
  title: 'no-in-progress-state: nothing remembers that an invalidation is running',
  reference: 'radeon, 2019',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-FREE', 'I-PERM'],
  scenario: 'device-fault-vs-dontneed',
  edits: [{ module: 'notifier/sequence', find: 'if (colliding) yield* waitForExclusion(task, subs, seq);', replace: '' }],
};
