/** Mistakes of drivers that migrate: destinations, finalize, the data of a device page. */
import type { Bug } from './bug.ts';

export const driverMigrationMistakes: readonly Bug[] = [
  {
    id: 'G17',
    title: 'the own MIGRATE event is skipped for system pages, and nothing else revokes them before the copy',
    reference: 'dmirror and nouveau, to the device',
    kind: 'LU',
    threads: 2,
    preemptions: 1,
    oracles: ['I-DATA', 'I-LOST', 'I-FREE'],
    scenario: 'device-write-vs-migration',
    edits: [
      {
        module: 'drivers/dmirror/toDevice',
        find: 'if (optionIs(task.arena, mirror, Is.revokeSourceOn)) yield* revokeSources(task, mirror, migrate);',
        replace: '',
      },
    ],
  },
  {
    id: 'G18',
    title: 'the destination of a migration is not locked',
    reference: 'driver mistake',
    kind: 'COR',
    threads: 2,
    preemptions: 1,
    oracles: ['I-MIG', 'I-LOCK'],
    scenario: 'migration-vs-dontneed',
    edits: [
      {
        module: 'drivers/dmirror/toDevice',
        find: 'dst[i] = migratePfn(pfn) | (slot & MIGRATE_PFN_WRITE);',
        replace: 'dst[i] = migratePfn(pfn) | (slot & MIGRATE_PFN_WRITE); yield* unlockPage(task, pfn);',
        imports: { unlockPage: 'mm/page/pageLock' },
      },
    ],
  },
  {
    id: 'G19',
    title: 'the destination of a hole is not cleared',
    reference: 'driver mistake (nouveau, after a failed copy)',
    kind: 'SEC',
    threads: 1,
    preemptions: 0,
    oracles: ['I-DATA', 'I-ISO'],
    scenario: 'hole-to-device',
    edits: [
      {
        module: 'drivers/dmirror/toDevice',
        find: 'if (from === 0) clearFrame(arena, pfn); else yield* copyPage(task, pfn, from);',
        replace: 'if (from !== 0) yield* copyPage(task, pfn, from);',
      },
    ],
  },
  {
    id: 'G22',
    title: 'finalize is left out',
    reference: 'driver mistake',
    kind: 'DL',
    threads: 1,
    preemptions: 0,
    oracles: ['I-LOCK', 'I-MIG', 'I-QUIET', 'I-DEAD'],
    scenario: 'migration-vs-dontneed',
    edits: [
      { module: 'drivers/dmirror/toDevice', in: 'moveToDevice', find: 'yield* migrateVmaFinalize(task, migrate);', replace: '' },
    ],
  },
  {
    id: 'G23',
    title: 'the destination of a page that failed is put by the driver, and again by finalize',
    reference: 'driver mistake',
    kind: 'DF',
    threads: 2,
    preemptions: 1,
    oracles: ['I-REF', 'I-LOCK', 'I-FREE'],
    scenario: 'hole-vs-cpu-fault',
    edits: [
      {
        module: 'drivers/dmirror/toDevice',
        in: 'moveToDevice',
        find: 'yield Point.driverCommitted;',
        replace: `
          for (let i = 0; i < migrate.src.length; i++)
            if ((migrate.src[i] & MIGRATE_PFN_MIGRATE) === 0 && migratePfnToPage(migrate.dst[i]) !== 0) {
              yield* unlockPage(task, migratePfnToPage(migrate.dst[i]));
              yield* putPage(task, migratePfnToPage(migrate.dst[i]));
            }
          yield Point.driverCommitted;`,
        imports: { unlockPage: 'mm/page/pageLock', putPage: 'mm/page/zone' },
      },
    ],
  },
  {
    id: 'G26',
    title: 'data of the driver in a device page is freed when the page goes home, not when it is freed',
    reference: 'driver mistake',
    kind: 'UAF',
    threads: 2,
    preemptions: 1,
    oracles: ['I-UAF'],
    scenario: 'evict-vs-cpu-touch',
    edits: [
      {
        module: 'drivers/dmirror/toDevice',
        find: 'set(arena, arena.page.deviceData + pfn, handleOf(arena, arena.pools.mirror, mirror));',
        replace: 'set(arena, arena.page.deviceData + pfn, objectAlloc(arena));',
        imports: { objectAlloc: 'drivers/base/driverObject' },
      },
      {
        module: 'drivers/dmirror/toSystem',
        find: `
          const migrating = liveAddress(arena, arena.pools.mirror, get(arena, arena.page.deviceData + page));
          if (migrating !== 0 && optionIs(arena, migrating, Is.homeFileMigrating)) return migrating;`,
        replace: 'objectUse(arena, get(arena, arena.page.deviceData + page));',
        imports: { objectUse: 'drivers/base/driverObject' },
      },
      {
        module: 'drivers/dmirror/toSystem',
        in: 'bringGranule',
        find: 'const result = yield* moveToSystem(task, mirror, migrate);',
        replace: `
          const data = get(arena, arena.page.deviceData + fault.page);
          const result = yield* moveToSystem(task, mirror, migrate);
          objectPut(arena, data);`,
        imports: { objectPut: 'drivers/base/driverObject' },
      },
    ],
  },
  {
    id: 'G34',
    title: 'close-without-waiting: a device is closed, and its mirror freed, while a CPU fault brings a page home through it',
    reference: 'window E45; the in-tree test driver',
    kind: 'UAF',
    threads: 2,
    preemptions: 1,
    oracles: ['I-UAF'],
    scenario: 'close-vs-cpu-touch',
    edits: [
      {
        module: 'drivers/dmirror/index',
        find: 'yield* closeMirror(task, mirror); yield* closeIntervals(task, mirror);',
        replace: 'yield* closeIntervals(task, mirror);',
      },
    ],
  },
];
