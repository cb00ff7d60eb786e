import type { Bug } from './bug.ts';

export const r10: Bug = {
  id: 'R10',
  title: 'nested-range-read-lock: a read lock is held from the start of a range to its end, and taken again by a nested one',
  reference: 'RDMA ODP, before f25a546e6529, 2019',
  kind: 'DL',
  threads: 2,
  preemptions: 1,
  oracles: ['I-DEAD', 'I-LOCK'],
  scenario: 'nested-ranges-vs-writer',
  edits: [
    {
      module: 'scenarios/windows/classic',
      find: 'yield Point.driverInvalidate; yield* upRead(task, SEMAPHORE, LockClass.umemRwsem); return 0; },',
      replace: 'return 0; }, *invalidateRangeEnd(task) { yield* upRead(task, SEMAPHORE, LockClass.umemRwsem); },',
    },
  ],
};
