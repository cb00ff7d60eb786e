/** Real bugs of migrate_vma: collecting, unmapping, copying, committing. */
import type { Bug } from './bug.ts';

export const migrationBugs: readonly Bug[] = [
  {
    id: 'R26',
    title: 'migrate-dirty-lost: collect drops the dirty bit of the entry',
    reference: 'commit fd35ca3d12cc, 2022',
    kind: 'LU',
    threads: 2,
    preemptions: 1,
    oracles: ['I-DIRTY', 'I-DATA'],
    scenario: 'failed-migration-then-reclaim',
    edits: [
      {
        module: 'migrate/collectTable',
        find: 'if (ptePresent(pte) && (pte & PTE_DIRTY) !== 0) setPageFlags(arena, pfn, PG_DIRTY);',
        replace: '',
      },
    ],
  },
  {
    id: 'R26b',
    title: 'the same, seen while the page is still in memory: clean, and unlike its copy in swap',
    reference: 'commit fd35ca3d12cc, 2022',
    kind: 'LU',
    threads: 2,
    preemptions: 1,
    oracles: ['I-DIRTY'],
    scenario: 'failed-migration',
    edits: [
      {
        module: 'migrate/collectTable',
        find: 'if (ptePresent(pte) && (pte & PTE_DIRTY) !== 0) setPageFlags(arena, pfn, PG_DIRTY);',
        replace: '',
      },
    ],
  },
  {
    id: 'R27',
    title: 'flush-after-ptl: the TLB is flushed after the page-table lock was dropped',
    reference: 'commit 60bae7370896, 2022',
    kind: 'SDM, LU',
    threads: 3,
    preemptions: 1,
    oracles: ['I-TLB', 'I-LOST', 'I-DATA', 'I-FREE'],
    scenario: 'stale-tlb-vs-discard',
    edits: [
      { module: 'migrate/collectTable', in: 'take', find: 'if (ptePresent(pte)) yield* flushTlbRange(task, page);', replace: '' },
      {
        module: 'migrate/collectTable',
        find: 'if (flush) yield* flushTlbRange(task, { mm, start, end }); yield* spinUnlock(task, ptl, LockClass.ptl);',
        replace: `
          yield* spinUnlock(task, ptl, LockClass.ptl);
          yield Point.flushTlb;
          if (flush) yield* flushTlbRange(task, { mm, start, end });`,
      },
    ],
  },
  {
    id: 'R30',
    title: 'swapcache-mapping-stale: the place in the swap cache is used after the page has left it',
    reference: 'CVE-2026-89755',
    kind: 'COR',
    threads: 1,
    preemptions: 0,
    oracles: ['I-REF', 'I-ENTRY', 'I-FREE'],
    scenario: 'swap-cache-page-migrates',
    edits: [
      {
        module: 'migrate/commit',
        find: 'if (!(yield* freeSwap(task, from))) return false; slot = NO_SLOT;',
        replace: 'if (!(yield* freeSwap(task, from))) return false;',
      },
    ],
  },
  {
    id: 'R31',
    title: 'split-count-stale: after a split the loop still steps by the size of the huge page',
    reference: 'CVE-2026-89755',
    kind: 'COR',
    threads: 1,
    preemptions: 0,
    oracles: ['I-MIG', 'I-REF', 'I-MAP', 'I-QUIET'],
    scenario: 'huge-page-in-pieces',
    edits: [
      { module: 'migrate/commit', find: 'slot &= ~MIGRATE_PFN_COMPOUND;', replace: '' },
      {
        module: 'migrate/commit',
        find: 'if (!(yield* commitPage(task, from, to, faultPage))) src[i] = slot & ~MIGRATE_PFN_MIGRATE;',
        replace: `
          if (!(yield* commitPage(task, from, to, faultPage))) src[i] = slot & ~MIGRATE_PFN_MIGRATE;
          if ((slot & MIGRATE_PFN_COMPOUND) !== 0) i += PTRS_PER_TABLE - 1;`,
      },
    ],
  },
  {
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
  },
  {
    id: 'R67',
    title: 'hole-uninitialised-result: nothing had to be copied, the result is what it happened to be, and the success is undone',
    reference: 'CVE-2026-89808 (kfd)',
    kind: 'UAF, COR',
    threads: 1,
    preemptions: 0,
    oracles: ['I-REF', 'I-FREE', 'I-MIG'],
    scenario: 'hole-to-device',
    edits: [
      {
        module: 'drivers/dmirror/toDevice',
        find: 'yield Point.driverCopied; yield* migrateVmaPages(task, migrate);',
        replace: `
          if (migrate.src.every((slot) => migratePfnToPage(slot) === 0))
            for (const slot of migrate.dst)
              if (slot !== 0) {
                yield* unlockPage(task, migratePfnToPage(slot));
                yield* putPage(task, migratePfnToPage(slot));
              }
          yield Point.driverCopied;
          yield* migrateVmaPages(task, migrate);`,
        imports: { unlockPage: 'mm/page/pageLock' },
      },
    ],
  },
  {
    id: 'R71',
    title: 'gup-longterm-spin: a pin for ever tries again and again, because nothing could be moved',
    reference: 'commit 1aaf8c122918, 2025',
    kind: 'LL',
    threads: 1,
    preemptions: 0,
    oracles: ['I-PROG'],
    scenario: 'longterm-pin-of-a-busy-page',
    edits: [
      {
        module: 'migrate/longterm',
        find: 'if (!(yield* bringHome(task, pfn))) return -EBUSY;',
        replace: 'yield* bringHome(task, pfn);',
      },
    ],
  },
  {
    id: 'R73',
    title: 'double-migration: an eviction takes a page that has gone home and waits for its last reference to be put',
    reference: 'drm/pagemap, c4126f1db36e, 2026',
    kind: 'COR',
    threads: 2,
    preemptions: 2,
    oracles: ['I-MIG'],
    scenario: 'evict-vs-cpu-touch',
    edits: [{ module: 'drivers/dmirror/evict', find: 'if (!isOwnedDevicePage(task.arena, from)) continue;', replace: '' }],
  },
  {
    id: 'R73b',
    title: 'double-migration: a migration home does not say that its pages have moved',
    reference: 'drm/pagemap, c4126f1db36e, 2026',
    kind: 'COR',
    threads: 2,
    preemptions: 2,
    oracles: ['I-MIG'],
    scenario: 'evict-vs-return',
    edits: [{ module: 'drivers/dmirror/toSystem', in: 'moveToSystem', find: 'disownMoved(task.arena, src);', replace: '' }],
  },
  {
    id: 'X03',
    title: 'double-charge: a page of xe that has gone home is evicted, and hands on a memory cgroup charge that it has no more',
    reference: 'drm/pagemap, c4126f1db36e, 2026',
    kind: 'COR',
    threads: 2,
    preemptions: 2,
    oracles: ['I-MEMCG'],
    scenario: 'charged-evict-vs-cpu-touch',
    edits: [{ module: 'drivers/dmirror/evict', find: 'if (!isOwnedDevicePage(task.arena, from)) continue;', replace: '' }],
  },
  {
    id: 'R29',
    title: 'finalize-lru-of-dying-page: a page that has moved, and is about to be freed, goes back on the LRU',
    reference: 'CVE-2025-21861, 41cddf83d8b0',
    kind: 'COR',
    threads: 1,
    preemptions: 0,
    oracles: ['I-MEMCG'],
    scenario: 'charged-migration-vs-return',
    edits: [
      {
        module: 'migrate/finalize',
        find: 'if (!isDevicePage(arena, to)) addLru(arena, to);',
        replace: 'if (!isDevicePage(arena, from)) addLru(arena, from); if (!isDevicePage(arena, to)) addLru(arena, to);',
      },
    ],
  },
  {
    id: 'R80',
    title:
      'fault-page-not-named: a migration home does not name the page of the fault, finds one reference too many, and gives up',
    reference: 'nouveau, 97061d441110',
    kind: 'LL',
    threads: 1,
    preemptions: 0,
    oracles: ['I-PROG'],
    scenario: 'failed-copy-home',
    edits: [{ module: 'drivers/dmirror/toSystem', find: 'faultPage: fault.page', replace: 'faultPage: 0' }],
  },
];
