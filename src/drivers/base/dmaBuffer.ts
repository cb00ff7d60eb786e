/**
 * DMA mappings of the pages that a copy engine copies from or to (dma_map_page, dma_unmap_page): one for each page of system memory
 * in a migration, or for a huge page as a whole, from before its copy until after it. A mapping is noted at its first page, which is
 * locked meanwhile or nobody's yet. The engine knows a page by its DMA address, which is another number than its page frame.
 */
import { add, get, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { PTRS_PER_TABLE } from '../../arena/config.ts';
import { Mirror, Pgmap } from '../../arena/structures.ts';
import type { DmaAddress, Pfn } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import { MIGRATE_PFN_COMPOUND, migratePfnToPage } from '../../migrate/migratePfn.ts';
import { compoundHead } from '../../mm/page/page.ts';

/** enum dma_data_direction, as it is noted at a page; 0 is no mapping. */
export const DMA_TO_DEVICE = 1;
export const DMA_FROM_DEVICE = 2;
const DIRECTION_BITS = 2;

const directions = ['nowhere', 'to the device', 'from the device'];

/** In Mirror.flags, above the flags: which of the next mappings fails, 1 for the very next. A fault injected on purpose. */
const FAIL_SHIFT = 8;
export const failDmaMapping = (which: number): number => which << FAIL_SHIFT;

/**
 * dma_mapping_error: does the next mapping fail, whatever it is for?
 *
 * @kernel include/linux/dma-mapping.h dma_mapping_error
 */
export function dmaMappingError(arena: Arena, mirror: Mirror): boolean {
  if (mirror === 0 || get(arena, mirror + Mirror.flags) < failDmaMapping(1)) return false;
  return add(arena, mirror + Mirror.flags, -failDmaMapping(1)) < failDmaMapping(2);
}

/** What the arrays of a migration are to its copy engine: the DMA address of each slot, 0 where nothing is mapped. */
export interface CopyBuffer {
  /** Through which the copy is made, for faults that are injected; 0 for none. */
  readonly mirror: Mirror;
  readonly direction: number;
  readonly addresses: DmaAddress[];
}

/** A buffer for `slots` slots; null when a CPU copies for the device, or `pgmap` is 0. */
export function copyBuffer(arena: Arena, mirror: Mirror, pgmap: Pgmap, slots: number, direction: number): CopyBuffer | null {
  if (pgmap === 0 || get(arena, pgmap + Pgmap.dma) === 0) return null;
  return { mirror, direction, addresses: new Array<DmaAddress>(slots).fill(0) };
}

/** An address and its page frame add up to this odd number, so that no page has its own frame for an address. */
const sumOf = (arena: Arena): number => (arena.pageCount - 1) | 1;
const addressOf = (arena: Arena, pfn: Pfn): DmaAddress => sumOf(arena) - pfn;
const pageAt = (arena: Arena, address: DmaAddress): Pfn => sumOf(arena) - address;

const noted = (arena: Arena, pfn: Pfn): number => get(arena, arena.page.dma + pfn);

/**
 * dma_map_page for `pages` pages from `pfn` on, as one mapping: its DMA address.
 *
 * @kernel kernel/dma/mapping.c dma_map_page
 */
export function dmaMapPage(arena: Arena, pfn: Pfn, pages: number, direction: number): DmaAddress {
  if (noted(arena, pfn) !== 0) throw new Violation('I-DMA', `page ${pfn} is mapped for DMA a second time`);
  set(arena, arena.page.dma + pfn, (pages << DIRECTION_BITS) | direction);
  return addressOf(arena, pfn);
}

/**
 * Maps `pages` pages from `pfn` on for slot `i` and the following ones. False when there is no mapping to be had (dma_mapping_error);
 * then nothing is mapped. Where no buffer is needed, or the slot lies in a mapping already, there is nothing to do.
 */
export function mapSlot(arena: Arena, buffer: CopyBuffer | null, i: number, pfn: Pfn, pages = 1): boolean {
  if (buffer === null || buffer.addresses[i] !== 0) return true;
  if (dmaMappingError(arena, buffer.mirror)) return false;
  dmaMapPage(arena, pfn, pages, buffer.direction);
  for (let piece = 0; piece < pages; piece++) buffer.addresses[i + piece] = addressOf(arena, pfn + piece);
  return true;
}

/**
 * dma_unmap_page: size and direction must be those of the mapping.
 *
 * @kernel kernel/dma/mapping.c dma_unmap_page
 */
export function dmaUnmapPage(arena: Arena, address: DmaAddress, pages: number, direction: number): void {
  const pfn = pageAt(arena, address);
  const mapping = noted(arena, pfn);
  if (mapping !== ((pages << DIRECTION_BITS) | direction)) {
    const [size, way] = [mapping >> DIRECTION_BITS, mapping & ((1 << DIRECTION_BITS) - 1)];
    throw new Violation(
      'I-DMA',
      `DMA address ${address} is unmapped as ${pages} pages ${directions[direction]}, but is mapped as ${size} pages ${directions[way]}`,
    );
  }
  set(arena, arena.page.dma + pfn, 0);
}

/** Unmaps what is mapped for the slots in which `words`, the array of a migration that was mapped, have pages. */
export function unmapBuffer(arena: Arena, buffer: CopyBuffer | null, words: Int32Array): void {
  if (buffer === null) return;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    const address = buffer.addresses[i] as DmaAddress;
    if (migratePfnToPage(word) === 0 || address === 0) continue;
    const pages = (word & MIGRATE_PFN_COMPOUND) !== 0 ? PTRS_PER_TABLE : 1;
    dmaUnmapPage(arena, address, pages, buffer.direction);
    i += pages - 1;
  }
}

/** The page of a slot as the copy engine finds it: through the mapping, which must be there and in this direction. */
export function enginePage(arena: Arena, buffer: CopyBuffer | null, i: number, pfn: Pfn): Pfn {
  if (buffer === null) return pfn;
  const found = pageAt(arena, buffer.addresses[i] as DmaAddress);
  const mapping = noted(arena, found) || noted(arena, compoundHead(arena, found));
  if ((mapping & ((1 << DIRECTION_BITS) - 1)) !== buffer.direction)
    throw new Violation(
      'I-DMA',
      `a copy engine is to copy page ${pfn} ${directions[buffer.direction]}, and it is not mapped for that`,
    );
  return found;
}
