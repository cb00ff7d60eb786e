/** Real bugs of GPU drivers: amdgpu, nouveau, xe, i915, and what they share. */
import type { Bug } from './bug.ts';

export const gpuBugs: readonly Bug[] = [
  {
    id: 'X09',
    title: 'dma-address-as-pfn: a copy home is given up, and its pages are looked for by their DMA addresses',
    reference: 'amdkfd, 960c4a8069bf',
    kind: 'COR',
    threads: 1,
    preemptions: 0,
    oracles: ['I-LOCK', 'I-REF'],
    scenario: 'unmappable-home-kfd',
    edits: [
      {
        module: 'drivers/dmirror/toSystem',
        in: 'giveBack',
        find: 'const pfn = migratePfnToPage(dst[i]);',
        replace: 'const pfn = Number(buffer?.addresses[i] ?? 0);',
      },
    ],
  },
  {
    id: 'X11',
    title: 'unmap-after-clear: DMA mappings are looked for in an array that has been cleared, and stay',
    reference: 'drm/pagemap, CVE-2026-93284',
    kind: 'LEAK',
    threads: 1,
    preemptions: 0,
    oracles: ['I-DMA'],
    scenario: 'unmappable-home-xe',
    edits: [
      {
        module: 'drivers/dmirror/toSystem',
        in: 'giveBack',
        find: `
          unmapBuffer(task.arena, buffer, dst);
          for (let i = 0; i < dst.length; i++) {
            const pfn = migratePfnToPage(dst[i]);
            dst[i] = 0;
            if (pfn === 0) continue;
            yield* unlockSlot(task, pfn, dst, i);
            yield* putPage(task, pfn);
          }`,
        replace: `
          for (let i = 0; i < dst.length; i++) {
            const pfn = migratePfnToPage(dst[i]);
            dst[i] = 0;
            if (pfn === 0) continue;
            yield* unlockSlot(task, pfn, dst, i);
            yield* putPage(task, pfn);
          }
          unmapBuffer(task.arena, buffer, dst);`,
      },
    ],
  },
  {
    id: 'R49',
    title: 'retry-without-lock: the retry check comes before the lock that the callback takes',
    reference: 'commit f95f51a4c335 (amdgpu), 2022',
    kind: 'SDM',
    threads: 2,
    preemptions: 1,
    oracles: ['I-STALE', 'I-PERM'],
    scenario: 'device-fault-vs-munmap',
    edits: [
      {
        module: 'drivers/dmirror/fault',
        find: 'yield* mutexLock(task, updateLock, LockClass.updateLock);',
        replace: `
          const stale = mmuIntervalReadRetry(task, notifier, range.notifierSeq);
          yield* mutexLock(task, updateLock, LockClass.updateLock);`,
      },
      {
        module: 'drivers/dmirror/fault',
        find: 'const late = optionIs(arena, mirror, Is.retryCheckLocked) && mmuIntervalReadRetry(task, notifier, range.notifierSeq);',
        replace: 'const late = stale;',
      },
    ],
  },
  {
    id: 'R50',
    title: 'shared-range-pointer: two submissions keep the description of their range in one place',
    reference: 'commit fec8fdb54e8f (amdgpu), 2022',
    kind: 'DF, LEAK',
    threads: 2,
    preemptions: 1,
    oracles: ['I-UAF', 'I-QUIET'],
    scenario: 'two-submissions',
    edits: [
      {
        module: 'scenarios/windows/driverObjects',
        find: `
          const range = objectAlloc(arena);
          yield Point.driverSnapshot;
          objectUse(arena, range);
          yield Point.driverChecked;
          objectPut(arena, range);`,
        replace: `
          store(arena, OBJECT, objectAlloc(arena));
          yield Point.driverSnapshot;
          objectUse(arena, load(arena, OBJECT));
          yield Point.driverChecked;
          objectPut(arena, load(arena, OBJECT));`,
      },
    ],
  },
  {
    id: 'R51',
    title: 'unregister-unregistered: the insertion failed, and the interval is removed anyway',
    reference: 'CVE-2024-26656 (amdgpu)',
    kind: 'UAF',
    threads: 1,
    preemptions: 0,
    oracles: ['I-UAF', 'I-CB', 'I-CRASH'],
    scenario: 'open-after-exit',
    edits: [
      {
        module: 'drivers/dmirror/interval',
        find: 'if (error !== 0) poolFree(arena, arena.pools.interval, sub);',
        replace: `
          if (error !== 0) {
            yield* mmuIntervalNotifierRemove(task, sub);
            poolFree(arena, arena.pools.interval, sub);
          }`,
      },
    ],
  },
  {
    id: 'R52',
    title: 'page-touch-without-lock: pages of a range fault are marked before the sequence is checked',
    reference: 'commit ea3e66d280ce (xe), 2025',
    kind: 'UAF, COR',
    threads: 2,
    preemptions: 1,
    oracles: ['I-FREE', 'I-ISO'],
    scenario: 'device-fault-vs-dontneed',
    edits: [
      {
        module: 'drivers/dmirror/fault',
        find: 'yield Point.driverSnapshot;',
        replace: `
          yield Point.driverSnapshot;
          for (let i = 0; i < range.end - range.start; i++) setPageFlags(arena, range.hmmPfns[i] & 0xfffff, PG_DIRTY);`,
        imports: { PG_DIRTY: 'mm/page/page', setPageFlags: 'mm/page/page' },
      },
    ],
  },
  {
    id: 'R53',
    title: 'dma-map-survives-invalidate: the callback unmaps the page from the device, but not from the IOMMU',
    reference: 'commit ba767b9d01a2 (xe), 2025',
    kind: 'SEC, SDM',
    threads: 2,
    preemptions: 0,
    oracles: ['I-STALE'],
    scenario: 'device-maps-what-is-discarded@gpusvm-xe',
    settings: { dmaUnmap: 'close' },
    edits: [],
  },
  {
    id: 'R54',
    title: 'zap-outside-lock: the callback drops the lock before it zaps',
    reference: 'commit 84211b1c0db6 (xe), 2025',
    kind: 'UAF',
    threads: 3,
    preemptions: 1,
    oracles: ['I-TLB', 'I-UAF', 'I-STALE', 'I-FREE', 'I-DATA', 'I-LOST'],
    scenario: 'device-tlb-vs-two-zaps',
    edits: [
      { module: 'drivers/dmirror/invalidate', in: 'invalidate', find: 'yield* revoke(task, mirror, start, end);', replace: '' },
      {
        module: 'drivers/dmirror/invalidate',
        in: 'invalidate',
        find: 'yield* mutexUnlock(task, updateLock, LockClass.updateLock);',
        replace: `
          yield* mutexUnlock(task, updateLock, LockClass.updateLock);
          yield* revoke(task, mirror, range.start, range.end);`,
      },
    ],
  },
  {
    id: 'R63',
    title: 'page-lock-in-notifier: the callback takes the page lock that its caller holds',
    reference: 'i915, 2019',
    kind: 'DL',
    threads: 1,
    preemptions: 0,
    oracles: ['I-DEAD', 'I-LOCK'],
    scenario: 'evict-mapped-page',
    edits: [
      {
        module: 'drivers/base/deviceTable',
        find: `
          if (dirties && (entry & DEV_VALID) !== 0 && (entry & (DEV_WRITE | DEV_ATOMIC)) !== 0)
            setPageFlags(arena, deviceEntryPfn(entry), PG_DIRTY);`,
        replace: `
          yield* lockPage(task, deviceEntryPfn(entry));
          setPageFlags(arena, deviceEntryPfn(entry), PG_DIRTY);
          yield* unlockPage(task, deviceEntryPfn(entry));`,
        imports: { lockPage: 'mm/page/pageLock', unlockPage: 'mm/page/pageLock' },
      },
    ],
  },
  {
    id: 'R66',
    title: 'chunk-start-wrong: a large request is cut in pieces, and only the first one is done',
    reference: 'commit 66cee9097e2b (nouveau), 2022',
    kind: 'ERR',
    threads: 1,
    preemptions: 0,
    oracles: ['I-OUT'],
    scenario: 'fault-of-four-pages',
    edits: [
      {
        module: 'drivers/dmirror/fault',
        find: 'result = yield* faultChunk(task, request, sub, at, stop);',
        replace: 'result = yield* faultChunk(task, request, sub, start, Math.min(start + chunk, end));',
      },
    ],
  },
];
