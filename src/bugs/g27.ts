import type { Bug } from './bug.ts';

export const g27: Bug = {
  id: 'G27',
  title: 'the device wrote through its entry, and the callback removes it without marking the page dirty',
  reference: 'E39',
  kind: 'LU',
  threads: 2,
  preemptions: 0,
  oracles: ['I-DIRTY', 'I-DATA'],
  scenario: 'device-write-vs-reclaim',
  edits: [
    {
      module: 'drivers/base/deviceTable',
      find: 'if ((entry & DEV_VALID) !== 0 && (entry & (DEV_WRITE | DEV_ATOMIC)) !== 0) setPageFlags(arena, deviceEntryPfn(entry), PG_DIRTY);',
      replace: '',
    },
  ],
};
