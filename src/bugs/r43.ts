import type { Bug } from './bug.ts';

export const r43: Bug = {
  id: 'R43',
  title: 'rmap-private-as-migration: whoever looks for migration entries takes a device-private one for it',
  reference: 'CVE-2026-68163',
  kind: 'COR',
  threads: 2,
  preemptions: 0,
  oracles: ['I-ENTRY', 'I-MAP', 'I-REF'],
  scenario: 'page-beside-that-of-a-child',
  edits: [
    {
      module: 'migrate/migrationEntries',
      find: 'if (!isHuge(entry) && isMigration(entry) && ptePfn(entry) === from) {',
      replace: 'if (!isHuge(entry) && (isDevicePrivate(entry) || (isMigration(entry) && ptePfn(entry) === from))) {',
      imports: { isDevicePrivate: 'mm/table/pte' },
    },
  ],
};
