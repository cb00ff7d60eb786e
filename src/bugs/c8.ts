import type { Control } from './bug.ts';

export const c8: Control = {
  id: 'C8',
  title: 'the callback sees a freed device page whose pagemap is still referenced',
  reference: 'the normal order',
  scenario: 'device-page-reused',
  edits: [
    {
      module: 'mm/page/devPagemap',
      find: 'yield* pagemapOps(arena, pgmap).folioFree(task, pfn);',
      replace:
        'if (get(arena, arena.page.refcount + pfn) !== 0 || load(arena, pgmap + Pgmap.ref) < 2) throw new Error("not the normal order"); yield Point.freePage; yield* pagemapOps(arena, pgmap).folioFree(task, pfn);',
    },
  ],
};
