/**
 * The IOMMU of a device that walks the CPU's page tables: the entry of the PASID table that names them, and the IOTLB.
 *
 * What would be the page table of another device is the IOTLB here: what the IOMMU has found and remembers, until it is told to
 * forget. It has room for everything, so that nothing is forgotten by accident that nobody invalidates. In front of it each engine of
 * the device has a TLB of its own (ATS), that of any other driver.
 */
import { forgetSince, get, load, observed, set, store } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { VPN_LIMIT } from '../../arena/config.ts';
import { rawLock, rawUnlock } from '../../arena/raw.ts';
import { Mirror } from '../../arena/structures.ts';
import type { DeviceEntry, PageTable, Vpn } from '../../arena/units.ts';
import { hardwareWalk } from '../../mm/table/hardwareWalk.ts';
import { PTE_DIRTY, PTE_WRITE, ptePfn } from '../../mm/table/pte.ts';
import { fillTable, zeroEntries } from '../../mm/table/tables.ts';
import { DEVICE, flushTlb } from '../../mm/table/tlb.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { optionIs } from '../base/choices.ts';
import { DEV_VALID, DEV_WRITE, deviceEntry, mkDeviceEntry } from '../base/deviceTable.ts';
import { Is } from './options.ts';

/** Word of the mirror: the page table of the CPU that the entry of the PASID names, 0 where the entry is not valid. */
const PASID = Mirror.private;
/** Word of the mirror: the IOMMU does one thing at a time, a walk or an invalidation. */
const BUSY = Mirror.private + 1;

export const setPasid = (arena: Arena, mirror: Mirror, root: PageTable): void => store(arena, mirror + PASID, root);

/** Does the PASID name page tables? Pairs with the store of whoever tears it down, and flushes then. */
export const hasPasid = (arena: Arena, mirror: Mirror): boolean => load(arena, mirror + PASID) !== 0;

const WRITABLE = PTE_WRITE | PTE_DIRTY;

/** What the CPU's entry allows a device without another walk: a write sets the dirty bit, and finds it set from then on. */
const toDevice = (pte: number): DeviceEntry =>
  pte === 0 ? 0 : mkDeviceEntry(ptePfn(pte), (pte & WRITABLE) === WRITABLE ? DEV_WRITE : 0);

function lookUpOrWalk(arena: Arena, mirror: Mirror, vpn: Vpn, write: boolean): DeviceEntry {
  const needed = write ? DEV_VALID | DEV_WRITE : DEV_VALID;
  const cached = deviceEntry(arena, mirror, vpn);
  if ((cached & needed) === needed) return cached;
  if (cached !== 0 && optionIs(arena, mirror, Is.weakFault)) return 0;
  const root = load(arena, mirror + PASID);
  if (root === 0) return 0;
  const entry = toDevice(hardwareWalk(arena, root, vpn, write));
  const word = entry === 0 ? 0 : fillTable(arena, get(arena, mirror + Mirror.table), vpn);
  if (word !== 0) set(arena, word, entry);
  return entry;
}

/** A translation request of the device. Inside an access: whoever invalidates waits for its end. */
export function iommuTranslate({ arena }: Task, mirror: Mirror, vpn: Vpn, write: boolean): DeviceEntry {
  rawLock(arena, mirror + BUSY);
  const entry = lookUpOrWalk(arena, mirror, vpn, write);
  rawUnlock(arena, mirror + BUSY);
  return entry;
}

/** The IOTLB forgets [start, end). A walk is over by then, and forgotten, or begins later and finds what the entries are now. */
function invalidateIotlb(arena: Arena, mirror: Mirror, start: Vpn, end: Vpn): void {
  rawLock(arena, mirror + BUSY);
  const mark = observed();
  zeroEntries(arena, get(arena, mirror + Mirror.table), start, end);
  forgetSince(mark);
  rawUnlock(arena, mirror + BUSY);
}

/**
 * Invalidates `pages` translations from `start` on, and waits until the device uses none of them any more. The IOTLB first: a TLB of the
 * device that is emptied before it is filled from it again. A size below 1 is none, and nothing is asked for. Legal under a spin lock.
 *
 * @kernel drivers/iommu/intel/cache.c cache_tag_flush_range
 */
export function* flushPages(task: Task, mirror: Mirror, start: Vpn, pages: number): Steps<void> {
  if (pages < 1) return;
  yield Point.flushIotlb;
  invalidateIotlb(task.arena, mirror, start, start + pages);
  yield* flushTlb(task, DEVICE);
}

/** The same for all that the PASID has. */
export function* flushPasid(task: Task, mirror: Mirror): Steps<void> {
  yield* flushPages(task, mirror, 0, VPN_LIMIT);
}

/**
 * The entry of the PASID goes, and all that was found by it: when this returns the device does not walk any more. Two may do it at once,
 * and each waits for the device: neither knows how far the other one has come.
 *
 * @kernel drivers/iommu/intel/pasid.c intel_pasid_tear_down_entry
 */
export function* tearDownPasid(task: Task, mirror: Mirror): Steps<void> {
  yield Point.driverInvalidate;
  setPasid(task.arena, mirror, 0);
  yield* flushPasid(task, mirror);
}
