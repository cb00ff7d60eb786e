/** dmirror's migrations: to the device and back on request, home on a CPU fault. The guards of docs/drivers.md are here. */
import { and, get, load, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { PTRS_PER_TABLE } from '../../arena/config.ts';
import { Counter } from '../../arena/counters.ts';
import { EINVAL, ENOMEM } from '../../arena/errno.ts';
import { clearFrame } from '../../arena/frames.ts';
import { deref, handleOf, isLive } from '../../arena/pool.ts';
import { Mirror, Pgmap } from '../../arena/structures.ts';
import {
  MIGRATE_PFN_COMPOUND,
  MIGRATE_PFN_MIGRATE,
  MIGRATE_PFN_WRITE,
  MIGRATE_VMA_SELECT_COMPOUND,
  MIGRATE_VMA_SELECT_DEVICE_COHERENT,
  MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
  MIGRATE_VMA_SELECT_SYSTEM,
  migratePfn,
  migratePfnToPage,
} from '../../migrate/migratePfn.ts';
import { type MigrateVma, migrateVma, migrateVmaFinalize, migrateVmaPages, migrateVmaSetup } from '../../migrate/migrateVma.ts';
import { copyPage } from '../../mm/copyPage.ts';
import { MEMORY_DEVICE_PRIVATE, pgmapOf, pgmapOwner } from '../../mm/devPagemap.ts';
import { mmput } from '../../mm/exit.ts';
import { type Fault, VM_FAULT_OOM, VM_FAULT_SIGBUS } from '../../mm/faultTypes.ts';
import { allocHugePage } from '../../mm/hugeZone.ts';
import { mmapReadLock, mmapReadUnlock } from '../../mm/mmapLock.ts';
import { lockPage } from '../../mm/pageLock.ts';
import { isHuge } from '../../mm/pte.ts';
import { hugeStart } from '../../mm/splitHugePmd.ts';
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
import { allocDevicePage, allocHugeDevicePage } from '../devicePages.ts';
import { DEV_WRITE, deviceEntry, eraseDeviceEntries, mkDeviceEntry, needsFlush, setDeviceEntry } from '../deviceTable.ts';
import { mirrorFor, mirrorMm, mirrorPgmap } from '../mirror.ts';
import { intervalAt, intervalEnd } from './interval.ts';
import { revoke } from './invalidate.ts';
import { Is, numberOption, optionIs } from './options.ts';

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

/** Guard 4: what was seen before a transaction began, and where to note what it keeps from being mapped. */
interface Sample {
  readonly foreignSeq: number;
  readonly unmapped: number[] | null;
}

/** What a device page begins with: the bytes of its source, or zeroes. */
function* fillDevicePage(task: Task, mirror: number, pfn: number, slot: number): Steps<void> {
  const { arena } = task;
  // zone_device_data: a CPU fault goes to the file that migrated the page in.
  set(arena, arena.page.deviceData + pfn, handleOf(arena, arena.pools.mirror, mirror));
  const from = migratePfnToPage(slot);
  if (from === 0) clearFrame(arena, pfn);
  else yield* copyPage(task, pfn, from);
}

/** dmirror_migrate_alloc_and_copy. A slot whose allocation fails is declined. */
function* allocAndCopy(task: Task, mirror: number, { src, dst }: MigrateVma): Steps<void> {
  const pgmap = mirrorPgmap(task.arena, mirror);
  for (let i = 0; i < src.length; i++) {
    const slot = src[i] as number;
    if ((slot & MIGRATE_PFN_MIGRATE) === 0) continue;
    // The next allocation fails: that of a huge page, where one is due, and then small ones are tried.
    const wantsHuge = (slot & MIGRATE_PFN_COMPOUND) !== 0;
    const head = wantsHuge && !failsOnce(task, mirror) ? yield* allocHugeDevicePage(task, pgmap) : 0;
    if (head !== 0) {
      for (let piece = 0; piece < PTRS_PER_TABLE; piece++) {
        yield* fillDevicePage(task, mirror, head + piece, src[i + piece] as number);
        dst[i + piece] = migratePfn(head + piece) | (slot & MIGRATE_PFN_WRITE);
      }
      dst[i] = (dst[i] as number) | MIGRATE_PFN_COMPOUND;
      i += PTRS_PER_TABLE - 1;
      continue;
    }
    const pfn = failsOnce(task, mirror) ? 0 : yield* allocDevicePage(task, pgmap);
    if (pfn === 0) {
      count(task, Counter.migrateDeclined);
      continue;
    }
    yield* fillDevicePage(task, mirror, pfn, slot);
    dst[i] = migratePfn(pfn) | (slot & MIGRATE_PFN_WRITE);
  }
}

/** dmirror_migrate_finalize_and_map: device entries for what was committed. Returns how many pages moved. */
function* mapMigrated(task: Task, mirror: number, migrate: MigrateVma, sample: Sample): Steps<number> {
  const { arena } = task;
  const { start, end, src, dst, vma } = migrate;
  const vmaWrites = optionIs(arena, mirror, Is.holeWriteVma) && (vmaFlags(arena, vma) & VM_WRITE) !== 0;
  const updateLock = mirror + Mirror.updateLock;
  let moved = 0;
  let flush = false;
  yield* mutexLock(task, updateLock, LockClass.updateLock);
  // Guard 4: a foreign invalidation may have taken an entry away that finalize will therefore not restore.
  const skip = optionIs(arena, mirror, Is.foreignCounterOn) && load(arena, mirror + Mirror.foreignSeq) !== sample.foreignSeq;
  if (skip) {
    count(task, Counter.mapsSkipped);
    for (let vpn = start; sample.unmapped !== null && vpn < end; vpn++) {
      const arrived = (src[vpn - start] as number) & MIGRATE_PFN_MIGRATE && (dst[vpn - start] as number) !== 0;
      if (arrived || deviceEntry(arena, mirror, vpn) !== 0) sample.unmapped.push(vpn);
    }
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
function* moveToDevice(task: Task, mirror: number, migrate: MigrateVma, sample: Sample): Steps<number> {
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

/** One page of system memory takes the place of the device page in a slot: the device lets go, then the bytes are copied. */
function* takeHome(task: Task, mirror: number, { start, src, dst }: MigrateVma, i: number, pfn: number): Steps<void> {
  yield* lockPage(task, pfn);
  yield* eraseOnReturn(task, mirror, start + i);
  yield* copyPage(task, pfn, migratePfnToPage(src[i] as number));
  dst[i] = migratePfn(pfn);
}

/** One transaction home. Pages moved, -EINVAL, or -ENOMEM after everything that could move has moved. */
function* moveToSystem(task: Task, mirror: number, migrate: MigrateVma): Steps<number> {
  const error = yield* migrateVmaSetup(task, migrate);
  if (error !== 0 || migrate.cpages === 0) return error;
  const { src, dst } = migrate;
  let short = false;
  yield Point.driverCollected;
  for (let i = 0; i < src.length; i++) {
    const from = migratePfnToPage(src[i] as number);
    if (((src[i] as number) & MIGRATE_PFN_MIGRATE) === 0 || from === 0) continue;
    const wantsHuge = ((src[i] as number) & MIGRATE_PFN_COMPOUND) !== 0;
    const head = wantsHuge && !failsOnce(task, mirror) ? yield* allocHugePage(task) : 0;
    if (head !== 0) {
      for (let piece = 0; piece < PTRS_PER_TABLE; piece++) yield* takeHome(task, mirror, migrate, i + piece, head + piece);
      dst[i] = (dst[i] as number) | MIGRATE_PFN_COMPOUND;
      i += PTRS_PER_TABLE - 1;
      continue;
    }
    const pfn = failsOnce(task, mirror) ? 0 : yield* allocPage(task, false);
    if (pfn === 0) {
      short = true;
      continue;
    }
    yield* takeHome(task, mirror, migrate, i, pfn);
  }
  yield Point.driverCopied;
  yield* migrateVmaPages(task, migrate);
  const moved = countMoved(src, dst);
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
 * dmirror_migrate_to_device: moves [start, end) as far as it can be had, at most one batch a transaction.
 *
 * @returns the number of pages moved, or -EINVAL when part of the range has no readable VMA or the address space is gone
 * (what came before stays moved). `unmapped` gets the pages that have no device entry afterwards, although they moved or had one,
 * because a foreign invalidation may have meant them.
 */
export function* migrateToDevice(
  task: Task,
  mirror: number,
  start: number,
  end: number,
  unmapped: number[] | null = null,
): Steps<number> {
  return yield* eachPiece(task, mirror, start, end, true, unmapped);
}

/** dmirror_migrate_to_system: the way back; -ENOMEM when system memory ran out. */
export function* migrateToSystem(task: Task, mirror: number, start: number, end: number): Steps<number> {
  return yield* eachPiece(task, mirror, start, end, false, null);
}

/** What selects the pages of the mirror's device. */
const ownKind = (arena: Arena, mirror: number): number =>
  get(arena, mirrorPgmap(arena, mirror) + Pgmap.type) === MEMORY_DEVICE_PRIVATE
    ? MIGRATE_VMA_SELECT_DEVICE_PRIVATE
    : MIGRATE_VMA_SELECT_DEVICE_COHERENT;

const hugeFlag = (arena: Arena, mirror: number): number =>
  optionIs(arena, mirror, Is.hugePagesWhole) ? MIGRATE_VMA_SELECT_COMPOUND : 0;

function* eachPiece(
  task: Task,
  mirror: number,
  start: number,
  end: number,
  toDevice: boolean,
  unmapped: number[] | null,
): Steps<number> {
  const { arena } = task;
  const mm = mirrorMm(arena, mirror);
  if (start >= end || !mmgetNotZero(arena, mm)) return -EINVAL;
  const batch = numberOption(arena, mirror, 'batch');
  let total = 0;
  let result = 0;
  for (let at = start; at < end && result >= 0; ) {
    // Who has no interval there hears of no invalidation.
    const sub = yield* intervalAt(task, mirror, at);
    if (sub <= 0) {
      result = sub === 0 ? -ENOMEM : sub;
      break;
    }
    const sample = { foreignSeq: load(arena, mirror + Mirror.foreignSeq), unmapped };
    yield Point.driverSampled;
    // Guard 16: a zap whose callback ran before the sample may still be at work; let it finish, holding nothing.
    if (toDevice && optionIs(arena, mirror, Is.waitAfterSampleOn)) yield* mmuIntervalReadBegin(task, sub);
    yield* mmapReadLock(task, mm);
    const vma = vmaLookup(arena, mm, at);
    if (vma === 0 || (vmaFlags(arena, vma) & VM_READ) === 0) {
      result = -EINVAL;
    } else {
      const stop = Math.min(end, vmaEnd(arena, vma), at + batch, intervalEnd(arena, mirror, at));
      const flags = (toDevice ? MIGRATE_VMA_SELECT_SYSTEM : ownKind(arena, mirror)) | hugeFlag(arena, mirror);
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

/** The mirror that lets go of a page on its way home; 0 for none. */
function homeMirror(arena: Arena, { page, mm }: Fault): number {
  const handle = get(arena, arena.page.deviceData + page);
  if (isLive(arena, arena.pools.mirror, handle)) {
    const migrating = deref(arena, arena.pools.mirror, handle);
    if (optionIs(arena, migrating, Is.homeFileMigrating)) return migrating;
  }
  return mirrorFor(arena, pgmapOf(arena, page), mm);
}

/** dmirror_devmem_fault: one page, or the huge page a leaf maps, comes home in the faulting thread. mmap_lock is held, the page locked and referenced. */
export function* migrateToRam(task: Task, fault: Fault): Steps<number> {
  const { arena } = task;
  const mirror = homeMirror(arena, fault);
  const whole = isHuge(fault.orig);
  const start = whole ? hugeStart(fault.vpn) : fault.vpn;
  const migrate = migrateVma({
    mm: fault.mm,
    vma: fault.vma,
    start,
    end: start + (whole ? PTRS_PER_TABLE : 1),
    pgmapOwner: pgmapOwner(arena, fault.page),
    flags: MIGRATE_VMA_SELECT_DEVICE_PRIVATE | (whole ? MIGRATE_VMA_SELECT_COMPOUND : 0),
    faultPage: fault.page,
  });
  const result = yield* moveToSystem(task, mirror, migrate);
  if (result === -EINVAL) return VM_FAULT_SIGBUS;
  return result === -ENOMEM ? VM_FAULT_OOM : 0;
}
