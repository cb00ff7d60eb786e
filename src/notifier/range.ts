import type { Mm } from '../arena/structures.ts';
import type { Vpn } from '../arena/units.ts';
/** struct mmu_notifier_range and its events. */

/** munmap, exit, or mremap moving away: the mapping and its VMA go. */
export const MMU_NOTIFY_UNMAP = 0;
/** An entry is cleared or replaced for another reason; the VMA stays. */
export const MMU_NOTIFY_CLEAR = 1;
/** The protection of the range follows the VMA's: mprotect. */
export const MMU_NOTIFY_PROTECTION_VMA = 2;
/** Permissions change page by page: fork. */
export const MMU_NOTIFY_PROTECTION_PAGE = 3;
export const MMU_NOTIFY_SOFT_DIRTY = 4;
/** Interval notifiers only, once, when the address space is torn down. */
export const MMU_NOTIFY_RELEASE = 5;
/** Device migration collects or inserts; `owner` is the caller's pgmap owner. */
export const MMU_NOTIFY_MIGRATE = 6;
/** A page becomes device-exclusive; `owner` is the caller's. */
export const MMU_NOTIFY_EXCLUSIVE = 7;

export const eventNames: readonly string[] = [
  'UNMAP',
  'CLEAR',
  'PROTECTION_VMA',
  'PROTECTION_PAGE',
  'SOFT_DIRTY',
  'RELEASE',
  'MIGRATE',
  'EXCLUSIVE',
];

/**
 * End of a flush of secondary TLBs that is about the whole address space: -1UL in the kernel. It is the end of no page, and what is
 * computed from it as if it were is wrong.
 */
export const TLB_FLUSH_ALL = -1;

/**
 * One bracket of invalidation. Pages, `end` exclusive. `owner` means something only for MIGRATE and EXCLUSIVE.
 *
 * @kernel include/linux/mmu_notifier.h struct mmu_notifier_range
 */
export interface NotifierRange {
  /** Address of the mm. */
  readonly mm: Mm;
  readonly start: Vpn;
  readonly end: Vpn;
  readonly event: number;
  readonly owner: number;
  /** May callbacks sleep? Set by the start call that is used. */
  blockable: boolean;
}

/**
 * mmu_notifier_range_init and mmu_notifier_range_init_owner.
 *
 * @kernel include/linux/mmu_notifier.h mmu_notifier_range_init
 */
export const notifierRange = (event: number, mm: Mm, start: Vpn, end: Vpn, owner = 0): NotifierRange => ({
  mm,
  start,
  end,
  event,
  owner,
  blockable: true,
});
