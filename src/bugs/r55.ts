import type { Bug } from './bug.ts';

export const r55: Bug = {
  id: 'R55',
  title: 'unbalanced-unlock: an error exit unlocks what was not locked yet',
  reference: 'commit d287dee565c3 (gpusvm)',
  kind: 'COR',
  threads: 1,
  preemptions: 0,
  oracles: ['I-LOCK'],
  scenario: 'device-write-to-read-only',
  edits: [
    {
      module: 'drivers/dmirror/fault',
      find: 'if (result === -EBUSY) count(task, Counter.rangeBusy); return result;',
      replace: 'yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock); return result;',
    },
  ],
};
