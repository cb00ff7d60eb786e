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
    id: 'M17',
    title: 'the leaf of a huge page that leaves is cleared, and not invalidated: a zap that looks without the PTL finds nothing',
    reference: 'mutation testing of the model; mm/pgtable-generic.c pmdp_invalidate says why it is not so',
    kind: 'AV',
    threads: 2,
    preemptions: 1,
    oracles: ['I-DATA'],
    scenario: 'huge-migration-vs-discard',
    edits: [
      {
        module: 'mm/huge/splitHugePmd',
        in: 'invalidateLeaf',
        find: 'if (!ptePresent(leaf) || cas(arena, word, leaf, leaf | PTE_INVALID) === leaf) return leaf;',
        replace: 'if (ptePresent(leaf)) return xchg(arena, word, PTE_HUGE); return leaf;',
        imports: { xchg: 'arena/access' },
      },
    ],
  },
  {
    id: 'M18',
    title: 'the leaf of a huge page in device memory is cleared on its way home: a zap that looks without the PTL finds nothing',
    reference:
      'as in kernels that migrate huge pages of devices: a leaf that is not present is cleared there, and not invalidated',
    kind: 'AV',
    threads: 2,
    preemptions: 1,
    oracles: ['I-DATA'],
    scenario: 'huge-return-vs-discard',
    edits: [
      {
        module: 'mm/huge/splitHugePmd',
        in: 'invalidateLeaf',
        find: 'if (!ptePresent(leaf) || cas(arena, word, leaf, leaf | PTE_INVALID) === leaf) return leaf;',
        replace:
          'if (!ptePresent(leaf)) return xchg(arena, word, PTE_HUGE); if (cas(arena, word, leaf, leaf | PTE_INVALID) === leaf) return leaf;',
        imports: { xchg: 'arena/access' },
      },
    ],
  },
  {
    id: 'M19',
    title:
      'whose lock a fault has is remembered from before its huge page was split: the head is taken for locked, and moves without its lock',
    reference:
      'kernels that split a huge page under the fault on a tail remember it so; the fault on the tail is then needed twice',
    kind: 'other',
    threads: 1,
    preemptions: 0,
    oracles: ['I-LOCK'],
    scenario: 'granule-of-a-split-huge-page',
    edits: [
      {
        module: 'migrate/collectTable',
        find: 'const lockedPage = head === 0 || head === faultPage ? faultPage : 0;',
        replace: 'const lockedPage = head || faultPage;',
      },
    ],
  },
  {
    id: 'M20',
    title:
      'a huge page in device memory has a lock for each piece once its first is gone: two faults keep each other from splitting it',
    reference: 'the model, until a huge page had one lock',
    kind: 'LL',
    threads: 2,
    preemptions: 2,
    oracles: ['I-PROG'],
    scenario: 'huge-pieces-touched-at-both-ends',
    edits: [
      {
        module: 'mm/page/page',
        find: 'inBlock(arena, pfn) ? compoundHead(arena, pfn) || pfn : pfn',
        replace:
          'inBlock(arena, pfn) && (!isDevicePage(arena, pfn) || pageCount(arena, compoundHead(arena, pfn)) > 0) ? compoundHead(arena, pfn) || pfn : pfn',
      },
    ],
  },
];
