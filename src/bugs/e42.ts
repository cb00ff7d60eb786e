import type { Bug } from './bug.ts';

export const e42: Bug = {
  id: 'E42',
  title: 'the last user of an address space is dropped under the driver lock',
  reference: 'window E42',
  kind: 'DL',
  threads: 2,
  preemptions: 1,
  oracles: ['I-DEAD', 'I-LOCK'],
  scenario: 'device-fault-vs-exit',
  edits: [
    {
      module: 'drivers/dmirror/fault',
      find: 'yield* mmput(task, mm); return result;',
      replace:
        'yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock); yield* mmput(task, mm); yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock); return result;',
    },
  ],
};
