import type { Bug } from './bug.ts';

export const r23: Bug = {
  id: 'R23',
  title: 'foreign-private-efault: the page of another device is an error instead of being brought home',
  reference: 'commit 8a295dbbaf72, 2022',
  kind: 'ERR',
  threads: 1,
  preemptions: 0,
  oracles: ['I-OUT'],
  scenario: 'foreign-device-page',
  edits: [
    {
      module: 'hmm/cases',
      find: 'if (pte === 0 || isDevicePrivate(pte) || isDeviceExclusive(pte)',
      replace: 'if (pte === 0 || isDeviceExclusive(pte)',
    },
  ],
};
