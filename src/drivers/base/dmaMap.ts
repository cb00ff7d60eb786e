/**
 * DMA mappings of a device behind an IOMMU. A mapping is an entry of a second table, at the address page it is for; it holds no
 * reference on the page. When one is made is up to the driver:
 *
 * - For the pages of a range fault (mm/hmm.c: hmm_dma_map_alloc, hmm_dma_map_pfn, hmm_dma_unmap_pfn), which is what gpusvm does. The
 *   sticky bits of the words of a range fault say what is mapped already. A refault keeps them, whatever page it reports: so the
 *   invalidate callback must unmap, or the old mapping is used for the new page. Memory of the device has a mapping, too, by its
 *   bus address.
 * - With each device entry (entryDma.ts), which is what nouveau does.
 */

import { get, load, set, store } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { PTRS_PER_TABLE } from '../../arena/config.ts';
import { ENOMEM } from '../../arena/errno.ts';
import { Mirror } from '../../arena/structures.ts';
import type { Errno, IommuEntry, Pfn, Vpn } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import type { HmmRange } from '../../hmm/hmmRange.ts';
import { HMM_PFN_DMA_MAPPED, HMM_PFN_P2PDMA_BUS, hmmPfnToPage } from '../../hmm/pfn.ts';
import { isDevicePage } from '../../mm/page/page.ts';
import { ensureTable, forEachEntry, freeTables, lookupTable, pteAt, tableAlloc, zeroEntries } from '../../mm/table/tables.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';

export const MAPPED = 1;
/** Peer memory by its bus address: nothing in the IOMMU. */
const BUS = 2;

/** The page a DMA mapping leads to. */
export const dmaPage = (entry: IommuEntry): Pfn => entry >>> 12;

/** Page-table pages of the table of a region of so many pages. */
export const dmaTables = (pages: number): number => 3 + Math.ceil(pages / PTRS_PER_TABLE) + 1;

/** hmm_dma_map_alloc. 0 or -ENOMEM. */
export function openDma(arena: Arena, mirror: Mirror): Errno {
  const root = tableAlloc(arena);
  if (root === 0) return -ENOMEM;
  set(arena, mirror + Mirror.dmaTable, root);
  return 0;
}

/** Has each entry of the device a mapping of its own? */
export const mapsEntries = (arena: Arena, mirror: Mirror): boolean => get(arena, mirror + Mirror.dmaEntries) !== 0;

/** The DMA mapping of an address page, 0 for none. */
export function dmaEntry(arena: Arena, mirror: Mirror, vpn: Vpn): IommuEntry {
  const table = lookupTable(arena, get(arena, mirror + Mirror.dmaTable), vpn);
  // Pairs with the store of whoever unmaps, and flushes the device TLB before that.
  return table === 0 ? 0 : load(arena, pteAt(arena, table, vpn));
}

/** All of them, for checks. */
export function forEachDmaEntry(arena: Arena, mirror: Mirror, visit: (vpn: Vpn, entry: IommuEntry) => void): void {
  const root = get(arena, mirror + Mirror.dmaTable);
  if (root !== 0) forEachEntry(arena, root, visit);
}

/** Says in the words of a range fault, before the walk, what is mapped. */
export function stickyBits(arena: Arena, mirror: Mirror, { start, end, hmmPfns }: HmmRange): void {
  for (let vpn = start; vpn < end; vpn++) {
    const entry = dmaEntry(arena, mirror, vpn);
    hmmPfns[vpn - start] = (entry & MAPPED) === 0 ? 0 : HMM_PFN_DMA_MAPPED | ((entry & BUS) === 0 ? 0 : HMM_PFN_P2PDMA_BUS);
  }
}

/**
 * hmm_dma_map_pfn for page `vpn` of the range. Under the driver lock, after a false read-retry. 0 or -ENOMEM.
 *
 * @kernel mm/hmm.c hmm_dma_map_pfn
 */
export function* hmmDmaMapPfn(task: Task, mirror: Mirror, { start, hmmPfns }: HmmRange, vpn: Vpn): Steps<Errno> {
  const { arena } = task;
  const word = hmmPfns[vpn - start] as number;
  // Mapped already, and the flags are being refreshed: that mapping is used.
  if ((word & HMM_PFN_DMA_MAPPED) !== 0) return 0;
  const table = yield* ensureTable(task, mirror + Mirror.tableLock, get(arena, mirror + Mirror.dmaTable), vpn);
  if (table === 0) return -ENOMEM;
  const page = hmmPfnToPage(word);
  const bus = isDevicePage(arena, page);
  store(arena, pteAt(arena, table, vpn), (page << 12) | MAPPED | (bus ? BUS : 0));
  hmmPfns[vpn - start] = word | HMM_PFN_DMA_MAPPED | (bus ? HMM_PFN_P2PDMA_BUS : 0);
  return 0;
}

/**
 * hmm_dma_unmap_pfn for all of [start, end). The device must have let go of them. Under the driver lock.
 *
 * @kernel mm/hmm.c hmm_dma_unmap_pfn
 */
export function dmaUnmap(arena: Arena, mirror: Mirror, start: Vpn, end: Vpn): void {
  zeroEntries(arena, get(arena, mirror + Mirror.dmaTable), start, end);
}

/** What is wrong with the mapping that an access to `page` goes through; null when nothing is. */
export function mappingFault(arena: Arena, mirror: Mirror, vpn: Vpn, page: Pfn): string | null {
  const entry = dmaEntry(arena, mirror, vpn);
  if (mapsEntries(arena, mirror) && isDevicePage(arena, page)) {
    return entry === 0 ? null : `it is memory of a device, and the DMA mapping of page ${dmaPage(entry)} is left there`;
  }
  if (entry === 0) return 'there is no DMA mapping of it';
  return dmaPage(entry) === page ? null : `its DMA mapping leads to page ${dmaPage(entry)}`;
}

/** A device access goes through the IOMMU: it must find the page that the device entry stands for. */
export function checkDma(arena: Arena, mirror: Mirror, vpn: Vpn, page: Pfn): void {
  if (get(arena, mirror + Mirror.dmaTable) === 0) return;
  const fault = mappingFault(arena, mirror, vpn, page);
  if (fault === null) return;
  throw new Violation(
    'I-DMA',
    `device ${get(arena, mirror + Mirror.device)} accesses page ${page} at address page ${vpn}, but ${fault}`,
  );
}

/** hmm_dma_map_free. A mapping that is left has leaked. */
export function closeDma(arena: Arena, mirror: Mirror): void {
  const root = get(arena, mirror + Mirror.dmaTable);
  let left = 0;
  forEachDmaEntry(arena, mirror, () => left++);
  if (left > 0)
    throw new Violation(
      'I-DMA',
      `${left} DMA mappings of device ${get(arena, mirror + Mirror.device)} are left when it is closed`,
    );
  freeTables(arena, root);
  set(arena, mirror + Mirror.dmaTable, 0);
  set(arena, mirror + Mirror.dmaEntries, 0);
}
