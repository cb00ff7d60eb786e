/**
 * DMA mappings that go with the entries of a device, one for each entry of a page of system memory: it is there before the entry is, and
 * ends after the device has forgotten the entry. Memory of a device has none. A driver says so by {@link openEntryDma}; for any other
 * driver the calls below make no mappings, and entries are erased as ever.
 */
import { get, set, store } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { EFAULT, ENOMEM } from '../../arena/errno.ts';
import { Mirror } from '../../arena/structures.ts';
import type { Errno, Pfn, Vpn } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import { isDevicePage } from '../../mm/page/page.ts';
import { ensureTable, forEachEntry, lookupTable, nextPopulated, pteAt, tableEnd } from '../../mm/table/tables.ts';
import { DEVICE, flushTlb } from '../../mm/table/tlb.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { DEV_VALID, deviceEntry, deviceEntryPfn, eraseDeviceEntries, suspendDeviceEntries } from './deviceTable.ts';
import { dmaMappingError } from './dmaBuffer.ts';
import { dmaPage, dmaUnmap, forEachDmaEntry, MAPPED, mappingFault, mapsEntries, openDma } from './dmaMap.ts';

/** The device has DMA mappings that go with its entries. 0 or -ENOMEM. {@link closeDma} ends it. */
export function openEntryDma(arena: Arena, mirror: Mirror): Errno {
  const error = openDma(arena, mirror);
  if (error === 0) set(arena, mirror + Mirror.dmaEntries, 1);
  return error;
}

/**
 * Maps a page for DMA, so that a device entry can name it; to be called before the entry is stored, under the driver lock. A page
 * that is named already, with another permission, stays mapped as it is. Where another page was, the device forgets that first.
 *
 * @returns 0, -ENOMEM, or -EFAULT: the page cannot be mapped; then nothing is there.
 */
export function* mapEntry(task: Task, mirror: Mirror, vpn: Vpn, page: Pfn): Steps<Errno> {
  const { arena } = task;
  if (!mapsEntries(arena, mirror)) return 0;
  const old = deviceEntry(arena, mirror, vpn);
  if (old !== 0 && deviceEntryPfn(old) === page) return 0;
  if (old !== 0) yield* takeEntry(task, mirror, vpn);
  return isDevicePage(arena, page) ? 0 : yield* dmaMapPageAt(task, mirror, vpn, page);
}

/** An entry and its mapping go, the mapping last. */
function* takeEntry(task: Task, mirror: Mirror, vpn: Vpn): Steps<void> {
  yield* clearEntries(task, mirror, vpn, vpn + 1);
  yield* flushTlb(task, DEVICE);
  unmapEntries(task.arena, mirror, vpn, vpn + 1);
}

/** dma_map_page: 0, -ENOMEM or -EFAULT (dma_mapping_error). */
function* dmaMapPageAt(task: Task, mirror: Mirror, vpn: Vpn, page: Pfn): Steps<Errno> {
  const { arena } = task;
  const table = yield* ensureTable(task, mirror + Mirror.tableLock, get(arena, mirror + Mirror.dmaTable), vpn);
  if (table === 0) return -ENOMEM;
  if (dmaMappingError(arena, mirror)) return -EFAULT;
  const word = pteAt(arena, table, vpn);
  const old = get(arena, word);
  if (old !== 0)
    throw new Violation(
      'I-DMA',
      `page ${page} is mapped for DMA at address page ${vpn} of device ${get(arena, mirror + Mirror.device)}, where the mapping of page ${dmaPage(old)} is left`,
    );
  store(arena, word, (page << 12) | MAPPED);
  return 0;
}

/**
 * The entries of [start, end) are valid no more; returns how many there were. Then the device must be flushed, and after that comes
 * {@link unmapEntries}: what is mapped for an entry is known by the entry. `dirties` is for entries that are erased.
 */
export function* clearEntries(task: Task, mirror: Mirror, start: Vpn, end: Vpn, dirties = true): Steps<number> {
  return mapsEntries(task.arena, mirror)
    ? yield* suspendDeviceEntries(task, mirror, start, end)
    : yield* eraseDeviceEntries(task, mirror, start, end, dirties);
}

/** Ends the mappings of the entries of [start, end) that were cleared, and erases those. Under the driver lock. */
export function unmapEntries(arena: Arena, mirror: Mirror, start: Vpn, end: Vpn): void {
  if (!mapsEntries(arena, mirror)) return;
  const root = get(arena, mirror + Mirror.table);
  for (let vpn = nextPopulated(arena, root, start, end); vpn < end; vpn = nextPopulated(arena, root, vpn, end)) {
    const table = lookupTable(arena, root, vpn);
    for (const stop = tableEnd(vpn, end); vpn < stop; vpn++) {
      const word = pteAt(arena, table, vpn);
      const entry = get(arena, word);
      if (entry === 0 || (entry & DEV_VALID) !== 0) continue;
      dmaUnmapPageAt(arena, mirror, vpn, deviceEntryPfn(entry));
      store(arena, word, 0);
    }
  }
}

/** dma_unmap_page: what is mapped at an address page, which must be `page`. */
function dmaUnmapPageAt(arena: Arena, mirror: Mirror, vpn: Vpn, page: Pfn): void {
  const fault = mappingFault(arena, mirror, vpn, page);
  if (fault !== null)
    throw new Violation(
      'I-DMA',
      `page ${page} is unmapped at address page ${vpn} of device ${get(arena, mirror + Mirror.device)}, but ${fault}`,
    );
  if (!isDevicePage(arena, page)) dmaUnmap(arena, mirror, vpn, vpn + 1);
}

/**
 * Where entries and mappings do not go together, in a sentence each. For a device each of whose entries is mapped, while nobody
 * changes them; null for any other.
 */
export function entryMappingFaults(arena: Arena, mirror: Mirror): readonly string[] | null {
  if (!mapsEntries(arena, mirror)) return null;
  const faults: string[] = [];
  const who = `device ${get(arena, mirror + Mirror.device)}`;
  forEachEntry(arena, get(arena, mirror + Mirror.table), (vpn, entry) => {
    if ((entry & DEV_VALID) === 0) return;
    const fault = mappingFault(arena, mirror, vpn, deviceEntryPfn(entry));
    if (fault !== null) faults.push(`${who} maps page ${deviceEntryPfn(entry)} at address page ${vpn}, but ${fault}`);
  });
  forEachDmaEntry(arena, mirror, (vpn, mapped) => {
    if ((deviceEntry(arena, mirror, vpn) & DEV_VALID) === 0)
      faults.push(`page ${dmaPage(mapped)} is mapped for DMA at address page ${vpn}, which ${who} does not map`);
  });
  return faults;
}
