/** Changes that look like bugs and are none: nothing may be reported. */
import type { Control } from './bug.ts';

export const controls: readonly Control[] = [
  {
    id: 'C1',
    title: 'the sequence is set before the lock is taken',
    reference: 'fine in a sequentially consistent world',
    scenario: 'device-fault-vs-dontneed',
    edits: [
      {
        module: 'drivers/dmirror/invalidate',
        in: 'invalidate',
        find: 'const updateLock = mirror + Mirror.updateLock;',
        replace: `
          const updateLock = mirror + Mirror.updateLock;
          mmuIntervalSetSeq(task, sub, curSeq);
          yield Point.driverSeqSet;`,
      },
      {
        module: 'drivers/dmirror/invalidate',
        find: 'if (optionIs(arena, mirror, Is.setSeqOn)) mmuIntervalSetSeq(task, sub, curSeq);',
        replace: '',
      },
    ],
  },
  {
    id: 'C2',
    title: 'read-retry says "again" without a reason, once',
    reference: 'spurious retries are allowed',
    scenario: 'device-fault-vs-dontneed',
    edits: [
      {
        module: 'drivers/dmirror/fault',
        in: 'untilStable',
        find: 'const mark = observed();',
        replace: 'yield* pass(task, mirror, range, write); const mark = observed();',
      },
    ],
  },
  {
    id: 'C3',
    title: 'the callback invalidates a page more on both sides',
    reference: 'over-invalidation is allowed',
    scenario: 'device-range-vs-dontneed',
    edits: [
      {
        module: 'drivers/dmirror/invalidate',
        in: 'invalidate',
        find: 'yield* revoke(task, mirror, start, end);',
        replace: 'yield* revoke(task, mirror, Math.max(0, start - 1), Math.min(end + 1, 2 ** 27));',
      },
    ],
  },
  {
    id: 'C4',
    title: 'the migration of every other page is refused',
    reference: 'partial success is normal',
    scenario: 'two-migrations',
    edits: [
      {
        module: 'drivers/dmirror/toDevice',
        find: 'const pfn = failsOnce(task, mirror) ? 0 : yield* allocDevicePage(task, pgmap);',
        replace: 'const pfn = i % 2 === 1 ? 0 : yield* allocDevicePage(task, pgmap);',
      },
    ],
  },
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
    id: 'C6',
    title: 'words of a range fault go stale before read-retry',
    reference: 'that is what the protocol is for',
    scenario: 'device-fault-vs-munmap',
    edits: [
      {
        module: 'drivers/dmirror/fault',
        find: 'yield Point.driverSnapshot;',
        replace: 'yield Point.driverSnapshot; yield Point.driverSnapshot;',
      },
    ],
  },
  {
    id: 'C7',
    title: 'the device uses a page after an invalidation began and before its callback ran',
    reference: 'the page is still the right one',
    scenario: 'device-write-vs-discard',
    edits: [
      {
        module: 'drivers/dmirror/invalidate',
        find: 'yield Point.driverInvalidate;',
        replace: 'yield Point.driverInvalidate; yield Point.driverInvalidate;',
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
    id: 'C11',
    title: 'an eviction asks whether a page has moved already only after it has copied it',
    reference: 'a copy too many, and no harm: the commit is what must not come twice',
    scenario: 'evict-vs-cpu-touch',
    edits: [
      { module: 'drivers/dmirror/evict', find: 'if (!isOwnedDevicePage(task.arena, from)) continue;', replace: '' },
      {
        module: 'drivers/dmirror/evict',
        find: 'dst[i] = migratePfn(pfn);',
        replace: `
          if (isOwnedDevicePage(task.arena, from)) dst[i] = migratePfn(pfn);
          else {
            yield* unlockPage(task, pfn);
            yield* putPage(task, pfn);
          }`,
        imports: { unlockPage: 'mm/page/pageLock', putPage: 'mm/page/zone' },
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
      { module: 'mm/syscalls/mprotect', in: 'protectTable', find: 'if (flush) yield* flushTlb(task, CPU);', replace: '' },
      {
        module: 'mm/syscalls/mprotect',
        in: 'changeProtection',
        find: 'yield* mmuNotifierInvalidateRangeEnd(task, range);',
        replace: 'yield* flushTlb(task, CPU); yield* mmuNotifierInvalidateRangeEnd(task, range);',
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
    id: 'C17',
    title: 'the pages of a copy home stay mapped for DMA until the commit',
    reference: 'longer than need be, and no harm: the copy is over',
    scenario: 'copy-engine-both-ways',
    edits: [
      {
        module: 'drivers/dmirror/toSystem',
        find: 'if (unmappable) yield* giveBack(task, migrate, buffer); else unmapBuffer(task.arena, buffer, dst);',
        replace: 'if (unmappable) yield* giveBack(task, migrate, buffer);',
      },
      {
        module: 'drivers/dmirror/toSystem',
        in: 'moveToSystem',
        find: 'disownMoved(task.arena, src);',
        replace: 'disownMoved(task.arena, src); unmapBuffer(task.arena, buffer, dst);',
      },
    ],
  },
];
