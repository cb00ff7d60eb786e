import type { Control } from './bug.ts';

export const c11: Control = {
  id: 'C11',
  title: 'an eviction asks whether a page has moved already only after it has copied it',
  reference: 'a copy too many, and no harm: the commit is what must not come twice',
  scenario: 'evict-vs-cpu-touch',
  edits: [
    {
      module: 'drivers/dmirror/evict',
      find: 'if (!isOwnedDevicePage(task.arena, from)) continue;',
      replace: '',
    },
    {
      module: 'drivers/dmirror/evict',
      find: 'dst[i] = migratePfn(pfn);',
      replace:
        'if (isOwnedDevicePage(task.arena, from)) dst[i] = migratePfn(pfn); else { yield* unlockPage(task, pfn); yield* putPage(task, pfn); }',
      imports: { unlockPage: 'mm/page/pageLock', putPage: 'mm/page/zone' },
    },
  ],
};
