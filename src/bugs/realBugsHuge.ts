/** Real bugs of huge pages in device memory: their locks, their splits, and who maps them. */
import type { Bug } from './bug.ts';

export const hugePageBugs: readonly Bug[] = [
  {
    id: 'R81',
    title: 'split-one-mapping: a huge page is to move to single pages, and is split only where the migration was asked for',
    reference: 'mm/migrate_device, 2026',
    kind: 'COR, SEC',
    threads: 1,
    preemptions: 0,
    oracles: ['I-MAP', 'I-FREE', 'I-ISO'],
    scenario: 'huge-page-of-two-in-pieces',
    edits: [
      {
        module: 'migrate/commit',
        find: 'const isSplit = yield* splitUnmapped(task, from, PTRS_PER_TABLE);',
        replace: `
          if (migrate === null) yield* splitUnmappedLeaves(task, from);
          else yield* splitHugePmd(task, migrate.mm, migrate.start + i);
          const isSplit = yield* splitUnmapped(task, from, PTRS_PER_TABLE);`,
        imports: { splitHugePmd: 'mm/huge/splitHugePmd' },
      },
      {
        module: 'migrate/commit',
        in: 'splitUnmapped',
        find: 'yield* splitUnmappedLeaves(task, head);',
        replace: '',
      },
      // What is left is a migration entry for all of it, that takes the first piece for all of it.
      {
        module: 'migrate/migrationEntries',
        find: '!isHuge(entry) && isMigration(entry) && ptePfn(entry) === from',
        replace: 'isMigration(entry) && ptePfn(entry) === from',
      },
      {
        module: 'migrate/migrationEntries',
        find: 'store(arena, word, restoredEntry(task, entry, to, vmaFlags(arena, vma)));',
        replace: 'store(arena, word, restoredEntry(task, entry, to, vmaFlags(arena, vma)) | (entry & PTE_HUGE));',
        imports: { PTE_HUGE: 'mm/table/pte' },
      },
    ],
  },
  {
    id: 'X14',
    title:
      'split-in-fault: a huge page on its way home is to be split, the reference of the fault is in the way, and it stays whole',
    reference: 'dri-devel, 2026',
    kind: 'LL',
    threads: 1,
    preemptions: 0,
    oracles: ['I-PROG'],
    scenario: 'huge-page-short-of-memory',
    edits: [
      {
        module: 'migrate/commit',
        in: 'splitUnmapped',
        find: `
          yield* splitUnmappedLeaves(task, head);
          yield Point.migrateCommit;
          if (extraReferences(arena, head) !== references) return false;`,
        replace: `
          if (extraReferences(arena, head) !== references) return false;
          yield* splitUnmappedLeaves(task, head);
          yield Point.migrateCommit;`,
      },
      {
        module: 'migrate/commit',
        find: 'slot = src[i];',
        replace: 'if (!isSplit) src[i] |= MIGRATE_PFN_COMPOUND; slot = src[i];',
      },
      {
        module: 'migrate/finalize',
        in: 'finalizeLeaves',
        find: 'yield* splitMigrationLeaves(task, from);',
        replace: 'yield* removeMigrationLeaves(task, from, from);',
      },
    ],
  },
];
