import type { Control } from './bug.ts';

export const c5: Control = {
  id: 'C5',
  title: 'a migrated page loses its write permission',
  reference: 'a second fault, and no harm',
  scenario: 'device-write-vs-migration',
  edits: [
    {
      module: 'migrate/migrationEntries',
      find: 'const write = leafKind(entry) === LEAF_MIGRATION_WRITE; if (isDevicePrivatePage(arena, to))',
      replace: 'const write = false; if (isDevicePrivatePage(arena, to))',
    },
    {
      module: 'drivers/dmirror/toDevice',
      find: 'dst[i] = migratePfn(pfn) | (slot & MIGRATE_PFN_WRITE);',
      replace: 'dst[i] = migratePfn(pfn);',
    },
  ],
};
