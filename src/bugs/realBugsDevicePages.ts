/** Real bugs of device pages, their pagemaps and their entries in page tables. */
import type { Bug } from './bug.ts';

export const devicePageBugs: readonly Bug[] = [
  {
    id: 'R24',
    title: 'fault-herd-refcount: faulters take a reference before the page lock, and so defeat each other',
    reference: 'commit 1afaeb8293c9, 2025',
    kind: 'LL',
    threads: 2,
    preemptions: 2,
    oracles: ['I-PROG'],
    scenario: 'two-faults-on-a-device-page',
    edits: [
      {
        module: 'mm/fault/softleaf',
        find: `
          if (!(yield* trylockPage(task, pfn))) {
            yield* waitOnLockedDropPtl(task, pfn, ptl);
            return 0;
          }
          yield* getPage(task, pfn);
          yield* spinUnlock(task, ptl, LockClass.ptl);`,
        replace: `
          yield* getPage(task, pfn);
          yield* spinUnlock(task, ptl, LockClass.ptl);
          yield* lockPage(task, pfn);`,
        imports: { lockPage: 'mm/page/pageLock' },
      },
    ],
  },
  {
    id: 'R33',
    title: 'zone-device-stale-mapping: a device page is reused with its old owner field',
    reference: 'mm/memremap, 7ab0ad0e74f8, 2019',
    kind: 'COR',
    threads: 1,
    preemptions: 0,
    oracles: ['I-ENTRY', 'I-MAP'],
    scenario: 'device-page-recycled',
    edits: [
      {
        module: 'mm/page/devPagemap',
        find: 'resetFlags(arena, pfn, PG_DEVICE); clearAnonMapping(arena, pfn);',
        replace: 'resetFlags(arena, pfn, PG_DEVICE);',
      },
    ],
  },
  {
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
        replace: `
          yield* pagemapOps(arena, pgmap).folioFree(task, pfn);
          yield Point.zoneDevicePageInit;
          poisonFrame(arena, pfn);`,
      },
    ],
  },
  {
    id: 'R35',
    title: 'pgmap-ref-missing: pages in use do not keep their pagemap',
    reference: '0dc45ca1ce18 and ef233450898f, 2022',
    kind: 'UAF',
    threads: 2,
    preemptions: 1,
    // Or who comes too late waits for ever for a lock in what was freed.
    oracles: ['I-UAF', 'I-PGMAP', 'I-CRASH', 'I-DEAD'],
    scenario: 'unbind-vs-cpu-touch',
    edits: [
      { module: 'mm/page/devPagemap', find: 'increase(arena, pgmap + Pgmap.ref, pages);', replace: '' },
      {
        module: 'mm/page/devPagemap',
        find: 'yield* pagemapOps(arena, pgmap).folioFree(task, pfn); putPgmap(arena, pgmap);',
        replace: 'yield* pagemapOps(arena, pgmap).folioFree(task, pfn);',
      },
    ],
  },
  {
    id: 'R37',
    title: 'close-stale-owner-data: the file is closed, and pages on the device still name what it was',
    reference: 'test_hmm, fixes b2ef9f5a5cb3, 2026',
    kind: 'UAF',
    threads: 1,
    preemptions: 0,
    oracles: ['I-UAF'],
    scenario: 'close-then-touch',
    edits: [
      {
        module: 'drivers/dmirror/index',
        find: 'if (get(task.arena, mirror + Mirror.pgmap) !== 0) yield* evict(task, mirror);',
        replace: '',
      },
      {
        module: 'drivers/dmirror/toSystem',
        find: 'liveAddress(arena, arena.pools.mirror, get(arena, arena.page.deviceData + page))',
        replace: 'deref(arena, arena.pools.mirror, get(arena, arena.page.deviceData + page))',
        imports: { deref: 'arena/pool' },
      },
    ],
  },
  {
    id: 'R38',
    title: 'unbind-without-evict: device memory is taken away while a process still maps it',
    reference: 'commit 249881232e14 (nouveau), 2022',
    kind: 'DL',
    threads: 1,
    preemptions: 0,
    oracles: ['I-DEAD'],
    scenario: 'close-and-unbind',
    edits: [
      {
        module: 'drivers/dmirror/index',
        find: 'if (get(task.arena, mirror + Mirror.pgmap) !== 0) yield* evict(task, mirror);',
        replace: '',
      },
    ],
  },
  {
    id: 'R39',
    title: 'copy-error-exposes-page: the copy home fails, and the page is given away with what its last owner left in it',
    reference: 'CVE-2024-50096 (nouveau)',
    kind: 'SEC',
    threads: 1,
    preemptions: 0,
    oracles: ['I-ISO'],
    scenario: 'failed-copy-home',
    edits: [{ module: 'drivers/dmirror/toSystem', find: 'clearFrame(task.arena, pfn);', replace: '' }],
  },
  {
    id: 'R41',
    title: 'exclusive-retry-leaks-lock: the retry branch keeps the page lock and the reference',
    reference: 'commit b3fefbb30a16 (nouveau), 2025',
    kind: 'LL, LEAK',
    threads: 2,
    preemptions: 1,
    oracles: ['I-LOCK', 'I-PROG', 'I-REF', 'I-DEAD'],
    scenario: 'exclusive-vs-dontneed',
    edits: [
      {
        module: 'drivers/dmirror/exclusive',
        find: 'const result = yield* program(task, mirror, { sub, vpn, token }, pfn);',
        replace: `
          const result = yield* program(task, mirror, { sub, vpn, token }, pfn);
          if (result === -EBUSY) return result;`,
      },
    ],
  },
  {
    id: 'R42',
    title: 'exclusive-mapcount-mismatch: an exclusive entry holds a reference but does not count as a mapping',
    reference: 'mm fixes for device-exclusive entries, 2025',
    kind: 'LL',
    threads: 1,
    preemptions: 0,
    oracles: ['I-MAP', 'I-PROG'],
    scenario: 'exclusive-alone',
    edits: [
      {
        module: 'migrate/exclusive',
        find: 'store(arena, word, mkLeaf(LEAF_DEVICE_EXCLUSIVE, pfn));',
        replace: 'store(arena, word, mkLeaf(LEAF_DEVICE_EXCLUSIVE, pfn)); removeRmap(arena, pfn);',
        imports: { removeRmap: 'mm/rmap/rmap' },
      },
    ],
  },
  {
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
        find: '!isHuge(entry) && isMigration(entry) && ptePfn(entry) === from',
        replace: '!isHuge(entry) && (isDevicePrivate(entry) || (isMigration(entry) && ptePfn(entry) === from))',
        imports: { isDevicePrivate: 'mm/table/pte' },
      },
    ],
  },
  {
    id: 'R44',
    title: 'walker-knows-two-kinds: "not present" is taken for "migration"',
    reference: 'CVE-2026-93217 and its kin',
    kind: 'COR',
    threads: 1,
    preemptions: 0,
    oracles: ['I-ENTRY', 'I-MIG', 'I-PROG'],
    scenario: 'device-page-made-read-only',
    edits: [
      {
        module: 'mm/syscalls/mprotect',
        find: 'if (kind === LEAF_DEVICE_PRIVATE_WRITE) return mkLeaf(LEAF_DEVICE_PRIVATE_READ, ptePfn(pte));',
        replace: 'if (kind === LEAF_DEVICE_PRIVATE_WRITE) return mkLeaf(LEAF_MIGRATION_READ_EXCLUSIVE, ptePfn(pte));',
      },
    ],
  },
];
