/** Small mutants of notifiers, range faults and page tables that nothing killed until a rule or a scenario was added for them. */
import type { Bug } from './bug.ts';

export const memoryMutants: readonly Bug[] = [
  {
    id: 'M01',
    title: 'two intervals: when one refuses, the second passes of the others are made twice',
    reference: 'mutation testing of the model',
    kind: 'COR',
    threads: 2,
    preemptions: 1,
    oracles: ['I-PAIR', 'I-CB'],
    scenario: 'oom-vs-two-intervals',
    edits: [
      {
        module: 'notifier/invalidate',
        find: 'if (!ok) yield* invEnd(task, subs); return ok;',
        replace: `
          if (!ok) {
            for (const { sub: started, finish } of unfinished) {
              const { invalidateFinish } = intervalOps(get(arena, started + IntervalSub.ops));
              if (invalidateFinish !== undefined) yield* invalidateFinish(task, finish);
              endCall(task, started);
            }
            yield* invEnd(task, subs);
          }
          return ok;`,
      },
    ],
  },
  {
    id: 'M01b',
    title: 'an interval refuses, and classic notifiers hear of an end whose start they never heard of',
    reference: 'mutation testing of the model',
    kind: 'COR',
    threads: 2,
    preemptions: 1,
    oracles: ['I-PAIR'],
    scenario: 'oom-vs-two-intervals-turned',
    edits: [
      {
        module: 'notifier/invalidate',
        find: 'if (get(arena, subs + Subscriptions.hasItree) !== 0 && !(yield* intervalPass(task, subs, range))) return -EAGAIN;',
        replace: `
          if (get(arena, subs + Subscriptions.hasItree) !== 0 && !(yield* intervalPass(task, subs, range))) {
            yield* classicEnds(task, subs, range);
            return -EAGAIN;
          }`,
      },
    ],
  },
  {
    id: 'M01c',
    title: 'a classic notifier refuses, and those behind it are not called, but hear of the end',
    reference: 'mutation testing of the model',
    kind: 'COR',
    threads: 2,
    preemptions: 1,
    oracles: ['I-PAIR'],
    scenario: 'oom-vs-two-notifiers-turned',
    edits: [{ module: 'notifier/invalidate', find: 'error = result;', replace: 'error = result; break;' }],
  },
  {
    id: 'M02',
    title: 'a page that another device has to itself is an error for a range fault, and not a page to fault in',
    reference: 'mutation testing of the model',
    kind: 'ERR',
    threads: 1,
    preemptions: 0,
    oracles: ['I-OUT'],
    scenario: 'foreign-exclusive-page',
    edits: [
      {
        module: 'hmm/cases',
        find: 'pte === 0 || isDevicePrivate(pte) || isDeviceExclusive(pte) || isSwap(pte)',
        replace: 'pte === 0 || isDevicePrivate(pte) || isSwap(pte)',
      },
    ],
  },
  {
    id: 'M07',
    title: 'mprotect flushes no TLB',
    reference: 'mutation testing of the model',
    kind: 'SEC',
    threads: 2,
    preemptions: 0,
    oracles: ['I-PERM'],
    scenario: 'cpu-store-vs-mprotect',
    edits: [
      {
        module: 'mm/syscalls/mprotect',
        in: 'protectTable',
        find: 'if (flush) yield* flushTlbRange(task, { mm, start, end });',
        replace: '',
      },
    ],
  },
  {
    id: 'M11',
    title: 'a range fault does not ask whether a mapping may be read',
    reference: 'mutation testing of the model',
    kind: 'SEC',
    threads: 1,
    preemptions: 0,
    oracles: ['I-PERM'],
    scenario: 'device-read-of-unreadable',
    edits: [
      {
        module: 'hmm/walk',
        find: 'const readable = (flags & VM_READ) !== 0 && (flags & (VM_IO | VM_PFNMAP)) === 0;',
        replace: 'const readable = (flags & (VM_IO | VM_PFNMAP)) === 0;',
      },
    ],
  },
  {
    id: 'M14',
    title: 'the dirty bit of an entry that reclaim clears is forgotten',
    reference: 'mutation testing of the model',
    kind: 'LU',
    threads: 1,
    preemptions: 0,
    oracles: ['I-DATA', 'I-DIRTY'],
    scenario: 'device-read-vs-reclaim',
    edits: [{ module: 'mm/rmap/unmap', find: 'setPageFlags(arena, pfn, PG_DIRTY)', replace: '0' }],
  },
  {
    id: 'M15',
    title: 'a page of a device that may not be mapped by another is mapped all the same',
    reference: 'mutation testing of the model',
    kind: 'SEC',
    threads: 1,
    preemptions: 0,
    oracles: ['I-ISO'],
    scenario: 'foreign-device-page',
    edits: [
      {
        module: 'hmm/cases',
        in: 'nonpresent',
        find: 'isDevicePrivate(pte) && range.devPrivateOwner !== 0 && pgmapOwner(arena, ptePfn(pte)) === range.devPrivateOwner',
        replace: 'isDevicePrivate(pte)',
      },
    ],
  },
  {
    id: 'M23',
    title: 'the first subscription takes the locks of anonymous memory, and not those of files',
    reference: 'found by the race matrix in the model',
    kind: 'COR',
    threads: 2,
    preemptions: 1,
    oracles: ['I-PAIR', 'I-SEQ'],
    scenario: 'given open 0 0 | file 0 1 | mmap 0 1 rw fshared 0 | cw 0 1 7; A: fpunch 0 0 1; B: dread 0 0 1@kfd-svm',
    edits: [
      {
        module: 'notifier/register',
        find: 'files.add(deref(arena, addressSpace, file) + AddressSpace.lock)',
        replace: '0',
      },
    ],
  },
  {
    id: 'M24',
    title: 'fork makes the entry of the child clean, as of a shared mapping',
    reference: 'found by the race matrix in the model',
    kind: 'LU',
    threads: 2,
    preemptions: 0,
    oracles: ['I-DIRTY'],
    scenario: 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | madvise 0 1 pageout | cr 0 1 | cw 0 1 8; A: cw 0 1 11; B: fork 2',
    edits: [
      {
        module: 'mm/syscalls/copyPageRange',
        in: 'copyPresent',
        find: 'pteFlags(entry) & ~PTE_WRITE',
        replace: 'pteFlags(entry) & ~(PTE_WRITE | PTE_DIRTY)',
        imports: { PTE_DIRTY: 'mm/table/pte' },
      },
    ],
  },
  {
    id: 'M25',
    title: 'anon_vma_prepare without the lock of the anon_vma: two faults put themselves on its list',
    reference: 'mutation testing of the model; no order of steps shows it but by the lock that is missing',
    kind: 'AV',
    threads: 2,
    preemptions: 0,
    oracles: ['I-LOCK'],
    scenario: 'given open 0 0 | mmap 0 1 rw anon; A: cw 0 1 11; B: dwrite 0 0 1 12',
    edits: [
      { module: 'mm/rmap/rmap', in: 'anonVmaPrepare', find: 'yield* anonVmaLock(task, anonVma);', replace: '' },
      { module: 'mm/rmap/rmap', in: 'anonVmaPrepare', find: 'yield* anonVmaUnlock(task, anonVma);', replace: '' },
    ],
  },
  {
    id: 'M26',
    title: 'the child of a fork gets the leaf of a huge page without the page-table lock of the child',
    reference: 'found by the check of locks in the model; the kernel takes both locks',
    kind: 'AV',
    threads: 2,
    preemptions: 0,
    oracles: ['I-LOCK'],
    scenario: 'given open 0 0 | mmap 0 H rw anon | madvise 0 H hugepage | cw 0 1 7; A: cw 0 1 11; B: fork 2',
    edits: [
      {
        module: 'mm/syscalls/copyPageRange',
        in: 'copyLeaf',
        find: 'const childPtl = ptlOf(arena, childTable);',
        replace: 'const childPtl = ptlOf(arena, get(arena, parent + Mm.pgd));',
      },
    ],
  },
  {
    id: 'M27',
    title: 'munmap looks for a hugetlb mapping before it holds mmap_lock',
    reference: 'found by the check of locks in the model',
    kind: 'AV',
    threads: 2,
    preemptions: 0,
    oracles: ['I-LOCK'],
    scenario: 'given open 0 0 | mmap 0 H rw anon | madvise 0 H hugepage | cw 0 1 7; A: munmap 0 1; B: madvise 0 1 dontneed',
    edits: [
      {
        module: 'mm/syscalls/mmap',
        in: 'munmap',
        find: 'yield* mmapWriteLock(task, mm);',
        replace: 'cutsHugetlb(task.arena, mm, start, end); yield* mmapWriteLock(task, mm);',
      },
    ],
  },
  {
    id: 'M28',
    title: 'a pin for reading takes a page that is shared after fork as it is',
    reference: 'kernels before 5.19; sanity_check_pinned_pages says why it is not so',
    kind: 'AV',
    threads: 2,
    preemptions: 0,
    oracles: ['I-ENTRY'],
    scenario: 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | fork 1; A: pvr 0 1; B: @1 cw 0 1 12',
    edits: [{ module: 'mm/fault/gup', in: 'followPage', find: 'mustUnshare(task, vma, pte, foll)', replace: 'false' }],
  },
  {
    id: 'M29',
    title: 'memory that is moved counts its pages from its new place: the reverse mapping looks for them elsewhere',
    reference: 'mutation testing of the model',
    kind: 'other',
    threads: 2,
    preemptions: 0,
    oracles: ['I-MAP'],
    scenario: 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7; A: mremap 0 1 2H 1; B: cr 0 1',
    edits: [
      {
        module: 'mm/syscalls/mremap',
        in: 'moveVma',
        find: 'const pgoff = untouched ? to : linearPageIndex(arena, vma, from);',
        replace: 'const pgoff = to;',
      },
    ],
  },
  {
    id: 'M30',
    title: 'a reverse walk visits mappings that the page cannot be in',
    reference: 'mutation testing of the model; VM_BUG_ON_VMA in rmap_walk_anon',
    kind: 'other',
    threads: 2,
    preemptions: 0,
    oracles: ['I-MAP'],
    scenario: 'given open 0 0 | mmap 0 2 rw anon | cw 0 2 7 | mprotect 1 1 r; A: cr 0 1; B: dmig 0 0 1',
    edits: [
      {
        module: 'mm/rmap/rmap',
        in: 'rmapWalk',
        find: 'if (vpn < start || vpn > nodeLast(arena, vma + Vma.node)) continue;',
        replace: '',
      },
    ],
  },
  {
    id: 'M31',
    title: 'reclaim takes pages that are locked in memory',
    reference: 'mutation testing of the model',
    kind: 'other',
    threads: 2,
    preemptions: 0,
    oracles: ['I-ENTRY'],
    scenario: 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | mlock 0 1; A: reclaim 0 1; B: cr 0 1',
    edits: [{ module: 'mm/swap/reclaim', find: '(vmaFlags(arena, vma) & VM_LOCKED) !== 0', replace: 'false' }],
  },
  {
    id: 'M32',
    title:
      'a fault does not ask whether the page that it has locked is still in the file, and maps one that a hole has taken out',
    reference: 'mutation testing of the model',
    kind: 'SDM',
    threads: 2,
    preemptions: 1,
    oracles: ['I-MAP', 'I-DATA'],
    scenario: 'given open 0 0 | file 0 1 | mmap 0 1 rw fshared 0; A: cr 0 1; B: fpunch 0 0 1',
    edits: [
      {
        module: 'mm/fault/fileFault',
        in: 'lockedFilePage',
        find: 'stillInFile(arena, mapping, pfn)',
        replace: 'true',
      },
    ],
  },
];
