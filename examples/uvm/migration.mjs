/** The migrations of uvm.mjs: to the device, home on request and for a CPU, and evictions by page frame. */
import * as lab from 'hmm-lab/model';
import { option } from './options.mjs';

const { Counter, Mirror, Pgmap, Point, errno, get } = lab;

/** How many pages CPUs have brought home since somebody last asked for a migration (uvm_perf_thrashing). */
const HOMECOMINGS = Mirror.private;
const isMoving = (slot) => (slot & lab.MIGRATE_PFN_MIGRATE) !== 0;

/** A transaction to the device. How many pages moved, or an error. */
function* moveToDevice(task, mirror, migrate) {
  const { src, dst } = migrate;
  const error = yield* lab.migrateVmaSetup(task, migrate);
  if (error !== 0 || migrate.cpages === 0) return error;
  yield Point.driverCollected;
  for (let i = 0; i < src.length; i++) {
    const page = isMoving(src[i]) ? yield* lab.allocDevicePage(task, lab.mirrorPgmap(task.arena, mirror)) : 0;
    if (page === 0) continue;
    const from = lab.migratePfnToPage(src[i]);
    if (from === 0) lab.clearFrame(task.arena, page);
    else yield* lab.copyPage(task, page, from);
    dst[i] = lab.migratePfn(page) | (src[i] & lab.MIGRATE_PFN_WRITE);
  }
  yield Point.driverCopied;
  yield* lab.migrateVmaPages(task, migrate);
  const moved = src.filter((slot, i) => isMoving(slot) && dst[i] !== 0).length;
  yield* lab.migrateVmaFinalize(task, migrate);
  lab.count(task, Counter.migratedToDevice, moved);
  return moved;
}

/** Pages of system memory take the places of device pages, but for those that are `left`. True when memory ran out. */
function* takeHome(task, src, dst, left) {
  let short = false;
  for (let i = 0; i < src.length; i++) {
    const from = lab.migratePfnToPage(src[i]);
    if (!isMoving(src[i]) || from === 0 || left(from)) continue;
    const page = yield* lab.allocPage(task, false);
    short ||= page === 0;
    if (page === 0) continue;
    yield* lab.lockPage(task, page);
    yield* lab.copyPage(task, page, from);
    dst[i] = lab.migratePfn(page);
  }
  return short;
}

/** After a commit, with the pages still locked: nobody answers for them any more. Returns how many they are. */
function disown({ arena }, src) {
  const gone = src.filter((slot) => isMoving(slot) && lab.migratePfnToPage(slot) !== 0);
  for (const slot of gone) lab.disownDevicePage(arena, lab.migratePfnToPage(slot));
  return gone.length;
}

/** A transaction home. How many pages moved, -ENOMEM or another error. */
function* moveHome(task, _mirror, migrate) {
  const error = yield* lab.migrateVmaSetup(task, migrate);
  if (error !== 0 || migrate.cpages === 0) return error;
  yield Point.driverCollected;
  const short = yield* takeHome(task, migrate.src, migrate.dst, () => false);
  yield Point.driverCopied;
  yield* lab.migrateVmaPages(task, migrate);
  const moved = disown(task, migrate.src);
  yield* lab.migrateVmaFinalize(task, migrate);
  lab.count(task, Counter.migratedToSystem, moved);
  return short ? -errno.ENOMEM : moved;
}

/** uvm_hmm_va_block_migrate_locked: one transaction over what of [start, end) lies in one VMA. */
function* migrate(task, mirror, [start, end], flags, move) {
  const { arena } = task;
  const mm = lab.mirrorMm(arena, mirror);
  if (!lab.mmgetNotZero(arena, mm)) return -errno.EINVAL;
  yield* lab.mmapReadLock(task, mm);
  const vma = lab.vmaLookup(arena, mm, start);
  let moved = -errno.EINVAL;
  if (vma !== 0 && (lab.vmaFlags(arena, vma) & lab.VM_READ) !== 0) {
    const stop = Math.min(end, lab.vmaEnd(arena, vma));
    const pgmapOwner = get(arena, mirror + Mirror.device);
    moved = yield* move(task, mirror, lab.migrateVma({ mm, vma, start, end: stop, pgmapOwner, flags }));
  }
  yield* lab.mmapReadUnlock(task, mm);
  yield* lab.mmput(task, mm);
  return moved;
}
export const toDevice = (task, mirror, start, end) =>
  migrate(task, mirror, [start, end], lab.MIGRATE_VMA_SELECT_SYSTEM, moveToDevice);
export const toSystem = (task, mirror, start, end) =>
  migrate(task, mirror, [start, end], lab.MIGRATE_VMA_SELECT_DEVICE_PRIVATE, moveHome);

/** uvm_migrate: on request. What was thrashing begins anew. */
export function* migrateToDevice(task, mirror, start, end) {
  yield Point.driverLooked;
  lab.store(task.arena, mirror + HOMECOMINGS, 0);
  return yield* toDevice(task, mirror, start, end);
}

/** A page that CPU and GPU take from each other stays at home, or it might go back and forth for ever. */
export function isThrashing(task, mirror) {
  return lab.load(task.arena, mirror + HOMECOMINGS) >= option(task, mirror, 'thrashing');
}

/** devmem_fault: a CPU has touched `page`. The thread is no user of the device's file, so it takes a reference of the mirror. */
export function* migrateToRam(task, { mm, vma, vpn, page }) {
  const { arena } = task;
  const mirror = yield* lab.getMirror(task, () => lab.mirrorFor(arena, lab.pgmapOf(arena, page), mm));
  const faultPage = mirror === 0 || option(task, mirror, 'faultPage') === 0 ? page : 0;
  const select = { pgmapOwner: lab.pgmapOwner(arena, page), flags: lab.MIGRATE_VMA_SELECT_DEVICE_PRIVATE };
  const result = yield* moveHome(task, mirror, lab.migrateVma({ mm, vma, start: vpn, end: vpn + 1, faultPage, ...select }));
  if (mirror !== 0) {
    yield Point.driverLooked;
    if (!isThrashing(task, mirror)) lab.add(arena, mirror + HOMECOMINGS, 1);
    lab.putMirror(arena, mirror);
  }
  if (result === -errno.EINVAL) return lab.VM_FAULT_SIGBUS;
  return result === -errno.ENOMEM ? lab.VM_FAULT_OOM : 0;
}

/** uvm_pmm_gpu evicts root chunks: page frame by page frame, without a VMA. What is busy stays. */
export function* evict(task, mirror) {
  const { arena } = task;
  const pgmap = lab.mirrorPgmap(arena, mirror);
  const start = get(arena, pgmap + Pgmap.start);
  const pages = get(arena, pgmap + Pgmap.fresh) - start;
  if (pages === 0) return 0;
  const src = yield* lab.migrateDeviceRange(task, start, pages);
  const dst = new Int32Array(pages);
  // Found by its frame, a page may have been committed home by somebody who still has to let go of it.
  const left = (page) => option(task, mirror, 'disown') === 0 && !lab.isOwnedDevicePage(arena, page);
  yield* takeHome(task, src, dst, left);
  yield* lab.migrateDevicePages(task, src, dst);
  const moved = disown(task, src);
  yield* lab.migrateDeviceFinalize(task, src, dst);
  lab.count(task, Counter.evictions, moved);
  return moved;
}
