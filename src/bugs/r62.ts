import type { Bug } from './bug.ts';

export const r62: Bug = {
  id: 'R62',
  title: 'stale-fault-after-unmap: a fault that was queued before munmap is served after it',
  reference: 'commits 0cc53cb45066, cda0817b41bd (kfd), 2021',
  kind: 'ERR, UAF',
  threads: 2,
  preemptions: 1,
  oracles: ['I-OUT', 'I-UAF'],
  scenario: 'repeated-fault-vs-munmap',
  edits: [
    {
      module: 'drivers/kfd/fault',
      find: 'result = sub !== 0 && (yield* isStale(task, mirror, sub, start)) ? -EBUSY : -EFAULT;',
      replace: 'result = -EFAULT;',
    },
  ],
};
