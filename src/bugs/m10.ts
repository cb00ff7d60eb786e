import type { Bug } from './bug.ts';

export const m10: Bug = {
  id: 'M10',
  title: 'the device is never allowed to write, whatever was asked for',
  reference: 'mutation testing of the model',
  kind: 'ERR',
  threads: 1,
  preemptions: 0,
  oracles: ['I-OUT', 'I-PROG'],
  scenario: 'fault-of-four-pages',
  edits: [
    {
      module: 'drivers/base/deviceTable',
      find: '((word & PFN_MASK) << 12) | DEV_VALID | ((word >>> 29) & DEV_WRITE)',
      replace: '((word & PFN_MASK) << 12) | DEV_VALID',
    },
  ],
};
