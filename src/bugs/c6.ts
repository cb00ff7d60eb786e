import type { Control } from './bug.ts';

export const c6: Control = {
  id: 'C6',
  title: 'words of a range fault go stale before read-retry',
  reference: 'that is what the protocol is for',
  scenario: 'device-fault-vs-munmap',
  edits: [
    {
      module: 'drivers/dmirror/fault',
      find: 'yield Point.driverSnapshot;',
      replace: 'yield Point.driverSnapshot; yield Point.driverSnapshot;',
    },
  ],
};
