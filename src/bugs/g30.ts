import type { Bug } from './bug.ts';

export const g30: Bug = {
  id: 'G30',
  title: 'lock order: the fault takes a page lock under the driver lock, an eviction the driver lock under a page lock',
  reference: 'driver mistake',
  kind: 'DL',
  threads: 2,
  preemptions: 1,
  oracles: ['I-DEAD', 'I-LOCK'],
  scenario: 'evict-vs-device-fault',
  edits: [
    {
      module: 'drivers/dmirror/fault',
      find: 'yield Point.driverChecked; result = yield* program(task, mirror, range, write);',
      replace:
        'yield Point.driverChecked; yield* lockPage(task, range.hmmPfns[0] & 0xfffff); result = yield* program(task, mirror, range, write); yield* unlockPage(task, range.hmmPfns[0] & 0xfffff);',
      imports: { lockPage: 'mm/page/pageLock', unlockPage: 'mm/page/pageLock' },
    },
  ],
};
