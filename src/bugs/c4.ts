import type { Control } from './bug.ts';

export const c4: Control = {
  id: 'C4',
  title: 'the migration of every other page is refused',
  reference: 'partial success is normal',
  scenario: 'two-migrations',
  edits: [
    {
      module: 'drivers/dmirror/toDevice',
      find: 'const pfn = failsOnce(task, mirror) ? 0 : yield* allocDevicePage(task, pgmap);',
      replace: 'const pfn = i % 2 === 1 ? 0 : yield* allocDevicePage(task, pgmap);',
    },
  ],
};
