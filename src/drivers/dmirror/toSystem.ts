/** One migration home: on request, and for a CPU that touches a page on the device. Guards 8, 17 and 18 of docs/drivers.md are here. */

import { get } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { PTRS_PER_TABLE } from '../../arena/config.ts';
import { Counter } from '../../arena/counters.ts';
import { EFAULT, EINVAL, ENOMEM } from '../../arena/errno.ts';
import { clearFrame } from '../../arena/frames.ts';
import { liveAddress } from '../../arena/pool.ts';
import { Mirror, type Pgmap } from '../../arena/structures.ts';
import type { Pfn, VmFault, Vpn } from '../../arena/units.ts';
import {
  firstPage,
  MIGRATE_PFN_COMPOUND,
  MIGRATE_PFN_MIGRATE,
  MIGRATE_VMA_SELECT_COMPOUND,
  MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
  migratePfn,
  migratePfnToPage,
} from '../../migrate/migratePfn.ts';
import { migrateVma, migrateVmaFinalize, migrateVmaPages, migrateVmaSetup } from '../../migrate/migrateVma.ts';
import { unlockSlot } from '../../migrate/slotLock.ts';
import type { MigrateVma } from '../../migrate/transaction.ts';
import { putHugePage } from '../../mm/fault/hugeFault.ts';
import { hugeStart } from '../../mm/huge/splitHugePmd.ts';
import { copyPage } from '../../mm/page/copyPage.ts';
import { disownDevicePage, pgmapOf, pgmapOwner } from '../../mm/page/devPagemap.ts';
import { allocHugePage } from '../../mm/page/hugeZone.ts';
import { lockPage } from '../../mm/page/pageLock.ts';
import { allocPage, putPage } from '../../mm/page/zone.ts';
import { isHuge } from '../../mm/table/pte.ts';
import { type Fault, VM_FAULT_OOM, VM_FAULT_SIGBUS } from '../../mm/table/vmFault.ts';
import { vmaEnd, vmaStart } from '../../mm/vma/vma.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../sync/spinlock.ts';
import { count, type Task } from '../../sync/task.ts';
import { eraseDeviceEntries } from '../base/deviceTable.ts';
import { type CopyBuffer, copyBuffer, DMA_FROM_DEVICE, enginePage, mapSlot, unmapBuffer } from '../base/dmaBuffer.ts';
import { getMirror, mirrorFor, putMirror } from '../base/mirror.ts';
import { beginOwnWork, endOwnWork } from '../base/ownWork.ts';
import { copyFailsOnce, failsOnce } from './injected.ts';
import { marksDirty, revoke } from './invalidate.ts';
import { Is, optionIs } from './options.ts';

/** Pages with a source that still migrate; a huge page that moves whole counts once. Holes do not count: nothing moved. */
function countMoved(src: Int32Array, dst: Int32Array): number {
  let moved = 0;
  for (let i = 0; i < src.length; i++) {
    const slot = src[i] as number;
    if ((slot & MIGRATE_PFN_MIGRATE) === 0 || migratePfnToPage(slot) === 0) continue;
    moved++;
    if ((slot & (dst[i] as number) & MIGRATE_PFN_COMPOUND) !== 0) i += PTRS_PER_TABLE - 1;
  }
  return moved;
}

/** Guard 17: an eviction that finds one of these pages by its frame leaves it alone. After the commit, with the pages locked. */
export function disownMoved(arena: Arena, src: Int32Array): void {
  for (const slot of src) {
    const from = migratePfnToPage(slot);
    if ((slot & MIGRATE_PFN_MIGRATE) !== 0 && from !== 0) disownDevicePage(arena, from);
  }
}

