/** Small mutants of migrations and of the in-tree test driver that nothing killed until a rule or a scenario was added for them. */
import type { Bug } from './bug.ts';

export const migrationMutants: readonly Bug[] = [
  {
    id: 'M03',
    title: 'collect takes private pages of any device',
    reference: 'mutation testing of the model',
    kind: 'COR',
    threads: 1,
    preemptions: 0,
    oracles: ['I-MIG'],
    scenario: 'foreign-page-asked-home',
    edits: [
      {
        module: 'migrate/collectTable',
        find: '(migrate.flags & MIGRATE_VMA_SELECT_DEVICE_PRIVATE) === 0 || pgmapOwner(arena, pfn) !== migrate.pgmapOwner',
        replace: '(migrate.flags & MIGRATE_VMA_SELECT_DEVICE_PRIVATE) === 0',
      },
    ],
  },
  {
    id: 'M04',
    title: 'a page that could not be unmapped does not go back to the LRU',
    reference: 'mutation testing of the model',
    kind: 'LEAK',
    threads: 2,
    preemptions: 1,
    oracles: ['I-QUIET'],
    scenario: 'failed-migration',
    edits: [
      {
        module: 'migrate/unmapPass',
        find: 'if (system) addLru(arena, pfn); return false;',
        replace: 'return false;',
      },
    ],
  },
  {
    id: 'M05',
    title: 'no TLB flush when a page takes the place of the zero page',
    reference: 'mutation testing of the model',
    kind: 'LU',
    threads: 2,
    preemptions: 0,
    oracles: ['I-DATA', 'I-TLB'],
    scenario: 'zero-page-in-a-tlb-vs-migration',
    edits: [
      {
        module: 'migrate/insertPage',
        find: 'xchg(arena, word, 0); yield* flushTlbPage(task, mm, vpn);',
        replace: 'xchg(arena, word, 0);',
      },
    ],
  },
  {
    id: 'M06',
    title: 'the bracket around the holes that a migration fills covers the first one only',
    reference: 'mutation testing of the model',
    kind: 'SDM',
    threads: 2,
    preemptions: 1,
    oracles: ['I-STALE', 'I-DATA'],
    scenario: 'two-holes-vs-other-device',
    edits: [
      {
        module: 'migrate/commit',
        find: 'notifierRange(MMU_NOTIFY_MIGRATE, migrate.mm, vpn, migrate.end, migrate.pgmapOwner)',
        replace: 'notifierRange(MMU_NOTIFY_MIGRATE, migrate.mm, vpn, vpn + 1, migrate.pgmapOwner)',
      },
    ],
  },
  {
    id: 'M08',
    title: 'no TLB flush of the device when a migrated page takes the place of its entry',
    reference: 'mutation testing of the model',
    kind: 'SDM',
    threads: 2,
    preemptions: 2,
    oracles: ['I-DATA', 'I-TLB'],
    scenario: 'zero-page-in-a-device-tlb-vs-migration',
    edits: [
      {
        module: 'drivers/dmirror/toDevice',
        find: 'if (flush && optionIs(arena, mirror, Is.engineTlb)) yield* flushTlb(task, DEVICE);',
        replace: '',
      },
    ],
  },
  {
    id: 'M09',
    title: 'a fault goes beyond the interval that its sequence is about',
    reference: 'mutation testing of the model',
    kind: 'SDM',
    threads: 2,
    preemptions: 0,
    oracles: ['I-STALE'],
    scenario: 'range-across-intervals-vs-dontneed',
    edits: [
      {
        module: 'drivers/dmirror/fault',
        find: 'Math.min(at + chunk, end, intervalEnd(arena, mirror, at))',
        replace: 'Math.min(at + chunk, end)',
      },
    ],
  },
  {
    id: 'M10',
    title: 'the device is never allowed to write, whatever was asked for',
    reference: 'mutation testing of the model',
    kind: 'ERR',
    threads: 1,
    preemptions: 0,
    oracles: ['I-OUT', 'I-PROG'],
    scenario: 'fault-of-four-pages',
    edits: [
      {
        module: 'drivers/base/deviceTable',
        find: '(word << 12) | DEV_VALID | ((word >>> 29) & DEV_WRITE)',
        replace: '(word << 12) | DEV_VALID',
      },
    ],
  },
  {
    id: 'M12',
    title: 'a migration home that finds no memory is called an I/O error',
    reference: 'mutation testing of the model',
    kind: 'ERR',
    threads: 1,
    preemptions: 0,
    oracles: ['I-OUT'],
    scenario: 'return-without-memory',
    edits: [
      {
        module: 'drivers/dmirror/toSystem',
        find: 'return result === -ENOMEM ? VM_FAULT_OOM : 0;',
        replace: 'return result === -ENOMEM ? VM_FAULT_SIGBUS : 0;',
      },
    ],
  },
  {
    id: 'M13',
    title: 'a migrated page is writable for the device, whatever it was before',
    reference: 'mutation testing of the model',
    kind: 'SEC',
    threads: 1,
    preemptions: 0,
    oracles: ['I-PERM'],
    scenario: 'read-only-page-on-the-device',
    edits: [
      {
        module: 'drivers/dmirror/toDevice',
        find: 'dst[i] = migratePfn(pfn) | (slot & MIGRATE_PFN_WRITE);',
        replace: 'dst[i] = migratePfn(pfn) | MIGRATE_PFN_WRITE;',
      },
    ],
  },
  {
    id: 'M16',
    title: 'home-charged: a page that comes home is charged anew, in place of taking over the charge of the device page',
    reference: 'mutant; hmm.rst: a migration home is never refused for the limit of a memory cgroup',
    kind: 'ERR',
    threads: 1,
    preemptions: 0,
    oracles: ['I-OUT', 'I-MEMCG'],
    scenario: 'home-at-the-limit',
    edits: [
      {
        module: 'drivers/dmirror/toSystem',
        find: 'const pfn = failsOnce(task, mirror) ? 0 : yield* allocPage(task, false);',
        replace: 'const pfn = failsOnce(task, mirror) ? 0 : yield* folioPrealloc(task, migrate.mm, false);',
        imports: { folioPrealloc: 'mm/page/zone' },
      },
    ],
  },
  {
    id: 'M22',
    title: 'a pin that lasts lets go of its page before it moves it home, and comes to one that has moved',
    reference: 'found by the race matrix in the model',
    kind: 'COR',
    threads: 2,
    preemptions: 2,
    oracles: ['I-MIG'],
    scenario: 'given open 2 2 | mmap 0 1 rw anon | cw 0 1 7 | dmig 2 0 1; A: gup longterm 0 1 w; B: rel 2 0 1',
    edits: [
      {
        module: 'migrate/longterm',
        find: 'yield* getPage(task, pfn); yield* unpinUserPage(task, pfn);',
        replace: 'yield* unpinUserPage(task, pfn); if (!(yield* tryGetPage(task, pfn))) continue;',
        imports: { tryGetPage: 'mm/page/page' },
      },
    ],
  },
];
