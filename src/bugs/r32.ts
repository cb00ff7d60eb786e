import type { Bug } from './bug.ts';

export const r32: Bug = {
  id: 'R32',
  title: 'huge-insert-ptl-leak: the page-table lock stays held when the address space is being reaped',
  reference: 'mm/migrate_device, fixes a30b48bf1b24, 2026',
  kind: 'DL',
  threads: 2,
  preemptions: 1,
  oracles: ['I-LOCK', 'I-DEAD'],
  scenario: 'huge-hole-vs-oom',
  edits: [
    {
      module: 'migrate/insertPage',
      find: 'const inserted = (zero || isNone(arena, table)) && !isUnstable(task, mm);',
      replace: 'if (isUnstable(task, mm)) return false; const inserted = zero || isNone(arena, table);',
    },
  ],
};
