import type { Bug } from './bug.ts';

export const r34: Bug = {
  id: 'R34',
  title: 'touch-after-folio-free: the core touches a device page after it gave it back to the driver',
  reference: 'commit 399289849560, 2026',
  kind: 'UAF',
  threads: 2,
  preemptions: 1,
  oracles: ['I-UAF', 'I-REF', 'I-DATA', 'I-ENTRY', 'I-MAP', 'I-FREE'],
  scenario: 'device-page-reused-after-return',
  edits: [
    {
      module: 'mm/page/devPagemap',
      find: 'poisonFrame(arena, pfn); yield* pagemapOps(arena, pgmap).folioFree(task, pfn);',
      replace: 'yield* pagemapOps(arena, pgmap).folioFree(task, pfn); yield Point.zoneDevicePageInit; poisonFrame(arena, pfn);',
    },
  ],
};
