/** Guards of the windows V1 to V8: devices that walk the CPU's own page tables. */
import type { Bug } from './bug.ts';

/** Rules that see a translation that has outlived what it names. */
const OUTLIVED = ['I-STALE', 'I-TLB', 'I-FREE', 'I-DATA'];

export const secondaryTlbWindows: readonly Bug[] = [
  {
    id: 'V01',
    title: 'pages are freed before the secondary TLBs are flushed',
    reference: 'window V1',
    kind: 'UAF',
    threads: 2,
    preemptions: 1,
    oracles: OUTLIVED,
    scenario: 'sva-write-vs-munmap',
    edits: [
      {
        module: 'mm/syscalls/zap',
        in: 'zapTable',
        find: 'if (flush) yield* flushTlbRange(task, { mm, start, end });',
        replace: 'if (flush) yield* flushTlb(task, CPU);',
        imports: { CPU: 'mm/table/tlb', flushTlb: 'mm/table/tlb' },
      },
      {
        module: 'mm/syscalls/zap',
        in: 'zapTable',
        find: 'for (const pfn of gather) yield* putMappedPage(task, pfn);',
        replace: `
          for (const pfn of gather) yield* putMappedPage(task, pfn);
          if (flush) yield* mmuNotifierArchInvalidateSecondaryTlbs(task, mm, start, end);`,
        imports: { mmuNotifierArchInvalidateSecondaryTlbs: 'notifier/secondaryTlbs' },
      },
    ],
  },
  {
    id: 'V01b',
    title: 'mprotect flushes no secondary TLB',
    reference: 'window V1',
    kind: 'SEC',
    threads: 2,
    preemptions: 0,
    oracles: ['I-PERM'],
    scenario: 'sva-write-vs-mprotect',
    edits: [
      {
        module: 'mm/syscalls/mprotect',
        in: 'protectTable',
        find: 'if (flush) yield* flushTlbRange(task, { mm, start, end });',
        replace: 'if (flush) yield* flushTlb(task, CPU);',
        imports: { CPU: 'mm/table/tlb', flushTlb: 'mm/table/tlb' },
      },
    ],
  },
  {
    id: 'V01c',
    title: 'a copy-on-write copy takes the place of a page, and no secondary TLB is flushed',
    reference: 'window V1',
    kind: 'SDM',
    threads: 2,
    preemptions: 0,
    oracles: OUTLIVED,
    scenario: 'sva-read-vs-cow',
    edits: [
      {
        module: 'mm/fault/writeProtect',
        find: 'yield* flushTlbPage(task, mm, vpn);',
        replace: 'yield* flushTlb(task, CPU);',
        imports: { CPU: 'mm/table/tlb', flushTlb: 'mm/table/tlb' },
      },
    ],
  },
  {
    id: 'V01d',
    title: 'a migration flushes no secondary TLB',
    reference: 'window V1',
    kind: 'LU',
    threads: 2,
    preemptions: 0,
    oracles: OUTLIVED,
    scenario: 'sva-write-vs-migration',
    edits: [
      {
        module: 'migrate/collectTable',
        in: 'take',
        find: 'if (ptePresent(pte)) yield* flushTlbRange(task, page);',
        replace: 'if (ptePresent(pte)) yield* flushTlb(task, CPU);',
        imports: { CPU: 'mm/table/tlb', flushTlb: 'mm/table/tlb' },
      },
      {
        module: 'migrate/collectTable',
        in: 'collectTable',
        find: 'if (flush) yield* flushTlbRange(task, { mm, start, end }); yield* spinUnlock(task, ptl, LockClass.ptl); return true;',
        replace: 'if (flush) yield* flushTlb(task, CPU); yield* spinUnlock(task, ptl, LockClass.ptl); return true;',
      },
    ],
  },
  {
    id: 'V02',
    title: 'the IOTLB is invalidated when an invalidation begins, and not when the entries have changed',
    reference: 'window V2',
    kind: 'SDM, UAF',
    threads: 2,
    preemptions: 1,
    oracles: OUTLIVED,
    scenario: 'sva-write-vs-munmap',
    edits: [
      {
        module: 'drivers/sva/index',
        find: 'const notifierOps = { archInvalidateSecondaryTlbs, release };',
        replace: `
          const notifierOps = {
            *invalidateRangeStart(task, sub, { start, end }) {
              yield* flushPages(task, get(task.arena, sub + ClassicSub.owner), start, end - start);
              return 0;
            },
            release,
          };`,
      },
    ],
  },
  {
    id: 'V03',
    title: 'the TLBs of the engines are flushed before the IOTLB, and filled from it again',
    reference: 'window V3',
    kind: 'SDM, UAF',
    threads: 2,
    preemptions: 1,
    oracles: OUTLIVED,
    scenario: 'sva-write-vs-munmap',
    edits: [
      {
        module: 'drivers/sva/iotlb',
        in: 'flushPages',
        find: `
          invalidateIotlb(task.arena, mirror, start, start + pages);
          yield* flushTlb(task, DEVICE);`,
        replace: `
          yield* flushTlb(task, DEVICE);
          yield Point.flushIotlb;
          invalidateIotlb(task.arena, mirror, start, start + pages);`,
      },
    ],
  },
  {
    id: 'V04',
    title: 'the process exits, and the device keeps its translations',
    reference: 'window V4',
    kind: 'UAF',
    threads: 2,
    preemptions: 0,
    oracles: OUTLIVED,
    scenario: 'sva-write-vs-exit',
    edits: [
      {
        module: 'drivers/sva/index',
        find: 'if (optionIs(task.arena, mirror, Is.releaseTearDown)) yield* tearDownPasid(task, mirror);',
        replace: 'setPasid(task.arena, mirror, 0);',
      },
    ],
  },
  {
    id: 'V04b',
    title: 'the process exits, and the device goes on walking its page tables',
    reference: 'window V4',
    kind: 'UAF',
    threads: 2,
    preemptions: 0,
    oracles: [...OUTLIVED, 'I-CRASH'],
    scenario: 'sva-write-vs-exit',
    settings: { release: 'none' },
    edits: [],
  },
  {
    id: 'V04c',
    title: 'the process exits, and the device forgets its translations before its page tables are taken from it',
    reference: 'window V4',
    kind: 'UAF',
    threads: 2,
    preemptions: 1,
    oracles: OUTLIVED,
    scenario: 'sva-write-vs-exit',
    edits: [
      {
        module: 'drivers/sva/iotlb',
        in: 'tearDownPasid',
        find: 'setPasid(task.arena, mirror, 0); yield* flushPasid(task, mirror);',
        replace: 'yield* flushPasid(task, mirror); yield Point.driverLooked; setPasid(task.arena, mirror, 0);',
      },
    ],
  },
  {
    id: 'V05',
    title: 'the entry of the PASID is gone already, and an exit does not wait for who is at work on it',
    reference: 'window V5',
    kind: 'UAF',
    threads: 3,
    preemptions: 1,
    oracles: OUTLIVED,
    scenario: 'sva-unbind-vs-exit',
    edits: [
      {
        module: 'drivers/sva/iotlb',
        in: 'tearDownPasid',
        find: 'yield Point.driverInvalidate;',
        replace: 'yield Point.driverInvalidate; if (!hasPasid(task.arena, mirror)) return;',
      },
    ],
  },
  {
    id: 'V06',
    title: 'a device is unbound, and freed, while a page request of it is under way',
    reference: 'window V6',
    kind: 'UAF',
    threads: 2,
    preemptions: 1,
    oracles: ['I-UAF'],
    scenario: 'sva-page-request-vs-unbind',
    edits: [{ module: 'drivers/sva/index', in: 'close', find: 'yield* closeMirror(task, mirror);', replace: '' }],
  },
  {
    id: 'V07',
    title: 'a device writes by a translation that was made for reading, and nobody sets the dirty bit',
    reference: 'window V7',
    kind: 'LU',
    threads: 2,
    preemptions: 0,
    oracles: ['I-DIRTY', 'I-DATA'],
    scenario: 'sva-write-vs-reclaim',
    edits: [
      {
        module: 'drivers/sva/iotlb',
        find: 'const WRITABLE = PTE_WRITE | PTE_DIRTY;',
        replace: 'const WRITABLE = PTE_WRITE;',
      },
    ],
  },
  {
    id: 'V08',
    title: 'infinite-faults-of-smmu: a fault that only grants flushes nothing, and the IOMMU goes by what it remembers',
    reference: 'window V8; SMMU, 6bbd42e2df8f',
    kind: 'LL',
    threads: 1,
    preemptions: 0,
    oracles: ['I-PROG'],
    scenario: 'sva-write-vs-reuse',
    settings: { weak: 'fault' },
    edits: [],
  },
];
