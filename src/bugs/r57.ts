import type { Bug } from './bug.ts';

export const r57: Bug = {
  id: 'R57',
  title: 'recursive-migrate-lock: a fault under the driver lock brings home a page of the driver itself',
  reference: 'commit a6283010e290 (kfd), 2021',
  kind: 'DL',
  threads: 1,
  preemptions: 0,
  oracles: ['I-DEAD', 'I-LOCK'],
  scenario: 'own-page-behind-a-hole',
  edits: [
    {
      module: 'drivers/dmirror/fault',
      find: 'result = yield* hmmRangeFault(task, range); yield* mmapReadUnlock(task, mm);',
      replace:
        'yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock); result = yield* hmmRangeFault(task, range); yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock); yield* mmapReadUnlock(task, mm);',
    },
  ],
};
