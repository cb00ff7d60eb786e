import type { MigratePfn, Pfn } from '../arena/units.ts';
/** The words of migrate_vma's src and dst arrays (include/linux/migrate.h): page frame from bit 6, flags below. */
export const MIGRATE_PFN_VALID = 1;
/** In src: the slot is still migrating. */
export const MIGRATE_PFN_MIGRATE = 2;
/** In src: the source mapping was writable. Never set for holes. */
export const MIGRATE_PFN_WRITE = 8;
/**
 * The slot is the first of 512 that came under one leaf, and may move under one. Unlike in a kernel each piece has its own slot
 * as well, because each has its own counts (mm/page/page.ts).
 */
export const MIGRATE_PFN_COMPOUND = 16;
export const MIGRATE_PFN_SHIFT = 6;

/**
 * migrate_pfn: a word that names a page.
 *
 * @kernel include/linux/migrate.h migrate_pfn
 */
export const migratePfn = (pfn: Pfn): MigratePfn => (pfn << MIGRATE_PFN_SHIFT) | MIGRATE_PFN_VALID;
/**
 * migrate_pfn_to_page: the page frame, 0 when the word names none.
 *
 * @kernel include/linux/migrate.h migrate_pfn_to_page
 */
export const migratePfnToPage = (word: MigratePfn): Pfn => ((word & MIGRATE_PFN_VALID) === 0 ? 0 : word >>> MIGRATE_PFN_SHIFT);

/** The first page that slots name; 0 if they name none. */
export function firstPage(slots: Int32Array): Pfn {
  for (const slot of slots) if (migratePfnToPage(slot) !== 0) return migratePfnToPage(slot);
  return 0;
}

export const MIGRATE_VMA_SELECT_SYSTEM = 1;
export const MIGRATE_VMA_SELECT_DEVICE_PRIVATE = 2;
export const MIGRATE_VMA_SELECT_DEVICE_COHERENT = 4;
/** Huge pages are collected whole; without it they are split first. */
export const MIGRATE_VMA_SELECT_COMPOUND = 8;
