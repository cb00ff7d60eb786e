/** Changes around secondary TLBs that look like bugs and are none. */
import type { Control } from './bug.ts';

export const svaControls: readonly Control[] = [
  {
    id: 'C19',
    title: 'each flush is one of the whole PASID',
    reference: 'over-invalidation is allowed, and what X13 lacks',
    scenario: 'sva-write-vs-fork',
    edits: [
      {
        module: 'drivers/sva/index',
        in: 'archInvalidateSecondaryTlbs',
        find: 'end === TLB_FLUSH_ALL && optionIs(task.arena, mirror, Is.flushAllPasid)',
        replace: 'end === TLB_FLUSH_ALL || start < end',
      },
    ],
  },
  {
    id: 'C20',
    title: 'a flush is of as many pages as a power of two, aligned to that',
    reference: 'the address mask of VT-d says no less',
    scenario: 'sva-write-vs-munmap',
    edits: [
      {
        module: 'drivers/sva/iotlb',
        in: 'flushPages',
        find: 'invalidateIotlb(task.arena, mirror, start, start + pages);',
        replace: `
          const size = 2 << (31 - Math.clz32(pages));
          invalidateIotlb(task.arena, mirror, start - (start % size), Math.min(start - (start % size) + 2 * size, VPN_LIMIT));`,
      },
    ],
  },
  {
    id: 'C21',
    title: 'a page becomes writable by a fault, and is flushed all the same',
    reference: 'needless: who finds its translation too weak walks again',
    scenario: 'sva-write-vs-reuse',
    edits: [
      {
        module: 'mm/fault/writeProtect',
        in: 'doWpPage',
        find: 'store(arena, pte, orig | accessBits(fault));',
        replace: 'store(arena, pte, orig | accessBits(fault)); yield* flushTlbPage(task, fault.mm, fault.vpn);',
      },
    ],
  },
  {
    id: 'C23',
    title: 'an IOMMU goes by what it remembers, and a fault that only grants flushes',
    reference: 'ARM64 does since 6bbd42e2df8f: what V08 lacks',
    scenario: 'sva-write-vs-reuse',
    settings: { weak: 'fault' },
    edits: [
      {
        module: 'mm/fault/writeProtect',
        in: 'doWpPage',
        find: 'store(arena, pte, orig | accessBits(fault));',
        replace: 'store(arena, pte, orig | accessBits(fault)); yield* flushTlbPage(task, fault.mm, fault.vpn);',
      },
      {
        module: 'mm/fault/fault',
        in: 'presentFault',
        find: 'or(arena, pte, PTE_YOUNG | (write ? PTE_DIRTY : 0));',
        replace: 'or(arena, pte, PTE_YOUNG | (write ? PTE_DIRTY : 0)); yield* flushTlbPage(task, fault.mm, fault.vpn);',
        imports: { flushTlbPage: 'mm/table/flush' },
      },
    ],
  },
];
