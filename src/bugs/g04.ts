import type { Bug } from './bug.ts';

export const g04: Bug = {
  id: 'G04',
  title: 'the sequence is set after the zap and outside the lock',
  reference: 'driver mistake',
  kind: 'SDM',
  threads: 2,
  preemptions: 1,
  oracles: ['I-STALE', 'I-PERM'],
  scenario: 'device-fault-vs-dontneed',
  edits: [
    {
      module: 'drivers/dmirror/invalidate',
      find: 'if (optionIs(arena, mirror, Is.setSeqOn)) mmuIntervalSetSeq(task, sub, curSeq);',
      replace: '',
    },
    {
      module: 'drivers/dmirror/invalidate',
      find: 'yield* mutexUnlock(task, updateLock, LockClass.updateLock); return true;',
      replace: `yield* mutexUnlock(task, updateLock, LockClass.updateLock);
      yield Point.driverSeqSet;
      mmuIntervalSetSeq(task, sub, curSeq);
      return true;`,
    },
  ],
};
