import type { Bug } from './bug.ts';

export const r63: Bug = {
  id: 'R63',
  title: 'page-lock-in-notifier: the callback takes the page lock that its caller holds',
  reference: 'i915, 2019',
  kind: 'DL',
  threads: 1,
  preemptions: 0,
  oracles: ['I-DEAD', 'I-LOCK'],
  scenario: 'evict-mapped-page',
  edits: [
    {
      module: 'drivers/base/deviceTable',
      find: 'if ((entry & DEV_VALID) !== 0 && (entry & (DEV_WRITE | DEV_ATOMIC)) !== 0) setPageFlags(arena, deviceEntryPfn(entry), PG_DIRTY);',
      replace:
        'yield* lockPage(task, deviceEntryPfn(entry)); setPageFlags(arena, deviceEntryPfn(entry), PG_DIRTY); yield* unlockPage(task, deviceEntryPfn(entry));',
      imports: { lockPage: 'mm/page/pageLock', unlockPage: 'mm/page/pageLock' },
    },
  ],
};
