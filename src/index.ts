/**
 * hmm-lab: a race laboratory for Linux heterogeneous memory management.
 *
 * Three doors: {@link Lab} scripts actors one call at a time; {@link race} lets them all loose; and the model itself, below,
 * is what driver modules are written against. Operations of the model (`Steps<T>`) are generators in the sources and plain
 * functions in this build: call them through {@link run}, which suits both.
 */

export { add, and, cas, get, load, or, set, store, xchg } from './arena/access.ts';
export { Counter } from './arena/counters.ts';
export * as errno from './arena/errno.ts';
export { deref, handleOf, poolAlloc, poolFree } from './arena/pool.ts';
export { Actor, IntervalSub, Mirror, Mm, Pgmap } from './arena/structures.ts';
export { demand, Violation } from './arena/violation.ts';
export { allocDevicePage, freeDevicePage } from './drivers/base/devicePages.ts';
export {
  DEV_ATOMIC,
  DEV_VALID,
  DEV_WRITE,
  deviceEntry,
  ensureDeviceTable,
  entryFromPfn,
  eraseDeviceEntries,
  mkDeviceEntry,
  needsFlush,
  setDeviceEntry,
  storeFromPfns,
} from './drivers/base/deviceTable.ts';
export type { Driver, DriverOption } from './drivers/base/driver.ts';
export { driverOption } from './drivers/base/driver.ts';
export { closeMirror, getMirror, mirrorFor, mirrorInterval, mirrorMm, mirrorPgmap, putMirror } from './drivers/base/mirror.ts';
export type { DriverSettings } from './drivers/base/options.ts';
// What drivers share.
export { dmirror } from './drivers/dmirror/index.ts';
export { raceOptions } from './engines/race/command.ts';
export { race } from './engines/race/race.ts';
export type {
  DelaySpec,
  RaceHooks,
  RaceOptions,
  RaceProgress,
  RaceResult,
  RaceVerdict,
  RaceViolation,
} from './engines/race/types.ts';
export type { LabOptions } from './engines/script/lab.ts';
export { CpuActor, DeviceActor, Lab } from './engines/script/lab.ts';
export type { AddressSpace, Device } from './engines/script/places.ts';
export { ModelError } from './engines/script/places.ts';
export type { Access } from './engines/script/scripted.ts';
export type { HmmRange } from './hmm/hmmRange.ts';
// Range fault and migration.
export { HMM_PFN_ERROR, HMM_PFN_VALID, HMM_PFN_WRITE, HMM_RANGE_DEFAULT_TIMEOUT, hmmPfnToPage } from './hmm/pfn.ts';
export { hmmRangeFault, hmmRangeFaultUnlockedTimeout, requestFlags } from './hmm/rangeFault.ts';
export { UsageError } from './input/usageError.ts';
export { migrateDeviceFinalize, migrateDevicePages, migrateDeviceRange } from './migrate/deviceRange.ts';
export { makeDeviceExclusive } from './migrate/exclusive.ts';
export {
  MIGRATE_PFN_MIGRATE,
  MIGRATE_PFN_WRITE,
  MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
  MIGRATE_VMA_SELECT_SYSTEM,
  migratePfn,
  migratePfnToPage,
} from './migrate/migratePfn.ts';
export type { MigrateArgs } from './migrate/migrateVma.ts';
export { migrateVma, migrateVmaFinalize, migrateVmaPages, migrateVmaSetup } from './migrate/migrateVma.ts';
export type { MigrateVma } from './migrate/transaction.ts';
// Memory management that drivers call.
export { copyPage } from './mm/page/copyPage.ts';
export { disownDevicePage, isOwnedDevicePage, pgmapOf, pgmapOwner } from './mm/page/devPagemap.ts';
export { lockPage, unlockPage } from './mm/page/pageLock.ts';
export { allocPage, putPage } from './mm/page/zone.ts';
export { mmput } from './mm/syscalls/exit.ts';
export { DEVICE as DEVICE_TLB, flushTlb } from './mm/table/tlb.ts';
export type { Fault } from './mm/table/vmFault.ts';
export { mmapReadLock, mmapReadUnlock } from './mm/vma/mmapLock.ts';
export { VM_READ, VM_WRITE, vmaEnd, vmaFlags, vmaLookup } from './mm/vma/vma.ts';
// Notifiers.
export { mmuIntervalNotifierInsert, mmuIntervalNotifierRemove } from './notifier/interval.ts';
export { mmgetNotZero } from './notifier/mmCount.ts';
export type { IntervalOps } from './notifier/ops.ts';
export type { NotifierRange } from './notifier/range.ts';
export {
  MMU_NOTIFY_CLEAR,
  MMU_NOTIFY_EXCLUSIVE,
  MMU_NOTIFY_MIGRATE,
  MMU_NOTIFY_PROTECTION_PAGE,
  MMU_NOTIFY_PROTECTION_VMA,
  MMU_NOTIFY_RELEASE,
  MMU_NOTIFY_SOFT_DIRTY,
  MMU_NOTIFY_UNMAP,
} from './notifier/range.ts';
export {
  mmuIntervalCheckRetry,
  mmuIntervalReadBegin,
  mmuIntervalReadRetry,
  mmuIntervalSetSeq,
} from './notifier/sequence.ts';
export { version } from './package/version.ts';
export { Point, points } from './steps/points.ts';
export type { Steps } from './steps/steps.ts';
// For driver modules: steps, memory, locks.
export { pointsWatched, run } from './steps/steps.ts';
export { LockClass } from './sync/lockClass.ts';
export { mutexLock, mutexTryLock, mutexUnlock, spinLock, spinUnlock } from './sync/spinlock.ts';
export type { Task } from './sync/task.ts';
export { count } from './sync/task.ts';
export type { Work } from './sync/workqueue.ts';
export { cancelWorkSync, flushWork, queueWork } from './sync/workqueue.ts';
