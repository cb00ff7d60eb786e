/** Changes of the in-tree test driver that look like bugs and are none: nothing may be reported. */
import type { Control } from './bug.ts';

export const driverControls: readonly Control[] = [
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
        replace: 'yield* revoke(task, mirror, Math.max(0, start - 1), Math.min(end + 1, VPN_LIMIT));',
        imports: { VPN_LIMIT: 'arena/config' },
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
    id: 'C17',
    title: 'the pages of a copy home stay mapped for DMA until the commit',
    reference: 'longer than need be, and no harm: the copy is over',
    scenario: 'copy-engine-both-ways',
    edits: [
      {
        module: 'drivers/dmirror/toSystem',
        find: 'if (unmappable || (short && needsAll)) yield* giveBack(task, migrate, buffer); else unmapBuffer(task.arena, buffer, dst);',
        replace: 'if (unmappable || (short && needsAll)) yield* giveBack(task, migrate, buffer);',
      },
      {
        module: 'drivers/dmirror/toSystem',
        in: 'moveToSystem',
        find: 'disownMoved(task.arena, src);',
        replace: 'disownMoved(task.arena, src); unmapBuffer(task.arena, buffer, dst);',
      },
    ],
  },
  {
    id: 'C18',
    title: 'the zap flushes the device, and looks for mappings to end, though no entry was there',
    reference: 'more than need be, and no harm',
    scenario: 'device-fault-vs-dontneed@nouveau',
    edits: [
      {
        module: 'drivers/nouveau/vmm',
        in: 'nvkmVmmPfnUnmap',
        find: 'if (!(yield* gp100VmmPfnClear(task, mirror, start, end))) return;',
        replace: 'yield* gp100VmmPfnClear(task, mirror, start, end);',
      },
    ],
  },
];
