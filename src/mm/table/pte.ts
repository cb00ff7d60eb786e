import { PTRS_PER_TABLE } from '../../arena/config.ts';
import type { PageTable, Pfn, Pte, SwapSlot, Vpn } from '../../arena/units.ts';
/**
 * Page-table entries: one Int32, so that every change is one atomic store.
 *
 * Bits 12-31 hold the page frame. A present entry uses bits 0-6; a non-present one that is not empty ("softleaf" in the
 * kernel) has its kind in bits 6-9. Bit 10, in the first word of a table, says that the word is a leaf for all pages.
 */
export const PTE_PRESENT = 1;
export const PTE_WRITE = 2;
export const PTE_DIRTY = 4;
export const PTE_YOUNG = 8;
/** No struct page behind it: the shared zero page. */
export const PTE_SPECIAL = 16;
/** Present for the kernel, not for the CPU: PROT_NONE. */
export const PTE_PROTNONE = 32;
/** Of a huge leaf that is present: the CPU must not use it while it is replaced (pmd_mkinvalid). For the kernel a huge page is still there. */
export const PTE_INVALID = 1 << 6;
export const PTE_HUGE = 1 << 10;
/** Of a swap entry: no other entry names the slot, and the page was exclusive. */
export const PTE_SWP_EXCLUSIVE = 1 << 11;

/** A huge leaf that maps nothing (pmd_none): there is no page table here as far as the kernel is concerned. */
export const EMPTY_LEAF = PTE_HUGE;

const PFN_SHIFT = 12;
const KIND_SHIFT = 6;
const KIND_MASK = 15;

/** Kinds of non-present leaf. Migration entries: readable, readable and exclusive, writable (which implies exclusive). */
export const LEAF_MIGRATION_READ = 1;
export const LEAF_MIGRATION_READ_EXCLUSIVE = 2;
export const LEAF_MIGRATION_WRITE = 3;
export const LEAF_DEVICE_PRIVATE_READ = 4;
export const LEAF_DEVICE_PRIVATE_WRITE = 5;
export const LEAF_DEVICE_EXCLUSIVE = 6;
/** In place of the page frame it has the number of a swap slot. */
export const LEAF_SWAP = 7;
/** Reserved: no poison is made yet. */
export const LEAF_HWPOISON = 8;
/** Names no page: it only says something of the address. */
export const LEAF_MARKER = 9;
/** A device-exclusive entry that lost its write permission (only older kernels: kernels/older.ts). */
export const LEAF_DEVICE_EXCLUSIVE_READ = 10;

export const ptePfn = (pte: Pte): Pfn => pte >>> PFN_SHIFT;
export const pteFlags = (pte: Pte): number => pte & ((1 << PFN_SHIFT) - 1);
/** @kernel include/linux/pgtable.h mk_pte */
export const mkPte = (pfn: Pfn, flags: number): Pte => (pfn << PFN_SHIFT) | flags;
/** Upper entries: the page-table page they lead to (pmd_pgtable), in place of a page frame. */
export const pteTable = (entry: Pte): PageTable => entry >>> PFN_SHIFT;
export const mkTableEntry = (table: PageTable): Pte => (table << PFN_SHIFT) | PTE_PRESENT;
export const ptePresent = (pte: Pte): boolean => (pte & PTE_PRESENT) !== 0;
export const pteWrite = (pte: Pte): boolean => (pte & PTE_WRITE) !== 0;

export const isHuge = (entry: number): boolean => (entry & PTE_HUGE) !== 0;
/** The entry that one of the pages below a huge leaf would have of its own. */
export const pieceEntry = (leaf: Pte, vpn: Vpn): Pte =>
  leaf === EMPTY_LEAF ? 0 : mkPte(ptePfn(leaf) + (vpn & (PTRS_PER_TABLE - 1)), pteFlags(leaf) & ~PTE_HUGE);

