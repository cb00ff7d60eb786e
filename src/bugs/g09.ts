import type { Bug } from './bug.ts';

export const g09: Bug = {
  id: 'G09',
  title: 'the WRITE bit of the result is ignored: everything is mapped writable',
  reference: 'driver mistake',
  kind: 'SEC',
  threads: 1,
  preemptions: 0,
  oracles: ['I-PERM'],
  scenario: 'device-fault-vs-cow',
  edits: [
    {
      module: 'drivers/base/deviceTable',
      find: 'export const entryFromPfn = (word) => ((word & PFN_MASK) << 12) | DEV_VALID | ((word >>> 29) & DEV_WRITE);',
      replace: 'export const entryFromPfn = (word) => ((word & PFN_MASK) << 12) | DEV_VALID | DEV_WRITE;',
    },
  ],
};
