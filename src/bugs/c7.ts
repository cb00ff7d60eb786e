import type { Control } from './bug.ts';

export const c7: Control = {
  id: 'C7',
  title: 'the device uses a page after an invalidation began and before its callback ran',
  reference: 'the page is still the right one',
  scenario: 'device-write-vs-discard',
  edits: [
    {
      module: 'drivers/dmirror/invalidate',
      find: 'yield Point.driverInvalidate;',
      replace: 'yield Point.driverInvalidate; yield Point.driverInvalidate;',
    },
  ],
};