/** Guard 8: the entry goes under the update lock, so that a device access under way has finished before the copy. */
function* eraseOnReturn(task: Task, mirror: Mirror, vpn: Vpn): Steps<void> {
  // A forked child has no mirror of its own; the mirrors of others hear of it through the rmap walk.
  if (mirror === 0 || optionIs(task.arena, mirror, Is.lockOnReturnNotifier)) return;
  if (optionIs(task.arena, mirror, Is.lockOnReturnOff)) {
    yield* eraseDeviceEntries(task, mirror, vpn, vpn + 1, marksDirty(task, mirror));
    return;
  }
  yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock);
  yield* revoke(task, mirror, vpn, vpn + 1);
  yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);
}

/** One page of system memory, locked, takes the place of the device page in a slot: the device lets go, then the bytes are copied. */
function* takeHome(task: Task, mirror: Mirror, { start, src, dst }: MigrateVma, i: number, pfn: Pfn): Steps<void> {
  yield* eraseOnReturn(task, mirror, start + i);
  // What the page held before is nobody's business: if its bytes are lost, it holds zeroes.
  if (copyFailsOnce(task, mirror)) clearFrame(task.arena, pfn);
  else yield* copyPage(task, pfn, migratePfnToPage(src[i] as number));
  dst[i] = migratePfn(pfn);
}

/** Home it goes without a page: what it has got so far, locked, is given back, and the slots stay where they are. */
function* giveBack(task: Task, { dst }: MigrateVma, buffer: CopyBuffer | null): Steps<void> {
  unmapBuffer(task.arena, buffer, dst);
  for (let i = 0; i < dst.length; i++) {
    const pfn = migratePfnToPage(dst[i] as number);
    dst[i] = 0;
    if (pfn === 0) continue;
    yield* unlockSlot(task, pfn, dst, i);
    yield* putPage(task, pfn);
  }
}

/** The device whose pages go home; 0 when there are none. */
function sourceDevice(arena: Arena, src: Int32Array): Pgmap {
  const pfn = firstPage(src);
  return pfn === 0 ? 0 : pgmapOf(arena, pfn);
}

/**
 * One transaction home.
 *
 * @returns pages moved, -EINVAL, -ENOMEM after everything that could move has moved (or none, as the option says), or -EFAULT: a page cannot be mapped for DMA, and
 * none has moved.
 */
export function* moveToSystem(task: Task, mirror: Mirror, migrate: MigrateVma): Steps<number> {
  const error = yield* migrateVmaSetup(task, migrate);
  if (error !== 0 || migrate.cpages === 0) return error;
  const { src, dst } = migrate;
  const buffer = copyBuffer(task.arena, mirror, sourceDevice(task.arena, src), dst.length, DMA_FROM_DEVICE);
  const needsAll = mirror !== 0 && optionIs(task.arena, mirror, Is.shortOfPagesNone);
  let short = false;
  let unmappable = false;
  yield Point.driverCollected;
  for (let i = 0; i < src.length; i++) {
    const from = migratePfnToPage(src[i] as number);
    if (((src[i] as number) & MIGRATE_PFN_MIGRATE) === 0 || from === 0) continue;
    const wantsHuge = ((src[i] as number) & MIGRATE_PFN_COMPOUND) !== 0;
    const head = wantsHuge && !failsOnce(task, mirror) ? yield* allocHugePage(task) : 0;
    if (head !== 0) {
      unmappable = !mapSlot(task.arena, buffer, i, head, PTRS_PER_TABLE);
      if (unmappable) {
        yield* putHugePage(task, head);
        break;
      }
      yield* lockPage(task, head);
      for (let piece = 0; piece < PTRS_PER_TABLE; piece++)
        yield* takeHome(task, mirror, migrate, i + piece, enginePage(task.arena, buffer, i + piece, head + piece));
      dst[i] = (dst[i] as number) | MIGRATE_PFN_COMPOUND;
      i += PTRS_PER_TABLE - 1;
      continue;
    }
    const pfn = failsOnce(task, mirror) ? 0 : yield* allocPage(task, false);
    if (pfn === 0) {
      short = true;
      if (needsAll) break;
      continue;
    }
    unmappable = !mapSlot(task.arena, buffer, i, pfn);
    if (unmappable) {
      yield* putPage(task, pfn);
      break;
    }
    yield* lockPage(task, pfn);
    yield* takeHome(task, mirror, migrate, i, enginePage(task.arena, buffer, i, pfn));
  }
  if (unmappable || (short && needsAll)) yield* giveBack(task, migrate, buffer);
  else unmapBuffer(task.arena, buffer, dst);
  yield Point.driverCopied;
  yield* migrateVmaPages(task, migrate);
  disownMoved(task.arena, src);
  const moved = countMoved(src, dst);
  yield* migrateVmaFinalize(task, migrate);
  count(task, Counter.migratedToSystem, moved);
  if (unmappable) return -EFAULT;
  return short ? -ENOMEM : moved;
}

