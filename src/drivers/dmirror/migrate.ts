/** dmirror's migrations: to the device and back on request, home on a CPU fault. The guards of docs/drivers.md are here. */
import { and, get, load } from '../../arena/access.ts';
import { Counter } from '../../arena/counters.ts';
import { EINVAL, ENOMEM } from '../../arena/errno.ts';
import { clearFrame } from '../../arena/frames.ts';
import { Mirror } from '../../arena/structures.ts';
import {
  MIGRATE_PFN_MIGRATE,
  MIGRATE_PFN_WRITE,
  MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
  MIGRATE_VMA_SELECT_SYSTEM,
  migratePfn,
  migratePfnToPage,
} from '../../migrate/migratePfn.ts';
import { type MigrateVma, migrateVma, migrateVmaFinalize, migrateVmaPages, migrateVmaSetup } from '../../migrate/migrateVma.ts';
import { copyPage } from '../../mm/copyPage.ts';
import { pgmapOf, pgmapOwner } from '../../mm/devPagemap.ts';
import { mmput } from '../../mm/exit.ts';
import { type Fault, VM_FAULT_OOM, VM_FAULT_SIGBUS } from '../../mm/faultTypes.ts';
import { mmapReadLock, mmapReadUnlock } from '../../mm/mmapLock.ts';
import { lockPage } from '../../mm/pageLock.ts';
import { DEVICE, flushTlb } from '../../mm/tlb.ts';
import { VM_READ, VM_WRITE, vmaEnd, vmaFlags, vmaLookup } from '../../mm/vma.ts';
import { allocPage } from '../../mm/zone.ts';
import { mmgetNotZero } from '../../notifier/mmCount.ts';
import { mmuIntervalReadBegin } from '../../notifier/sequence.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../sync/spinlock.ts';
import { count, type Task } from '../../sync/task.ts';
import { allocDevicePage } from '../devicePages.ts';
import { DEV_WRITE, eraseDeviceEntries, mkDeviceEntry, needsFlush, setDeviceEntry } from '../deviceTable.ts';
import { mirrorFor, mirrorMm, mirrorPgmap } from '../mirror.ts';
import { intervalAt, intervalEnd } from './interval.ts';
import { revoke } from './invalidate.ts';
import { Is, optionIs } from './options.ts';

/** Pages of one transaction: one last-level table. */
const UNIT = 512;
/** Mirror flag: the next allocation fails, once. */
export const FLAG_FAIL_ALLOC = 1;

const failsOnce = (task: Task, mirror: number): boolean =>
  mirror !== 0 &&
  get(task.arena, mirror + Mirror.flags) !== 0 &&
  (and(task.arena, mirror + Mirror.flags, ~FLAG_FAIL_ALLOC) & FLAG_FAIL_ALLOC) !== 0;

/** Guard 2: the device lets go of what is about to be copied. Its own MIGRATE event did not do that. */
function* revokeSources(task: Task, mirror: number, { start, src }: MigrateVma): Steps<void> {
  const updateLock = mirror + Mirror.updateLock;
  yield* mutexLock(task, updateLock, LockClass.updateLock);
  let erased = 0;
  for (let i = 0; i < src.length; i++) {
    if (((src[i] as number) & MIGRATE_PFN_MIGRATE) !== 0)
      erased += yield* eraseDeviceEntries(task, mirror, start + i, start + i + 1);
  }
  if (erased > 0 && optionIs(task.arena, mirror, Is.engineTlb)) yield* flushTlb(task, DEVICE);
  yield* mutexUnlock(task, updateLock, LockClass.updateLock);
}

/** dmirror_migrate_alloc_and_copy. A slot whose allocation fails is declined. */
function* allocAndCopy(task: Task, mirror: number, { src, dst }: MigrateVma): Steps<void> {
  const { arena } = task;
  const pgmap = mirrorPgmap(arena, mirror);
  for (let i = 0; i < src.length; i++) {
    const slot = src[i] as number;
    if ((slot & MIGRATE_PFN_MIGRATE) === 0) continue;
    const pfn = failsOnce(task, mirror) ? 0 : yield* allocDevicePage(task, pgmap);
    if (pfn === 0) {
      count(task, Counter.migrateDeclined);
      continue;
    }
    const from = migratePfnToPage(slot);
    if (from === 0) clearFrame(arena, pfn);
    else yield* copyPage(task, pfn, from);
    dst[i] = migratePfn(pfn) | (slot & MIGRATE_PFN_WRITE);
  }
}

