import type { Bug } from './bug.ts';

export const r09: Bug = {
  id: 'R09',
  title: 'release-vs-unregister: the notifier is unlinked before its release callback has run',
  reference: '3ad3d901bbcf, 2012, and d34883d4e35c, 2013',
  kind: 'SDM, UAF',
  threads: 2,
  preemptions: 1,
  oracles: ['I-FREE', 'I-UAF'],
  scenario: 'unregister-vs-exit',
  edits: [
    {
      module: 'notifier/classic',
      find: 'const index = yield* srcuReadLock(task); yield* callRelease(task, sub); yield* srcuReadUnlock(task, index); yield Point.mmuNotifierUnregister; yield* unlinkClassic(task, subs, sub);',
      replace: 'yield* unlinkClassic(task, subs, sub); yield Point.mmuNotifierUnregister; yield* callRelease(task, sub);',
    },
  ],
};
