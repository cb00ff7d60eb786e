/** Small mutants of huge pages: their leaves while they migrate, and their one lock. */
import type { Bug } from './bug.ts';

export const hugePageMutants: readonly Bug[] = [
  {
    id: 'M17',
    title: 'the leaf of a huge page that leaves is cleared, and not invalidated: a zap that looks without the PTL finds nothing',
    reference: 'mutation testing of the model; mm/pgtable-generic.c pmdp_invalidate says why it is not so',
    kind: 'AV',
    threads: 2,
    preemptions: 1,
    oracles: ['I-DATA'],
    scenario: 'huge-migration-vs-discard',
    edits: [
      {
        module: 'mm/huge/splitHugePmd',
        in: 'invalidateLeaf',
        find: 'if (!ptePresent(leaf) || cas(arena, word, leaf, leaf | PTE_INVALID) === leaf) return leaf;',
        replace: 'if (ptePresent(leaf)) return xchg(arena, word, PTE_HUGE); return leaf;',
        imports: { xchg: 'arena/access' },
      },
    ],
  },
  {
    id: 'M18',
    title: 'the leaf of a huge page in device memory is cleared on its way home: a zap that looks without the PTL finds nothing',
    reference:
      'as in kernels that migrate huge pages of devices: a leaf that is not present is cleared there, and not invalidated',
    kind: 'AV',
    threads: 2,
    preemptions: 1,
    oracles: ['I-DATA'],
    scenario: 'huge-return-vs-discard',
    edits: [
      {
        module: 'mm/huge/splitHugePmd',
        in: 'invalidateLeaf',
        find: 'if (!ptePresent(leaf) || cas(arena, word, leaf, leaf | PTE_INVALID) === leaf) return leaf;',
        replace:
          'if (!ptePresent(leaf)) return xchg(arena, word, PTE_HUGE); if (cas(arena, word, leaf, leaf | PTE_INVALID) === leaf) return leaf;',
        imports: { xchg: 'arena/access' },
      },
    ],
  },
  {
    id: 'M19',
    title:
      'whose lock a fault has is remembered from before its huge page was split: the head is taken for locked, and moves without its lock',
    reference:
      'kernels that split a huge page under the fault on a tail remember it so; the fault on the tail is then needed twice',
    kind: 'other',
    threads: 1,
    preemptions: 0,
    oracles: ['I-LOCK'],
    scenario: 'granule-of-a-split-huge-page',
    edits: [
      {
        module: 'migrate/collectTable',
        find: 'const lockedPage = head === 0 || head === faultPage ? faultPage : 0;',
        replace: 'const lockedPage = head || faultPage;',
      },
    ],
  },
  {
    id: 'M20',
    title:
      'a huge page in device memory has a lock for each piece once its first is gone: two faults keep each other from splitting it',
    reference: 'the model, until a huge page had one lock',
    kind: 'LL',
    threads: 2,
    preemptions: 2,
    oracles: ['I-PROG'],
    scenario: 'huge-pieces-touched-at-both-ends',
    edits: [
      {
        module: 'mm/page/page',
        find: 'inBlock(arena, pfn) ? compoundHead(arena, pfn) || pfn : pfn',
        replace:
          'inBlock(arena, pfn) && (!isDevicePage(arena, pfn) || pageCount(arena, compoundHead(arena, pfn)) > 0) ? compoundHead(arena, pfn) || pfn : pfn',
      },
    ],
  },
  {
    id: 'M21',
    title: 'who has got a lock does not look again whose it is: the huge page was split since, and it is that of another piece',
    reference: 'the model: a huge page has one lock',
    kind: 'COR',
    threads: 2,
    preemptions: 2,
    oracles: ['I-LOCK'],
    scenario: 'huge-pieces-touched-at-both-ends',
    edits: [
      {
        module: 'mm/page/pageLock',
        in: 'trylockPage',
        find: 'word === arena.page.flags + folio',
        replace: 'word !== 0',
      },
    ],
  },
];