/**
 * Kind of a non-present leaf, 0 for an empty or present entry.
 *
 * @kernel include/linux/leafops.h softleaf_type
 */
export const leafKind = (pte: Pte): number => (ptePresent(pte) ? 0 : (pte >>> KIND_SHIFT) & KIND_MASK);
export const mkLeaf = (kind: number, pfn: Pfn | SwapSlot, flags = 0): Pte => (pfn << PFN_SHIFT) | (kind << KIND_SHIFT) | flags;

export const isMigration = (pte: Pte): boolean => {
  const kind = leafKind(pte);
  return kind >= LEAF_MIGRATION_READ && kind <= LEAF_MIGRATION_WRITE;
};
export const isSwap = (pte: Pte): boolean => leafKind(pte) === LEAF_SWAP;
export const mkSwap = (slot: SwapSlot, exclusive: boolean): Pte => mkLeaf(LEAF_SWAP, slot, exclusive ? PTE_SWP_EXCLUSIVE : 0);
/** swp_offset. */
export const swapSlot = (pte: Pte): SwapSlot => pte >>> PFN_SHIFT;

export const isDevicePrivate = (pte: Pte): boolean => {
  const kind = leafKind(pte);
  return kind === LEAF_DEVICE_PRIVATE_READ || kind === LEAF_DEVICE_PRIVATE_WRITE;
};
export const isDeviceExclusive = (pte: Pte): boolean => {
  const kind = leafKind(pte);
  return kind === LEAF_DEVICE_EXCLUSIVE || kind === LEAF_DEVICE_EXCLUSIVE_READ;
};

/** The only marker there is: a guard region (madvise GUARD_INSTALL), where every access is refused. */
export const PTE_MARKER_GUARD: Pte = LEAF_MARKER << KIND_SHIFT;
export const isGuard = (pte: Pte): boolean => pte === PTE_MARKER_GUARD;

/** Does the entry map a page in the sense of rmap: does it hold a reference and count in mapcount? */
export const mapsPage = (pte: Pte): boolean =>
  ptePresent(pte) ? (pte & PTE_SPECIAL) === 0 : isDevicePrivate(pte) || isDeviceExclusive(pte);

/** Of the huge zero page. */
export const isZeroLeaf = (leaf: Pte): boolean => ptePresent(leaf) && (leaf & PTE_SPECIAL) !== 0;

/** May the mapping be written through, now or when the entry is restored? */
export const leafWritable = (pte: Pte): boolean =>
  ptePresent(pte) ? pteWrite(pte) : leafKind(pte) === LEAF_DEVICE_PRIVATE_WRITE || leafKind(pte) === LEAF_DEVICE_EXCLUSIVE;

const kindNames = ['none', 'MIG_R', 'MIG_RX', 'MIG_W', 'DP_R', 'DP_W', 'DX', 'SWAP', 'HWP', 'MARK', 'DX_R'];

/** For messages: `PRES(12; W,D)`, `MIG_W(7)`, `none`. */
export function describePte(pte: Pte): string {
  if (pte === 0) return 'none';
  if (isGuard(pte)) return 'guard';
  if (!ptePresent(pte)) {
    const marked = isSwap(pte) && (pte & PTE_SWP_EXCLUSIVE) !== 0 ? '; exclusive' : '';
    return `${kindNames[leafKind(pte)] ?? '?'}(${ptePfn(pte)}${marked})`;
  }
  const bits = [
    [PTE_WRITE, 'W'],
    [PTE_DIRTY, 'D'],
    [PTE_YOUNG, 'A'],
    [PTE_SPECIAL, 'zero'],
    [PTE_PROTNONE, 'PROT_NONE'],
    [PTE_INVALID, 'invalid'],
  ] as const;
  const set = bits.filter(([bit]) => (pte & bit) !== 0).map(([, name]) => name);
  return `PRES(${ptePfn(pte)}${set.length > 0 ? `; ${set.join(',')}` : ''})`;
}
