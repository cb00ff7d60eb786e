/** Mistakes in the invalidation of an IOTLB: a real one, and some that any driver could make. */
import type { Bug } from './bug.ts';

export const svaMistakes: readonly Bug[] = [
  {
    id: 'X13',
    title: 'flush-of-everything-is-nothing: the size of a flush from 0 to -1 is rounded up to nothing',
    reference: 'VT-d SVA, e7ad6c2a4b1a',
    kind: 'SDM, SEC',
    threads: 2,
    preemptions: 0,
    oracles: ['I-PERM', 'I-ISO'],
    scenario: 'sva-write-vs-fork',
    settings: { flushAll: 'pages' },
    edits: [],
  },
  {
    id: 'G40',
    title: 'a flush takes a lock that may sleep',
    reference: 'driver mistake; most flushes come under a page-table lock',
    kind: 'DL',
    threads: 1,
    preemptions: 0,
    oracles: ['I-LOCK'],
    scenario: 'sva-write-vs-fork',
    edits: [
      {
        module: 'drivers/sva/index',
        in: 'archInvalidateSecondaryTlbs',
        find: 'yield* flushPasid(task, mirror);',
        replace: `
          {
            yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock);
            yield* flushPasid(task, mirror);
            yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);
          }`,
        imports: { LockClass: 'sync/lockClass', mutexLock: 'sync/spinlock', mutexUnlock: 'sync/spinlock' },
      },
    ],
  },
  {
    id: 'G38',
    title: 'a flush invalidates the translations of another device than that of its notifier',
    reference: 'driver mistake',
    kind: 'SDM',
    threads: 2,
    preemptions: 0,
    oracles: ['I-STALE', 'I-TLB', 'I-FREE', 'I-DATA'],
    scenario: 'sva-two-devices-vs-dontneed',
    edits: [
      {
        module: 'drivers/sva/index',
        in: 'archInvalidateSecondaryTlbs',
        find: 'yield* flushPages(task, mirror, start, end - start);',
        replace: 'yield* flushPages(task, firstMirror(task.arena), start, end - start);',
      },
      {
        module: 'drivers/sva/index',
        find: 'const NOTIFIER = Mirror.private + 2;',
        replace: `
          const NOTIFIER = Mirror.private + 2;
          const firstMirror = (arena) => [...liveObjects(arena, arena.pools.mirror)][0];`,
        imports: { liveObjects: 'arena/pool' },
      },
    ],
  },
  {
    id: 'G39',
    title: 'the end of a flush is taken for its last page but one',
    reference: 'driver mistake',
    kind: 'SDM',
    threads: 2,
    preemptions: 0,
    oracles: ['I-STALE', 'I-TLB', 'I-FREE', 'I-DATA'],
    scenario: 'sva-write-vs-munmap',
    edits: [
      {
        module: 'drivers/sva/index',
        in: 'archInvalidateSecondaryTlbs',
        find: 'yield* flushPages(task, mirror, start, end - start);',
        replace: 'yield* flushPages(task, mirror, start, end - start - 1);',
      },
    ],
  },
];