/** dmirror_migrate_finalize_and_map: device entries for what was committed. Returns how many pages moved. */
function* mapMigrated(task: Task, mirror: number, migrate: MigrateVma, sample: number): Steps<number> {
  const { arena } = task;
  const { start, end, src, dst, vma } = migrate;
  const vmaWrites = optionIs(arena, mirror, Is.holeWriteVma) && (vmaFlags(arena, vma) & VM_WRITE) !== 0;
  const updateLock = mirror + Mirror.updateLock;
  let moved = 0;
  let flush = false;
  yield* mutexLock(task, updateLock, LockClass.updateLock);
  // Guard 4: a foreign invalidation may have taken an entry away that finalize will therefore not restore.
  const skip = optionIs(arena, mirror, Is.foreignCounterOn) && load(arena, mirror + Mirror.foreignSeq) !== sample;
  if (skip) {
    count(task, Counter.mapsSkipped);
    yield* revoke(task, mirror, start, end);
  }
  for (let i = 0; i < src.length; i++) {
    const slot = src[i] as number;
    const to = migratePfnToPage(dst[i] as number);
    if ((slot & MIGRATE_PFN_MIGRATE) === 0 || to === 0) continue;
    moved++;
    if (skip) continue;
    const hole = migratePfnToPage(slot) === 0;
    const write = ((dst[i] as number) & MIGRATE_PFN_WRITE) !== 0 || (hole && vmaWrites);
    const entry = mkDeviceEntry(to, write ? DEV_WRITE : 0);
    const old = yield* setDeviceEntry(task, mirror, start + i, entry);
    flush ||= old !== -1 && needsFlush(old, entry);
  }
  if (flush && optionIs(arena, mirror, Is.engineTlb)) yield* flushTlb(task, DEVICE);
  yield* mutexUnlock(task, updateLock, LockClass.updateLock);
  return moved;
}

/** One transaction to the device, inside one VMA, with mmap_lock held. Pages moved, or -EINVAL. */
function* moveToDevice(task: Task, mirror: number, migrate: MigrateVma, sample: number): Steps<number> {
  const error = yield* migrateVmaSetup(task, migrate);
  if (error !== 0 || migrate.cpages === 0) return error;
  yield Point.driverCollected;
  if (optionIs(task.arena, mirror, Is.revokeSourceOn)) yield* revokeSources(task, mirror, migrate);
  yield* allocAndCopy(task, mirror, migrate);
  yield Point.driverCopied;
  yield* migrateVmaPages(task, migrate);
  yield Point.driverCommitted;
  const moved = yield* mapMigrated(task, mirror, migrate, sample);
  yield* migrateVmaFinalize(task, migrate);
  count(task, Counter.migratedToDevice, moved);
  count(task, Counter.migrateFailed, migrate.cpages - moved);
  return moved;
}

/** Pages with a source that still migrate. Holes do not count: nothing moved. */
function countMoved(src: Int32Array): number {
  let moved = 0;
  for (let i = 0; i < src.length; i++) {
    const slot = src[i] as number;
    if ((slot & MIGRATE_PFN_MIGRATE) !== 0 && migratePfnToPage(slot) !== 0) moved++;
  }
  return moved;
}

/** One transaction home. Pages moved, -EINVAL, or -ENOMEM after everything that could move has moved. */
function* moveToSystem(task: Task, mirror: number, migrate: MigrateVma): Steps<number> {
  const error = yield* migrateVmaSetup(task, migrate);
  if (error !== 0 || migrate.cpages === 0) return error;
  const { start, src, dst } = migrate;
  let short = false;
  yield Point.driverCollected;
  for (let i = 0; i < src.length; i++) {
    const from = migratePfnToPage(src[i] as number);
    if (((src[i] as number) & MIGRATE_PFN_MIGRATE) === 0 || from === 0) continue;
    const pfn = failsOnce(task, mirror) ? 0 : yield* allocPage(task, false);
    if (pfn === 0) {
      short = true;
      continue;
    }
    yield* lockPage(task, pfn);
    yield* eraseOnReturn(task, mirror, start + i);
    yield* copyPage(task, pfn, from);
    dst[i] = migratePfn(pfn);
  }
  yield Point.driverCopied;
  yield* migrateVmaPages(task, migrate);
  const moved = countMoved(src);
  yield* migrateVmaFinalize(task, migrate);
  count(task, Counter.migratedToSystem, moved);
  return short ? -ENOMEM : moved;
}

