/**
 * uvm: a GPU with memory of its own, after the open kernel module for unified memory (uvm_hmm.c, uvm_va_block.c, uvm_pmm_gpu.c).
 *
 * A fault of the GPU moves pages to device memory first (migrate_vma_*); what cannot be moved is mapped where it is
 * (hmm_range_fault). A CPU that touches a page on the device brings it home. When the device is full, everything on it is evicted by
 * page frame, and the fault tries once more. The lock of the VA block is the driver lock. Every event, of its own migrations too,
 * takes the entries of the GPU away: so a migration has nothing to revoke and maps nothing, and the range fault that follows does.
 *
 * uvm/migration.mjs has the migrations, uvm/options.mjs the options.
 */
import * as lab from 'hmm-lab/model';
import { evict, isThrashing, migrateToDevice, migrateToRam, toDevice, toSystem } from './uvm/migration.mjs';
import { option, options } from './uvm/options.mjs';

const { Counter, IntervalSub, LockClass, Mirror, Point, errno, get } = lab;

const ALL_PAGES = 2 ** 27;
/** The lab also opens a device without memory now and then. */
const hasMemory = (arena, mirror) => get(arena, mirror + Mirror.pgmap) !== 0;

const lock = (task, mirror) => lab.mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock);
const unlock = (task, mirror) => lab.mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);

/** uvm_hmm_invalidate. */
function* invalidate(task, sub, range, curSeq) {
  const { arena } = task;
  const mirror = get(arena, sub + IntervalSub.owner);
  const own = range.event === lab.MMU_NOTIFY_MIGRATE && range.owner === get(arena, mirror + Mirror.device);
  if (own && option(task, mirror, 'ownMigrate') === 1) return true;
  if (!range.blockable) return false;
  yield* lock(task, mirror);
  lab.mmuIntervalSetSeq(task, sub, curSeq);
  yield Point.driverSeqSet;
  if ((yield* lab.eraseDeviceEntries(task, mirror, range.start, range.end)) > 0) yield* lab.flushTlb(task, lab.DEVICE_TLB);
  yield* unlock(task, mirror);
  return true;
}

/** Entries for what the range fault has found; 1 + the page that lacks write permission, if there is one. Under the lock. */
function* program(task, mirror, { start, end, hmmPfns }, write) {
  const required = lab.HMM_PFN_VALID | (write ? lab.HMM_PFN_WRITE : 0);
  for (let vpn = start; vpn < end; vpn++) {
    const word = hmmPfns[vpn - start];
    if ((word & required) !== required) return 1 + vpn;
    const entry = lab.entryFromPfn(word);
    const old = yield* lab.setDeviceEntry(task, mirror, vpn, entry);
    if (old === -1) return -errno.ENOMEM;
    if (lab.needsFlush(old, entry)) yield* lab.flushTlb(task, lab.DEVICE_TLB);
  }
  task.watch?.installed(task, mirror, start, end);
  return 0;
}

/** One pass: token, walk, check under the lock, entries. -EBUSY asks for another. */
function* pass(task, mirror, range, write) {
  const mm = lab.mirrorMm(task.arena, mirror);
  lab.count(task, Counter.rangeFaultPasses);
  range.notifierSeq = yield* lab.mmuIntervalReadBegin(task, range.notifier);
  yield* lab.mmapReadLock(task, mm);
  let result = yield* lab.hmmRangeFault(task, range);
  yield* lab.mmapReadUnlock(task, mm);
  if (result !== 0) return result;
  yield Point.driverSnapshot;
  yield* lock(task, mirror);
  const checks = option(task, mirror, 'retryCheck') === 0;
  const collided = checks && lab.mmuIntervalReadRetry(task, range.notifier, range.notifierSeq);
  if (collided) lab.count(task, Counter.readRetries);
  result = collided ? -errno.EBUSY : yield* program(task, mirror, range, write);
  yield* unlock(task, mirror);
  return result;
}

/** uvm_va_block_service_locked for a fault of the GPU. */
function* fault(task, mirror, start, end, write) {
  const { arena } = task;
  const mm = lab.mirrorMm(arena, mirror);
  if (!lab.mmgetNotZero(arena, mm)) return -errno.EFAULT;
  const stop = Math.min(end, start + option(task, mirror, 'window'));
  yield Point.driverLooked;
  if (option(task, mirror, 'migrateOnFault') === 0 && hasMemory(arena, mirror) && !isThrashing(task, mirror)) {
    const full = (yield* toDevice(task, mirror, start, stop)) === 0;
    if (full && (yield* evict(task, mirror)) > 0) yield* toDevice(task, mirror, start, stop);
  }
  const notifier = lab.mirrorInterval(arena, mirror);
  // Pages of the device itself are reported, and not brought home.
  const requests = {
    defaultFlags: lab.requestFlags(write),
    pfnFlagsMask: 0,
    devPrivateOwner: get(arena, mirror + Mirror.device),
  };
  const range = { notifier, notifierSeq: 0, start, end: stop, hmmPfns: task.pfns, ...requests };
  const [began, mark] = [task.clock(), lab.observed()];
  let result = -errno.EBUSY;
  for (let tries = 1; result === -errno.EBUSY && task.clock() - began <= lab.HMM_RANGE_DEFAULT_TIMEOUT; tries++) {
    // A pass that collided leaves nothing behind. `tries` is for the report alone.
    lab.forgetRound(mark);
    task.pfns.fill(0, 0, stop - start);
    result = yield* pass(task, mirror, range, write);
    if (result === 0) task.watch?.faultStable(task, tries, task.clock() - began);
    if (result <= 0) continue;
    // A page on the device that others share: the copy for this writer is made in system memory.
    const home = yield* toSystem(task, mirror, result - 1, result);
    result = home < 0 ? home : -errno.EBUSY;
  }
  yield* lab.mmput(task, mm);
  return result;
}

function* open(task, mirror) {
  const { arena } = task;
  const sub = lab.poolAlloc(arena, arena.pools.interval);
  if (sub === 0) return -errno.ENOMEM;
  lab.store(arena, mirror + Mirror.interval, lab.handleOf(arena, arena.pools.interval, sub));
  const spec = { start: 0, length: ALL_PAGES, ops: get(arena, mirror + Mirror.driver), owner: mirror };
  return yield* lab.mmuIntervalNotifierInsert(task, sub, lab.mirrorMm(arena, mirror), spec);
}

function* close(task, mirror) {
  const { arena } = task;
  yield* lab.closeMirror(task, mirror);
  const sub = lab.mirrorInterval(arena, mirror);
  yield* lab.mmuIntervalNotifierRemove(task, sub);
  lab.poolFree(arena, arena.pools.interval, sub);
  if (hasMemory(arena, mirror)) yield* evict(task, mirror);
}

export default {
  name: 'uvm',
  summary: 'a GPU with memory of its own: pages move to it when it faults, and are evicted when it is full',
  options,
  atomics: false,
  interval: { invalidate },
  pagemap: {
    migrateToRam,
    *folioFree(task, page) {
      yield* lab.freeDevicePage(task, lab.pgmapOf(task.arena, page), page);
    },
  },
  open,
  close,
  fault,
  migrateToDevice,
  migrateToSystem: toSystem,
  evict,
};