/** The mirror that lets go of a page on its way home; 0 for none. Nothing keeps it. */
function homeMirror(arena: Arena, { page, mm }: Fault): Mirror {
  const migrating = liveAddress(arena, arena.pools.mirror, get(arena, arena.page.deviceData + page));
  if (migrating !== 0 && optionIs(arena, migrating, Is.homeFileMigrating)) return migrating;
  return mirrorFor(arena, pgmapOf(arena, page), mm);
}

/** The pages that come home with the one that is touched: the aligned block of `granule` pages, as far as the VMA goes. */
function granuleOf(arena: Arena, { vma, vpn }: Fault, granule: number): readonly [number, number] {
  const first = vpn - (vpn % granule);
  return [Math.max(first, vmaStart(arena, vma)), Math.min(first + granule, vmaEnd(arena, vma))];
}

/** How many pages come home together, for the mirror that lets go of them (0 for none); 0 when they must stay for now. */
export type Granule = (mirror: Mirror) => number;

/** What else is done when a granule has been brought home without an error, with the mirror (0 for none) still kept. */
export type Afterwards = (task: Task, mirror: Mirror, fault: Fault) => Steps<void>;

/**
 * dmirror_devmem_fault: one page, or the huge page a leaf maps, comes home in the faulting thread, and what else of its device is
 * in its granule. mmap_lock is held, the page locked and referenced. Guard 18: the mirror has a reference meanwhile, since the
 * file of the device may be closed, and this thread is no user of it.
 */
export function* bringHome(task: Task, fault: Fault, granule: Granule, afterwards: Afterwards | null = null): Steps<VmFault> {
  const { arena } = task;
  const mirror = yield* getMirror(task, () => homeMirror(arena, fault));
  const pages = granule(mirror);
  const result = pages === 0 ? 0 : yield* bringGranule(task, mirror, fault, pages);
  if (pages !== 0 && result === 0 && afterwards !== null) yield* afterwards(task, mirror, fault);
  if (mirror !== 0) putMirror(arena, mirror);
  return result;
}

function* bringGranule(task: Task, mirror: Mirror, fault: Fault, granule: number): Steps<VmFault> {
  const { arena } = task;
  const whole = isHuge(fault.orig);
  const first = hugeStart(fault.vpn);
  const [start, end] = whole ? [first, first + PTRS_PER_TABLE] : granuleOf(arena, fault, granule);
  const migrate = migrateVma({
    mm: fault.mm,
    vma: fault.vma,
    start,
    end,
    pgmapOwner: pgmapOwner(arena, fault.page),
    flags: MIGRATE_VMA_SELECT_DEVICE_PRIVATE | (whole ? MIGRATE_VMA_SELECT_COMPOUND : 0),
    faultPage: fault.page,
  });
  const before = beginOwnWork(task, mirror);
  const result = yield* moveToSystem(task, mirror, migrate);
  endOwnWork(task, before);
  if (result === -EINVAL || result === -EFAULT) return VM_FAULT_SIGBUS;
  return result === -ENOMEM ? VM_FAULT_OOM : 0;
}

export function* migrateToRam(task: Task, fault: Fault): Steps<VmFault> {
  return yield* bringHome(task, fault, () => 1);
}
