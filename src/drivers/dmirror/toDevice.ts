/** One migration to the device: collected, copied, committed, mapped, finalized. Guards 2 and 4 of docs/drivers.md are here. */

import { get, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { PTRS_PER_TABLE } from '../../arena/config.ts';
import { Counter } from '../../arena/counters.ts';
import { EBUSY } from '../../arena/errno.ts';
import { clearFrame } from '../../arena/frames.ts';
import { handleOf } from '../../arena/pool.ts';
import { isSame, type Serial, serialLoad } from '../../arena/serials.ts';
import { Mirror, Pgmap } from '../../arena/structures.ts';
import type { MigratePfn, Pfn } from '../../arena/units.ts';
import {
  MIGRATE_PFN_COMPOUND,
  MIGRATE_PFN_MIGRATE,
  MIGRATE_PFN_WRITE,
  migratePfn,
  migratePfnToPage,
} from '../../migrate/migratePfn.ts';
import { migrateVmaFinalize, migrateVmaPages, migrateVmaSetup } from '../../migrate/migrateVma.ts';
import { unlockSlot } from '../../migrate/slotLock.ts';
import type { MigrateVma } from '../../migrate/transaction.ts';
import { copyPage } from '../../mm/page/copyPage.ts';
import { MEMORY_DEVICE_PRIVATE } from '../../mm/page/devPagemap.ts';
import { putPage } from '../../mm/page/zone.ts';
import { DEVICE, flushTlb } from '../../mm/table/tlb.ts';
import { VM_WRITE, vmaFlags } from '../../mm/vma/vma.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../sync/spinlock.ts';
import { count, type Task } from '../../sync/task.ts';
import { allocDevicePage, allocHugeDevicePage } from '../base/devicePages.ts';
import { DEV_WRITE, deviceEntry, mkDeviceEntry, needsFlush, setDeviceEntry } from '../base/deviceTable.ts';
import { type CopyBuffer, copyBuffer, DMA_TO_DEVICE, enginePage, mapSlot, unmapBuffer } from '../base/dmaBuffer.ts';
import { clearEntries, mapEntry, unmapEntries } from '../base/entryDma.ts';
import { mirrorPgmap } from '../base/mirror.ts';
import { failsOnce } from './injected.ts';
import { revoke } from './invalidate.ts';
import { Is, optionIs } from './options.ts';

/** Guard 2: the device lets go of what is about to be copied. Its own MIGRATE event did not do that. */
function* revokeSources(task: Task, mirror: Mirror, { start, src }: MigrateVma): Steps<void> {
  const updateLock = mirror + Mirror.updateLock;
  yield* mutexLock(task, updateLock, LockClass.updateLock);
  let erased = 0;
  for (let i = 0; i < src.length; i++) {
    if (((src[i] as number) & MIGRATE_PFN_MIGRATE) !== 0) erased += yield* clearEntries(task, mirror, start + i, start + i + 1);
  }
  if (erased > 0 && optionIs(task.arena, mirror, Is.engineTlb)) yield* flushTlb(task, DEVICE);
  for (let i = 0; erased > 0 && i < src.length; i++)
    if (((src[i] as number) & MIGRATE_PFN_MIGRATE) !== 0) unmapEntries(task.arena, mirror, start + i, start + i + 1);
  yield* mutexUnlock(task, updateLock, LockClass.updateLock);
}

/** Guard 4: what was seen before a transaction began, and where to note what it keeps from being mapped. */
export interface Sample {
  readonly foreignSeq: Serial | 0;
  readonly unmapped: number[] | null;
}

/** What a device page begins with: the bytes of its source, or zeroes. */
function* fillDevicePage(task: Task, mirror: Mirror, pfn: Pfn, from: Pfn): Steps<void> {
  const { arena } = task;
  // zone_device_data: a CPU fault goes to the file that migrated the page in.
  set(arena, arena.page.deviceData + pfn, handleOf(arena, arena.pools.mirror, mirror));
  if (from === 0) clearFrame(arena, pfn);
  else yield* copyPage(task, pfn, from);
}

/** What the copy engine of the device copies from in a slot; 0 for a hole. */
const sourceOf = (arena: Arena, { src }: MigrateVma, buffer: CopyBuffer | null, i: number): Pfn => {
  const from = migratePfnToPage(src[i] as number);
  return from === 0 ? 0 : enginePage(arena, buffer, i, from);
};

/** dmirror_migrate_alloc_and_copy. A slot is declined whose allocation fails, or which cannot be mapped for DMA. */
function* allocAndCopy(task: Task, mirror: Mirror, migrate: MigrateVma, buffer: CopyBuffer | null): Steps<void> {
  const { arena } = task;
  const { src, dst } = migrate;
  const pgmap = mirrorPgmap(arena, mirror);
  const isPrivate = get(arena, pgmap + Pgmap.type) === MEMORY_DEVICE_PRIVATE;
  const handsOutHuge = isPrivate || optionIs(arena, mirror, Is.coherentHugeWhole);
  for (let i = 0; i < src.length; i++) {
    const slot = src[i] as number;
    if ((slot & MIGRATE_PFN_MIGRATE) === 0) continue;
    const from = migratePfnToPage(slot);
    if (from !== 0 && !mapSlot(arena, buffer, i, from, piecesOf(slot))) {
      count(task, Counter.migrateDeclined);
      continue;
    }
    // The next allocation fails: that of a huge page, where one is due, and then small ones are tried.
    const wantsHuge = (slot & MIGRATE_PFN_COMPOUND) !== 0;
    const head = wantsHuge && !failsOnce(task, mirror) && handsOutHuge ? yield* allocHugeDevicePage(task, pgmap) : 0;
    if (head !== 0) {
      for (let piece = 0; piece < PTRS_PER_TABLE; piece++) {
        yield* fillDevicePage(task, mirror, head + piece, sourceOf(arena, migrate, buffer, i + piece));
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
    yield* fillDevicePage(task, mirror, pfn, sourceOf(arena, migrate, buffer, i));
    dst[i] = migratePfn(pfn) | (slot & MIGRATE_PFN_WRITE);
  }
}

const piecesOf = (slot: MigratePfn): number => ((slot & MIGRATE_PFN_COMPOUND) !== 0 ? PTRS_PER_TABLE : 1);

const isMoving = (slot: MigratePfn): boolean => (slot & MIGRATE_PFN_MIGRATE) !== 0;

/** All or nothing: unless every page was collected, and has a destination, none is given one. */
function* allocForAll(task: Task, mirror: Mirror, migrate: MigrateVma, buffer: CopyBuffer | null): Steps<void> {
  const { src, dst } = migrate;
  if (!src.every(isMoving)) return;
  yield* allocAndCopy(task, mirror, migrate, buffer);
  if (dst.every((slot) => slot !== 0)) return;
  for (let i = 0; i < dst.length; i++) {
    const pfn = migratePfnToPage(dst[i] as number);
    dst[i] = 0;
    if (pfn === 0) continue;
    yield* unlockSlot(task, pfn, dst, i);
    yield* putPage(task, pfn);
  }
}

/** Pages that will be on the device when the transaction is over. */
function countArrived({ src, dst }: MigrateVma): number {
  let arrived = 0;
  for (let i = 0; i < src.length; i++) if (isMoving(src[i] as number) && dst[i] !== 0) arrived++;
  return arrived;
}

/** dmirror_migrate_finalize_and_map: device entries for what was committed. Returns how many pages moved. */
function* mapMigrated(task: Task, mirror: Mirror, migrate: MigrateVma, sample: Sample): Steps<number> {
  const { arena } = task;
  const { start, end, src, dst, vma } = migrate;
  const vmaWrites = optionIs(arena, mirror, Is.holeWriteVma) && (vmaFlags(arena, vma) & VM_WRITE) !== 0;
  const updateLock = mirror + Mirror.updateLock;
  let moved = 0;
  let flush = false;
  yield* mutexLock(task, updateLock, LockClass.updateLock);
  // Guard 4: a foreign invalidation may have taken an entry away that finalize will therefore not restore.
  const skip =
    optionIs(arena, mirror, Is.foreignCounterOn) && !isSame(serialLoad(arena, mirror + Mirror.foreignSeq), sample.foreignSeq);
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
    // Memory of the device itself needs no mapping, but what it takes the place of may have one.
    yield* mapEntry(task, mirror, start + i, to);
    const old = yield* setDeviceEntry(task, mirror, start + i, entry);
    flush ||= old !== -1 && needsFlush(old, entry);
  }
  if (flush && optionIs(arena, mirror, Is.engineTlb)) yield* flushTlb(task, DEVICE);
  yield* mutexUnlock(task, updateLock, LockClass.updateLock);
  return moved;
}

/** One transaction to the device, inside one VMA, with mmap_lock held. Pages moved, -EINVAL, or -EBUSY: not all of all or nothing. */
export function* moveToDevice(task: Task, mirror: Mirror, migrate: MigrateVma, sample: Sample): Steps<number> {
  const { arena } = task;
  const whole = optionIs(arena, mirror, Is.transactionAllOrNothing);
  const error = yield* migrateVmaSetup(task, migrate);
  if (error !== 0) return error;
  if (migrate.cpages === 0) return whole ? -EBUSY : 0;
  yield Point.driverCollected;
  if (optionIs(task.arena, mirror, Is.revokeSourceOn)) yield* revokeSources(task, mirror, migrate);
  const buffer = copyBuffer(arena, mirror, mirrorPgmap(arena, mirror), migrate.src.length, DMA_TO_DEVICE);
  if (whole) yield* allocForAll(task, mirror, migrate, buffer);
  else yield* allocAndCopy(task, mirror, migrate, buffer);
  unmapBuffer(arena, buffer, migrate.src);
  yield Point.driverCopied;
  yield* migrateVmaPages(task, migrate);
  yield Point.driverCommitted;
  const mapsLater = optionIs(arena, mirror, Is.mapMigratedLater);
  const moved = mapsLater ? countArrived(migrate) : yield* mapMigrated(task, mirror, migrate, sample);
  yield* migrateVmaFinalize(task, migrate);
  count(task, Counter.migratedToDevice, moved);
  count(task, Counter.migrateFailed, migrate.cpages - moved);
  // What was committed stays on the device all the same.
  return whole && moved < migrate.src.length ? -EBUSY : moved;
}
