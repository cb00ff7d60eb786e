import type { Bug } from './bug.ts';

export const r20: Bug = {
  id: 'R20',
  title: 'mmap-unlock-mismatch: the lock is dropped for some results and not for others',
  reference: 'commit de4ee728465f (nouveau), 2019',
  kind: 'DL',
  threads: 2,
  preemptions: 1,
  oracles: ['I-LOCK', 'I-DEAD'],
  scenario: 'device-fault-vs-dontneed',
  edits: [
    {
      module: 'drivers/dmirror/fault',
      find: 'result = yield* hmmRangeFault(task, range); yield* mmapReadUnlock(task, mm);',
      replace: 'result = yield* hmmRangeFault(task, range); if (result !== -EBUSY) yield* mmapReadUnlock(task, mm);',
    },
  ],
};
