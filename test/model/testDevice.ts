/** The smallest driver of device memory there can be: a free list, one page a time to the device and back. */

import { get, set } from '../../src/arena/access.ts';
import type { Arena } from '../../src/arena/arena.ts';
import { Pgmap } from '../../src/arena/structures.ts';
import type { VmFault } from '../../src/arena/units.ts';
import {
  MIGRATE_PFN_MIGRATE,
  MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
  MIGRATE_VMA_SELECT_SYSTEM,
  migratePfn,
  migratePfnToPage,
} from '../../src/migrate/migratePfn.ts';
import { migrateVma, migrateVmaFinalize, migrateVmaPages, migrateVmaSetup } from '../../src/migrate/migrateVma.ts';
import type { MigrateVma } from '../../src/migrate/transaction.ts';
import { copyPage } from '../../src/mm/page/copyPage.ts';
import {
  MEMORY_DEVICE_PRIVATE,
  memremapPages,
  pgmapOwner,
  registerPagemapOps,
  zoneDevicePageInit,
} from '../../src/mm/page/devPagemap.ts';
import { lockPage } from '../../src/mm/page/pageLock.ts';
import { allocPage } from '../../src/mm/page/zone.ts';
import { type Fault, VM_FAULT_OOM, VM_FAULT_SIGBUS } from '../../src/mm/table/vmFault.ts';
import { mmapReadLock, mmapReadUnlock } from '../../src/mm/vma/mmapLock.ts';
import { vmaLookup } from '../../src/mm/vma/vma.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../src/sync/spinlock.ts';
import type { Task } from '../../src/sync/task.ts';

const OPS = 900;

/** What may happen in the middle of a transfer. */
export interface Hooks {
  /** After setup: the pages are locked and unmapped. */
  readonly collected?: (migrate: MigrateVma) => void;
  /** After pages: some slots may have failed. */
  readonly committed?: (migrate: MigrateVma) => void;
}

/** Device memory of device `number`, whose owner is `number + 1`. Address of its pagemap. */
export function testDevice(arena: Arena, number = 0): number {
  registerPagemapOps(OPS, { folioFree, migrateToRam });
  const { systemPages, devicePages } = arena.config;
  return memremapPages(arena, {
    type: MEMORY_DEVICE_PRIVATE,
    owner: number + 1,
    ops: OPS,
    start: systemPages + number * devicePages,
    pages: devicePages,
  });
}

export const ownerOf = (arena: Arena, pgmap: number): number => get(arena, pgmap + Pgmap.owner);
export const freedPages = (arena: Arena, pgmap: number): number => get(arena, pgmap + Pgmap.freed);

function* folioFree(task: Task, pfn: number): Steps<void> {
  const { arena } = task;
  const pgmap = pgmapAt(arena, pfn);
  yield* spinLock(task, pgmap + Pgmap.lock, LockClass.devicePages);
  set(arena, arena.page.deviceData + pfn, get(arena, pgmap + Pgmap.free));
  set(arena, pgmap + Pgmap.free, pfn);
  set(arena, pgmap + Pgmap.freed, get(arena, pgmap + Pgmap.freed) + 1);
  yield* spinUnlock(task, pgmap + Pgmap.lock, LockClass.devicePages);
}

function pgmapAt(arena: Arena, pfn: number): number {
  const { base, size } = arena.pools.pgmap;
  return base + ((get(arena, arena.page.pgmap + pfn) & 0xffff) - 1) * size;
}

