/** Guards taken out of race windows of device-exclusive entries. */
import type { Bug } from './bug.ts';

export const exclusiveWindows: readonly Bug[] = [
  {
    id: 'E31',
    title: 'no read section around make_device_exclusive',
    reference: 'window E31 (in-tree dmirror)',
    kind: 'SDM',
    threads: 2,
    preemptions: 1,
    oracles: ['I-STALE', 'I-EXCL', 'I-FREE'],
    scenario: 'exclusive-vs-dontneed',
    settings: { exclusiveSeq: 'off' },
    edits: [],
  },
  {
    id: 'E32',
    title: 'the own EXCLUSIVE event is not passed over',
    reference: 'window E32',
    kind: 'LL',
    threads: 1,
    preemptions: 0,
    oracles: ['I-PROG'],
    scenario: 'exclusive-alone',
    edits: [
      { module: 'drivers/dmirror/invalidate', find: 'return range.event === MMU_NOTIFY_EXCLUSIVE;', replace: 'return false;' },
    ],
  },
  {
    id: 'E32b',
    title: 'every EXCLUSIVE event is passed over, whoever sent it',
    reference: 'window E32',
    kind: 'SDM',
    threads: 1,
    preemptions: 0,
    oracles: ['I-EXCL', 'I-STALE', 'I-PERM', 'I-DATA'],
    scenario: 'two-exclusives',
    edits: [
      {
        module: 'drivers/dmirror/invalidate',
        find: 'if (!isOwn(task, mirror, range)) return false;',
        replace: `
          if (range.event === MMU_NOTIFY_EXCLUSIVE) return true;
          if (!isOwn(task, mirror, range)) return false;`,
      },
    ],
  },
  {
    id: 'E33',
    title: 'no invalidation before an exclusive entry is restored',
    reference: 'window E33',
    kind: 'LU',
    threads: 1,
    preemptions: 0,
    oracles: ['I-DATA', 'I-LOST', 'I-EXCL'],
    scenario: 'exclusive-vs-cpu',
    edits: [
      {
        module: 'mm/fault/exclusiveEntry',
        in: 'restoreExclusivePte',
        find: 'yield* mmuNotifierInvalidateRangeStart(task, range);',
        replace: '',
      },
      {
        module: 'mm/fault/exclusiveEntry',
        in: 'restoreExclusivePte',
        find: 'yield* mmuNotifierInvalidateRangeEnd(task, range);',
        replace: '',
      },
    ],
  },
  {
    id: 'E34',
    title: 'fork waits for the page lock of an exclusive entry under the page-table locks',
    reference: 'window E34',
    kind: 'DL',
    threads: 1,
    preemptions: 0,
    oracles: ['I-LOCK', 'I-DEAD'],
    scenario: 'exclusive-then-fork',
    edits: [
      {
        module: 'mm/syscalls/copyPageRange',
        find: 'if (!(yield* trylockPage(task, pfn))) return -EBUSY;',
        replace: 'yield* lockPage(task, pfn);',
        imports: { lockPage: 'mm/page/pageLock' },
      },
    ],
  },
  {
    id: 'E34b',
    title: 'fork copies an exclusive entry as it is',
    reference: 'window E34',
    kind: 'COR',
    threads: 1,
    preemptions: 0,
    oracles: ['I-ENTRY', 'I-MAP', 'I-REF', 'I-EXCL'],
    scenario: 'exclusive-then-fork',
    edits: [
      {
        module: 'mm/syscalls/copyPageRange',
        find: `
          if (!(yield* trylockPage(task, pfn))) return -EBUSY;
          yield* restorePte(task, pte, vma);
          yield* unlockPage(task, pfn);
          return yield* copyPresent(task, pte, childPte, 0);`,
        replace: `
          yield* getPage(task, pfn);
          addAnonRmap(arena, pfn, false);
          store(arena, childPte, entry);
          return 0;`,
      },
    ],
  },
  {
    id: 'F28',
    title: 'make_device_exclusive does not look again under the page-table lock',
    reference: 'window F28',
    kind: 'COR',
    threads: 2,
    preemptions: 1,
    oracles: ['I-MAP', 'I-REF', 'I-ENTRY', 'I-STALE', 'I-EXCL', 'I-FREE', 'I-PROG'],
    scenario: 'exclusive-vs-dontneed',
    edits: [
      {
        module: 'migrate/exclusive',
        find: 'const same = ptePresent(pte) && pteWrite(pte) && ptePfn(pte) === pfn;',
        replace: 'const same = true;',
      },
    ],
  },
];
