import type { Bug } from './bug.ts';

export const r54: Bug = {
  id: 'R54',
  title: 'zap-outside-lock: the callback drops the lock before it zaps',
  reference: 'commit 84211b1c0db6 (xe), 2025',
  kind: 'UAF',
  threads: 3,
  preemptions: 1,
  oracles: ['I-TLB', 'I-UAF', 'I-STALE', 'I-FREE', 'I-DATA', 'I-LOST'],
  scenario: 'device-tlb-vs-two-zaps',
  edits: [
    {
      module: 'drivers/dmirror/invalidate',
      find: 'yield* revoke(task, mirror, start, end); } yield* mutexUnlock(task, updateLock, LockClass.updateLock); return true;',
      replace:
        '} yield* mutexUnlock(task, updateLock, LockClass.updateLock); yield* revoke(task, mirror, range.start, range.end); return true;',
    },
  ],
};