/** Guard 8: the entry goes under the update lock, so that a device access under way has finished before the copy. */
function* eraseOnReturn(task: Task, mirror: number, vpn: number): Steps<void> {
  // A forked child has no mirror of its own; the mirrors of others hear of it through the rmap walk.
  if (mirror === 0) return;
  if (optionIs(task.arena, mirror, Is.lockOnReturnOff)) {
    yield* eraseDeviceEntries(task, mirror, vpn, vpn + 1);
    return;
  }
  yield* mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock);
  yield* revoke(task, mirror, vpn, vpn + 1);
  yield* mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);
}

/**
 * dmirror_migrate_to_device: moves [start, end) as far as it can be had, at most 512 pages a transaction.
 *
 * @returns the number of pages moved, or -EINVAL when part of the range has no readable VMA or the address space is gone
 * (what came before stays moved).
 */
export function* migrateToDevice(task: Task, mirror: number, start: number, end: number): Steps<number> {
  return yield* eachPiece(task, mirror, start, end, true);
}

/** dmirror_migrate_to_system: the way back; -ENOMEM when system memory ran out. */
export function* migrateToSystem(task: Task, mirror: number, start: number, end: number): Steps<number> {
  return yield* eachPiece(task, mirror, start, end, false);
}

function* eachPiece(task: Task, mirror: number, start: number, end: number, toDevice: boolean): Steps<number> {
  const { arena } = task;
  const mm = mirrorMm(arena, mirror);
  if (start >= end || !mmgetNotZero(arena, mm)) return -EINVAL;
  let total = 0;
  let result = 0;
  for (let at = start; at < end && result >= 0; ) {
    // Who has no interval there hears of no invalidation.
    const sub = yield* intervalAt(task, mirror, at);
    if (sub <= 0) {
      result = sub === 0 ? -ENOMEM : sub;
      break;
    }
    const sample = load(arena, mirror + Mirror.foreignSeq);
    yield Point.driverSampled;
    // Guard 16: a zap whose callback ran before the sample may still be at work; let it finish, holding nothing.
    if (toDevice && optionIs(arena, mirror, Is.waitAfterSampleOn)) yield* mmuIntervalReadBegin(task, sub);
    yield* mmapReadLock(task, mm);
    const vma = vmaLookup(arena, mm, at);
    if (vma === 0 || (vmaFlags(arena, vma) & VM_READ) === 0) {
      result = -EINVAL;
    } else {
      const stop = Math.min(end, vmaEnd(arena, vma), at + UNIT, intervalEnd(arena, mirror, at));
      const flags = toDevice ? MIGRATE_VMA_SELECT_SYSTEM : MIGRATE_VMA_SELECT_DEVICE_PRIVATE;
      const migrate = migrateVma({ mm, vma, start: at, end: stop, pgmapOwner: get(arena, mirror + Mirror.device), flags });
      result = toDevice ? yield* moveToDevice(task, mirror, migrate, sample) : yield* moveToSystem(task, mirror, migrate);
      if (result > 0) total += result;
      at = stop;
    }
    yield* mmapReadUnlock(task, mm);
  }
  yield* mmput(task, mm);
  return result < 0 ? result : total;
}

/** dmirror_devmem_fault: one page comes home in the faulting thread. mmap_lock is held, the page locked and referenced. */
export function* migrateToRam(task: Task, fault: Fault): Steps<number> {
  const { arena } = task;
  const pgmap = pgmapOf(arena, fault.page);
  const mirror = mirrorFor(arena, pgmap, fault.mm);
  const migrate = migrateVma({
    mm: fault.mm,
    vma: fault.vma,
    start: fault.vpn,
    end: fault.vpn + 1,
    pgmapOwner: pgmapOwner(arena, fault.page),
    flags: MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
    faultPage: fault.page,
  });
  const result = yield* moveToSystem(task, mirror, migrate);
  if (result === -EINVAL) return VM_FAULT_SIGBUS;
  return result === -ENOMEM ? VM_FAULT_OOM : 0;
}
