/** Changes of memory management, notifiers and migration that look like bugs and are none: nothing may be reported. */
import type { Control } from './bug.ts';

export const memoryControls: readonly Control[] = [
  {
    id: 'C5',
    title: 'a migrated page loses its write permission',
    reference: 'a second fault, and no harm',
    scenario: 'device-write-vs-migration',
    edits: [
      {
        module: 'migrate/migrationEntries',
        find: 'const write = leafKind(entry) === LEAF_MIGRATION_WRITE;',
        replace: 'const write = false;',
      },
      {
        module: 'drivers/dmirror/toDevice',
        find: 'dst[i] = migratePfn(pfn) | (slot & MIGRATE_PFN_WRITE);',
        replace: 'dst[i] = migratePfn(pfn);',
      },
    ],
  },
  {
    id: 'C8',
    title: 'the callback sees a freed device page whose pagemap is still referenced',
    reference: 'the normal order',
    scenario: 'device-page-reused',
    edits: [
      {
        module: 'mm/page/devPagemap',
        find: 'yield* pagemapOps(arena, pgmap).folioFree(task, pfn);',
        replace: `
          if (get(arena, arena.page.refcount + pfn) !== 0 || load(arena, pgmap + Pgmap.ref) < 2)
            throw new Error('not the normal order');
          yield Point.freePage;
          yield* pagemapOps(arena, pgmap).folioFree(task, pfn);`,
      },
    ],
  },
  {
    id: 'C9',
    title: 'swap entries forget that their page was exclusive',
    reference: 'a fault or a copy more, and no harm',
    scenario: 'cpu-store-vs-reclaim',
    edits: [
      {
        module: 'mm/swap/reclaim',
        find: 'store(arena, word, mkSwap(slot, exclusive));',
        replace: 'store(arena, word, mkSwap(slot, false));',
      },
    ],
  },
  {
    id: 'C10',
    title: 'clean pages are written to swap again',
    reference: 'a write too many, and no harm',
    scenario: 'device-write-vs-reclaim',
    edits: [
      {
        module: 'mm/swap/reclaim',
        find: 'if (isDirty(task, pfn) && !(yield* writeToSwap(task, pfn))) return false;',
        replace: 'if (!(yield* writeToSwap(task, pfn))) return false;',
      },
    ],
  },
  {
    id: 'C12',
    title: 'a page that could not be unmapped goes back to the LRU a moment later',
    reference: 'late, and no harm',
    scenario: 'failed-migration',
    edits: [
      {
        module: 'migrate/unmapPass',
        find: 'if (system) addLru(arena, pfn); return false;',
        replace: 'if (system) { yield Point.isolateLru; addLru(arena, pfn); } return false;',
      },
    ],
  },
  {
    id: 'C13',
    title: 'mprotect flushes the TLB once, behind the last table',
    reference: 'before it returns, which is what counts',
    scenario: 'cpu-store-vs-mprotect',
    edits: [
      {
        module: 'mm/syscalls/mprotect',
        in: 'protectTable',
        find: 'if (flush) yield* flushTlbRange(task, { mm, start, end });',
        replace: '',
      },
      {
        module: 'mm/syscalls/mprotect',
        in: 'changeProtection',
        find: 'yield* mmuNotifierInvalidateRangeEnd(task, range);',
        replace: 'yield* flushTlbRange(task, { mm, start, end }); yield* mmuNotifierInvalidateRangeEnd(task, range);',
      },
    ],
  },
  {
    id: 'C14',
    title: 'the bracket around the holes that a migration fills covers all of its range',
    reference: 'an invalidation too wide, and no harm',
    scenario: 'two-holes-vs-other-device',
    edits: [
      {
        module: 'migrate/commit',
        find: 'notifierRange(MMU_NOTIFY_MIGRATE, migrate.mm, vpn, migrate.end, migrate.pgmapOwner)',
        replace: 'notifierRange(MMU_NOTIFY_MIGRATE, migrate.mm, migrate.start, migrate.end, migrate.pgmapOwner)',
      },
    ],
  },
  {
    id: 'C15',
    title: 'an interval refuses, and the second passes of the others are made in the other order',
    reference: 'they do not know of each other',
    scenario: 'oom-vs-two-intervals',
    edits: [
      {
        module: 'notifier/invalidate',
        find: `
          for (const { sub: started, finish } of unfinished) {
            const finishOps = intervalOps(get(arena, started + IntervalSub.ops)).invalidateFinish;
            if (finishOps !== undefined) yield* finishOps(task, finish);
            endCall(task, started);
          }`,
        replace: `
          for (const { sub: started, finish } of unfinished.reverse()) {
            const finishOps = intervalOps(get(arena, started + IntervalSub.ops)).invalidateFinish;
            if (finishOps !== undefined) yield* finishOps(task, finish);
            endCall(task, started);
          }`,
      },
    ],
  },
  {
    id: 'C16',
    title: 'a page hands its memory cgroup charge on only when all else of it has been handed on',
    reference: 'both pages are locked, and nobody looks at charges meanwhile',
    scenario: 'charged-evict-vs-cpu-touch',
    edits: [
      { module: 'migrate/commit', find: 'memCgroupMigrate(arena, from, to);', replace: '' },
      {
        module: 'migrate/commit',
        find: 'setPageFlags(arena, to, (pageFlags(arena, from) & PG_DIRTY) | PG_UPTODATE);',
        replace: 'setPageFlags(arena, to, (pageFlags(arena, from) & PG_DIRTY) | PG_UPTODATE); memCgroupMigrate(arena, from, to);',
      },
    ],
  },
  {
    id: 'C22',
    title: 'the split of a huge page on its way home knows of the reference of the fault, and all pieces come home at once',
    reference: 'what X14 lacks',
    scenario: 'huge-page-short-of-memory',
    edits: [
      {
        module: 'migrate/commit',
        find: 'const isSplit = yield* splitUnmapped(task, from, PTRS_PER_TABLE);',
        replace: `
          const ofFault = faultPage !== 0 && compoundHead(task.arena, faultPage) === from;
          const isSplit = yield* splitUnmapped(task, from, PTRS_PER_TABLE + (ofFault ? 1 : 0));`,
        imports: { compoundHead: 'mm/page/page' },
      },
    ],
  },
  {
    id: 'C24',
    title: 'an interval gets its bounds before the lock of the subscriptions is taken',
    reference: 'nobody knows it yet: what a lock guards may be written without it until then',
    scenario: 'insert-vs-bracket',
    edits: [
      {
        module: 'notifier/interval',
        in: 'insert',
        find: 'const node = sub + IntervalSub.node;',
        replace: 'const node = sub + IntervalSub.node; set(arena, node, start); set(arena, node + 1, last);',
      },
    ],
  },
];