/** A device page, initialised: locked, one reference. 0 when the device is full. */
export function* allocDevicePage(task: Task, pgmap: number): Steps<number> {
  const { arena } = task;
  yield* spinLock(task, pgmap + Pgmap.lock, LockClass.devicePages);
  let pfn = get(arena, pgmap + Pgmap.free);
  if (pfn !== 0) {
    set(arena, pgmap + Pgmap.free, get(arena, arena.page.deviceData + pfn));
  } else if (get(arena, pgmap + Pgmap.fresh) < get(arena, pgmap + Pgmap.start) + get(arena, pgmap + Pgmap.pages)) {
    pfn = get(arena, pgmap + Pgmap.fresh);
    set(arena, pgmap + Pgmap.fresh, pfn + 1);
  }
  yield* spinUnlock(task, pgmap + Pgmap.lock, LockClass.devicePages);
  if (pfn !== 0) yield* zoneDevicePageInit(task, pgmap, pfn);
  return pfn;
}

/** A page of system memory as a destination: locked, one reference. 0 when memory is exhausted. */
export function* allocTarget(task: Task): Steps<number> {
  const pfn = yield* allocPage(task, false);
  if (pfn !== 0) yield* lockPage(task, pfn);
  return pfn;
}

function* migrateToRam(task: Task, fault: Fault): Steps<VmFault> {
  const { mm, vma, vpn, page } = fault;
  const migrate = migrateVma({
    mm,
    vma,
    start: vpn,
    end: vpn + 1,
    pgmapOwner: pgmapOwner(task.arena, page),
    flags: MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
    faultPage: page,
  });
  if ((yield* migrateVmaSetup(task, migrate)) !== 0) return VM_FAULT_SIGBUS;
  if (migrate.cpages === 0) return 0;
  const from = migratePfnToPage(migrate.src[0] as number);
  const to = from === 0 ? 0 : yield* allocTarget(task);
  if (to !== 0) {
    yield* copyPage(task, to, from);
    migrate.dst[0] = migratePfn(to);
  }
  yield* migrateVmaPages(task, migrate);
  yield* migrateVmaFinalize(task, migrate);
  return from !== 0 && to === 0 ? VM_FAULT_OOM : 0;
}

/** A transaction over pages [start, end) of the VMA at `start`, from system memory unless `flags` says otherwise. */
export const transaction = (
  task: Task,
  mm: number,
  start: number,
  end: number,
  pgmapOwner: number,
  flags = MIGRATE_VMA_SELECT_SYSTEM,
): MigrateVma => migrateVma({ mm, vma: vmaLookup(task.arena, mm, start), start, end, pgmapOwner, flags });

/** Gives every moving slot a device page with the source's bytes; a hole gets zeroes. */
export function* fillFromDevice(task: Task, migrate: MigrateVma, pgmap: number): Steps<void> {
  const { arena } = task;
  for (let i = 0; i < migrate.src.length; i++) {
    const slot = migrate.src[i] as number;
    if ((slot & MIGRATE_PFN_MIGRATE) === 0) continue;
    const to = yield* allocDevicePage(task, pgmap);
    if (to === 0) continue;
    const from = migratePfnToPage(slot);
    if (from !== 0) yield* copyPage(task, to, from);
    else arena.frames.fill(0, to * arena.frameWords, (to + 1) * arena.frameWords);
    migrate.dst[i] = migratePfn(to);
  }
}

/**
 * Moves [start, end) to device memory, with mmap_lock held meanwhile.
 *
 * @returns the transaction: `src` says what moved; or the error of the setup.
 */
export function* toDevice(
  task: Task,
  mm: number,
  pgmap: number,
  start: number,
  end: number,
  hooks: Hooks = {},
): Steps<MigrateVma | number> {
  yield* mmapReadLock(task, mm);
  const migrate = transaction(task, mm, start, end, ownerOf(task.arena, pgmap));
  const error = yield* migrateVmaSetup(task, migrate);
  if (error === 0 && migrate.cpages > 0) {
    hooks.collected?.(migrate);
    yield* fillFromDevice(task, migrate, pgmap);
    yield* migrateVmaPages(task, migrate);
    hooks.committed?.(migrate);
    yield* migrateVmaFinalize(task, migrate);
  }
  yield* mmapReadUnlock(task, mm);
  return error === 0 ? migrate : error;
}
