/** Real bugs of SVM ranges (amdkfd, drm_gpusvm, xe), their workers and their fault queues. */
import type { Bug } from './bug.ts';

/** Programs in place of scenarios: a page that was written, and that the device has mapped. */
const WRITTEN = 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7';
const MAPPED = `${WRITTEN} | dwrite 0 0 1 6`;

export const svmBugs: readonly Bug[] = [
  {
    id: 'R55',
    title: 'unbalanced-unlock: an error exit unlocks what was not locked yet',
    reference: 'commit d287dee565c3 (gpusvm)',
    kind: 'COR',
    threads: 1,
    preemptions: 0,
    oracles: ['I-LOCK'],
    scenario: 'device-write-to-read-only',
    edits: [
      {
        module: 'drivers/dmirror/fault',
        find: 'if (result === -EBUSY) count(task, Counter.rangeBusy); return result;',
        replace: 'yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock); return result;',
      },
    ],
  },
  {
    id: 'R56',
    title: 'svmbo-double-unref: two threads see the buffer of a range, and both drop it',
    reference: 'CVE-2023-52825 (kfd)',
    kind: 'DF',
    threads: 2,
    preemptions: 1,
    oracles: ['I-REF', 'I-UAF'],
    scenario: 'buffer-dropped-by-two',
    edits: [
      {
        module: 'scenarios/windows/driverObjects',
        find: `
          const buffer = xchg(arena, OBJECT, 0);
          yield Point.driverCommitted;
          if (buffer !== 0) objectPut(arena, buffer);`,
        replace: `
          const buffer = load(arena, OBJECT);
          yield Point.driverCommitted;
          if (buffer !== 0) {
            objectPut(arena, buffer);
            store(arena, OBJECT, 0);
          }`,
      },
    ],
  },
  {
    id: 'R57',
    title: 'recursive-migrate-lock: a fault under the driver lock brings home a page of the driver itself',
    reference: 'commit a6283010e290 (kfd), 2021',
    kind: 'DL',
    threads: 1,
    preemptions: 0,
    oracles: ['I-DEAD', 'I-LOCK'],
    scenario: 'own-page-behind-a-hole',
    edits: [
      {
        module: 'drivers/dmirror/fault',
        find: 'result = yield* hmmRangeFault(task, range); yield* mmapReadUnlock(task, mm);',
        replace: `
          yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock);
          result = yield* hmmRangeFault(task, range);
          yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);
          yield* mmapReadUnlock(task, mm);`,
      },
    ],
  },
  {
    id: 'R58',
    title: 'drain-flag-lost: a request to drain faults is cleared by the worker that serves an older one',
    reference: 'commit 6946be2443cf (kfd), 2021',
    kind: 'LU',
    threads: 3,
    preemptions: 1,
    oracles: ['I-OUT', 'I-ISO', 'I-QUIET'],
    scenario: 'drain-vs-second-munmap',
    edits: [
      {
        module: 'drivers/kfd/retryFaults',
        find: 'if (cas(arena, mirror + DRAIN, requests, 0) === requests) return;',
        replace: 'store(arena, mirror + DRAIN, 0); return;',
        imports: { store: 'arena/access' },
      },
    ],
  },
  {
    id: 'R59',
    title: 'deferred-unlink-early: a range leaves the list before mmap_lock is held',
    reference: 'commit 367c9b0f1b87 (kfd), 2022',
    kind: 'UAF, COR',
    threads: 2,
    preemptions: 1,
    oracles: ['I-UAF'],
    scenario: 'worker-vs-second-munmap',
    edits: [
      {
        module: 'drivers/kfd/deferredList',
        find: 'yield* lockDrained(task, mirror, mm); yield* listDelete(task, mirror + LIST, sub);',
        replace: 'yield* listDelete(task, mirror + LIST, sub); yield* lockDrained(task, mirror, mm);',
      },
    ],
  },
  {
    id: 'R60',
    title: 'worker-last-mmput: a worker drops the last user, and the exit cancels a worker that waits for it',
    reference: 'commit 6225bb3a88d2 (kfd), 2022',
    kind: 'DL',
    threads: 2,
    preemptions: 0,
    oracles: ['I-DEAD', 'I-LOCK'],
    scenario: 'restore-vs-exit',
    edits: [
      {
        module: 'drivers/kfd/index',
        find: 'if (range.event === MMU_NOTIFY_RELEASE) return true;',
        replace: `
          if (range.event === MMU_NOTIFY_RELEASE) {
            yield* cancelWorkSync(task, mirror + Mirror.work, restore);
            return true;
          }`,
      },
    ],
  },
  {
    id: 'R61',
    title: 'evict-worker-mm: an eviction worker uses an address space it has no reference on',
    reference: 'amdkfd, 2022',
    kind: 'UAF',
    threads: 2,
    preemptions: 1,
    oracles: ['I-UAF'],
    scenario: 'eviction-worker-vs-exit',
    edits: [
      {
        module: 'drivers/kfd/evict',
        find: `
          if (!mmgetNotZero(task.arena, mm)) return;
          yield* migrateAll(task, mirror, mm);
          yield* mmput(task, mm);`,
        replace: 'yield* migrateAll(task, mirror, mm);',
      },
    ],
  },
  {
    id: 'R62',
    title: 'stale-fault-after-unmap: a fault that was queued before munmap is served after it',
    reference: 'commits 0cc53cb45066, cda0817b41bd (kfd), 2021',
    kind: 'ERR, UAF',
    threads: 2,
    preemptions: 1,
    oracles: ['I-OUT', 'I-UAF'],
    scenario: 'repeated-fault-vs-munmap',
    edits: [
      {
        module: 'drivers/kfd/fault',
        find: 'result = sub !== 0 && (yield* isStale(task, mirror, sub, start)) ? -EBUSY : -EFAULT;',
        replace: 'result = -EFAULT;',
      },
    ],
  },
  {
    id: 'X06',
    title: 'range-tug-of-war: two devices want the same range whole, and send it home from each other before either has bound it',
    reference: 'xe, 0620837490e0',
    kind: 'LL',
    threads: 2,
    preemptions: 2,
    oracles: ['I-PROG'],
    scenario: 'two-devices-want-a-range',
    edits: [
      {
        module: 'drivers/gpusvm/fault',
        find: 'if (optionIs(arena, mirror, Is.migrateDevmemOn)) yield* migrateRange(task, mirror, sub, at, stop);',
        replace: '',
      },
      {
        module: 'drivers/gpusvm/fault',
        find: 'const gotten = yield* getPages(task, mirror, range);',
        replace: `
          if (optionIs(task.arena, mirror, Is.migrateDevmemOn))
            yield* migrateRange(task, mirror, range.notifier, range.start, range.end);
          const gotten = yield* getPages(task, mirror, range);`,
      },
      {
        module: 'drivers/gpusvm/migrate',
        find: `
          yield* devmemLock(task);
          yield* rangeEvict(task, mirror, sub, start, end);
          result = yield* migrateOnce(task, mirror, start, end);
          yield* devmemUnlock(task);`,
        replace: `
          yield* devmemLockShared(task);
          yield* rangeEvict(task, mirror, sub, start, end);
          result = yield* migrateOnce(task, mirror, start, end);
          yield* devmemUnlockShared(task);`,
      },
    ],
  },
  {
    id: 'X19',
    title:
      'home-noted-too-early: a granule counts as home when a migration is over, and a page that another fault had locked has stayed',
    reference: 'amdkfd, 740a451b0797',
    kind: 'LL',
    threads: 2,
    preemptions: 1,
    oracles: ['I-PROG'],
    scenario: 'granule-comes-home-to-two-faults',
    edits: [],
    settings: { homeNote: 'pass' },
  },
  {
    id: 'X04',
    title:
      'last-user-in-callback: the callback keeps the address space for its time, and is the last to let go: the exit runs under an rmap lock',
    reference: 'amdkfd, a29e067bd389, CVE-2025-38520',
    kind: 'DL',
    threads: 2,
    preemptions: 1,
    oracles: ['I-LOCK', 'I-DEAD'],
    scenario: `${MAPPED}; A: exit; B: reclaim 0 1@kfd-svm`,
    edits: [
      {
        module: 'drivers/kfd/index',
        in: 'invalidate',
        find: 'if (range.event === MMU_NOTIFY_RELEASE) return true;',
        replace:
          'if (range.event === MMU_NOTIFY_RELEASE) return true; const held = mmgetNotZero(arena, mirrorMm(arena, mirror));',
        imports: { mmgetNotZero: 'notifier/mmCount', mirrorMm: 'drivers/base/mirror' },
      },
      {
        module: 'drivers/kfd/index',
        in: 'invalidate',
        find: 'yield* mutexUnlock(task, updateLock, LockClass.updateLock); return true;',
        replace:
          'yield* mutexUnlock(task, updateLock, LockClass.updateLock); if (held) yield* mmput(task, mirrorMm(arena, mirror)); return true;',
        imports: { mmput: 'mm/syscalls/exit' },
      },
    ],
  },
  {
    id: 'X15',
    title:
      'restore-gives-up: the worker that restores queues ends at the first entry that cannot be restored, and begins again there',
    reference: 'amdkfd, ROCm issue 5952',
    kind: 'LL',
    threads: 2,
    preemptions: 0,
    oracles: ['I-PROG'],
    scenario: `${MAPPED}; A: mprotect 0 1 r; B: dread 0 0 1@kfd-svm`,
    settings: { xnack: 'off' },
    edits: [
      {
        module: 'drivers/base/queues',
        in: 'validate',
        find: `
          yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock);
          yield* eraseDeviceEntries(task, mirror, vpn, vpn + 1);
          yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);`,
        replace: 'add(arena, mirror + EVICTED, 1); return;',
      },
    ],
  },
  {
    id: 'X20',
    title: 'mask-left-over: what an earlier pass has found is in the array, and the mask lets it count as a request',
    reference: 'xe, pfn_flags_mask, 2025',
    kind: 'ERR',
    threads: 2,
    preemptions: 1,
    oracles: ['I-OUT'],
    scenario: `${WRITTEN}; A: mprotect 0 1 r; B: dread 0 0 1@gpusvm-xe`,
    edits: [
      {
        module: 'drivers/gpusvm/fault',
        in: 'getPages',
        find: 'stickyBits(arena, mirror, range);',
        replace: 'range.pfnFlagsMask = HMM_PFN_REQ_FAULT | HMM_PFN_REQ_WRITE;',
        imports: { HMM_PFN_REQ_FAULT: 'hmm/pfn', HMM_PFN_REQ_WRITE: 'hmm/pfn' },
      },
    ],
  },
];
