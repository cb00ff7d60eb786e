/**
 * The model, for drivers and operations of one's own (`import ... from 'hmm-lab/model'`): the calls of the kernel under their
 * kernel names in camelCase, and the shared words that they work on. `hmm-lab` exports the same.
 *
 * Operations (`Steps<T>`) are called with `yield*` from a generator; outside of one {@link run} completes them. Pages are counted in
 * pages, ends are exclusive, errors are negative errno values, addresses are words of the arena.
 */

// Shared words: READ_ONCE and WRITE_ONCE are `get` and `set`, the atomic ones the rest.
// Steps and points. `observed`, `forgetSince` and `forgetRound` tell an explorer what a loop has not learnt.
export {
  add,
  and,
  cas,
  forgetRound,
  forgetSince,
  frameLoad,
  frameStore,
  get,
  increase,
  load,
  observed,
  or,
  set,
  store,
  xchg,
} from './arena/access.ts';
export type { Arena } from './arena/arena.ts';
export { PTRS_PER_TABLE, VPN_LIMIT } from './arena/config.ts';
export { Counter } from './arena/counters.ts';
export * as errno from './arena/errno.ts';
export { clearFrame, frameAt } from './arena/frames.ts';
export { deref, handleOf, poolAlloc, poolFree } from './arena/pool.ts';
export { Actor, ClassicSub, Header, IntervalSub, Mirror, Mm, Pgmap } from './arena/structures.ts';
// What a number stands for. Plain numbers fit all of them but VmFault, of which the VM_FAULT constants are.
export type {
  Address,
  DeviceEntry,
  DmaAddress,
  Errno,
  FrameWord,
  Handle,
  HmmPfn,
  IommuEntry,
  MigratePfn,
  PageTable,
  Pfn,
  Pte,
  SwapSlot,
  VmFault,
  Vpn,
  Word,
} from './arena/units.ts';
export { demand, Violation } from './arena/violation.ts';
// What a driver is, and what it keeps: mirrors, options, the page table of the device, DMA mappings, accesses of the device.
export { deviceBegin, deviceEnd, deviceIncrement, deviceLoad, deviceStore } from './drivers/base/deviceAccess.ts';
// Device memory: dev_pagemap and the free list of a driver.
export { allocDevicePage, devicePagesInUse, freeDevicePage } from './drivers/base/devicePages.ts';
export {
  DEV_ATOMIC,
  DEV_VALID,
  DEV_WRITE,
  deviceEntry,
  deviceEntryPfn,
  ensureDeviceTable,
  entryFromPfn,
  eraseDeviceEntries,
  mkDeviceEntry,
  needsFlush,
  setDeviceEntry,
  storeFromPfns,
} from './drivers/base/deviceTable.ts';
export { closeDma, dmaEntry, dmaPage, dmaTables, dmaUnmap, hmmDmaMapPfn, openDma, stickyBits } from './drivers/base/dmaMap.ts';
export type { BoundDevice, Driver, DriverOption, MirrorNeeds } from './drivers/base/driver.ts';
export { driverOption } from './drivers/base/driver.ts';
export {
  closeMirror,
  getMirror,
  type MirrorRange,
  mirrorFor,
  mirrorInterval,
  mirrorMm,
  mirrorPgmap,
  putMirror,
} from './drivers/base/mirror.ts';
export type { DriverSettings } from './drivers/base/options.ts';
export { dmirror } from './drivers/dmirror/index.ts';
// hmm_range_fault.
export type { HmmRange } from './hmm/hmmRange.ts';
export {
  HMM_PFN_DMA_MAPPED,
  HMM_PFN_ERROR,
  HMM_PFN_REQ_FAULT,
  HMM_PFN_REQ_WRITE,
  HMM_PFN_VALID,
  HMM_PFN_WRITE,
  HMM_RANGE_DEFAULT_TIMEOUT,
  hmmPfnToMapOrder,
  hmmPfnToPage,
} from './hmm/pfn.ts';
export { hmmRangeFault, hmmRangeFaultUnlockedTimeout, requestFlags } from './hmm/rangeFault.ts';
// migrate_vma, migration by page frame, device-exclusive access.
export { migrateDeviceFinalize, migrateDevicePages, migrateDevicePfns, migrateDeviceRange } from './migrate/deviceRange.ts';
export { makeDeviceExclusive } from './migrate/exclusive.ts';
export {
  MIGRATE_PFN_COMPOUND,
  MIGRATE_PFN_MIGRATE,
  MIGRATE_PFN_VALID,
  MIGRATE_PFN_WRITE,
  MIGRATE_VMA_SELECT_COMPOUND,
  MIGRATE_VMA_SELECT_DEVICE_COHERENT,
  MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
  MIGRATE_VMA_SELECT_SYSTEM,
  migratePfn,
  migratePfnToPage,
} from './migrate/migratePfn.ts';
export type { MigrateArgs } from './migrate/migrateVma.ts';
export { migrateVma, migrateVmaFinalize, migrateVmaPages, migrateVmaSetup } from './migrate/migrateVma.ts';
export type { MigrateVma } from './migrate/transaction.ts';
// Address spaces: mmap_lock, VMAs, system calls, accesses of a CPU.
export { cpuBegin, cpuEnd, cpuLoad, cpuStore, faultName, isFault, type MinusVmFault } from './mm/fault/cpuAccess.ts';
// Pages: references, flags, the page lock, get_user_pages and pin_user_pages.
export { FOLL_PIN, FOLL_WRITE, getUserPage, unpinUserPage } from './mm/fault/gup.ts';
export { copyPage } from './mm/page/copyPage.ts';
export {
  disownDevicePage,
  isDevicePrivatePage,
  isOwnedDevicePage,
  MEMORY_DEVICE_COHERENT,
  MEMORY_DEVICE_PRIVATE,
  memremapPages,
  memunmapPages,
  type PagemapOps,
  type PagemapSpec,
  pgmapOf,
  pgmapOwner,
  zoneDevicePageInit,
} from './mm/page/devPagemap.ts';
export {
  clearPageFlags,
  getPage,
  isDevicePage,
  isZeroPage,
  maybeDmaPinned,
  PG_ANON_EXCLUSIVE,
  PG_DEVICE,
  PG_DIRTY,
  PG_LOCKED,
  PG_LRU,
  PG_UPTODATE,
  pageCount,
  pageFlags,
  pageMapcount,
  setPageFlags,
  tryGetPage,
} from './mm/page/page.ts';
export { lockPage, lockPageKillable, trylockPage, unlockPage, waitOnPageLocked } from './mm/page/pageLock.ts';
export { allocPage, putPage } from './mm/page/zone.ts';
export { reclaimPage } from './mm/swap/reclaim.ts';
export { mmput } from './mm/syscalls/exit.ts';
export type { FlagAdvice } from './mm/syscalls/flagAdvice.ts';
export { forkMm } from './mm/syscalls/fork.ts';
export { type Advice, madvise, madviseDontneed, oomReap } from './mm/syscalls/madvise.ts';
export { mmapAnonymous, munmap } from './mm/syscalls/mmap.ts';
export { mprotect } from './mm/syscalls/mprotect.ts';
export { mremap, type NewPlace } from './mm/syscalls/mremap.ts';
export { hardwareWalk } from './mm/table/hardwareWalk.ts';
// Page tables, as a walk sees them, and the TLBs.
export {
  describePte,
  isDeviceExclusive,
  isDevicePrivate,
  isMigration,
  leafWritable,
  mapsPage,
  ptePfn,
  ptePresent,
  pteWrite,
} from './mm/table/pte.ts';
export { readPte } from './mm/table/tables.ts';
export { CPU as CPU_TLB, DEVICE as DEVICE_TLB, flushTlb } from './mm/table/tlb.ts';
export type { Fault } from './mm/table/vmFault.ts';
export { VM_FAULT_HWPOISON, VM_FAULT_OOM, VM_FAULT_SIGBUS, VM_FAULT_SIGSEGV } from './mm/table/vmFault.ts';
export {
  mmapReadLock,
  mmapReadLockKillable,
  mmapReadTrylock,
  mmapReadUnlock,
  mmapWriteDowngrade,
  mmapWriteLock,
  mmapWriteUnlock,
} from './mm/vma/mmapLock.ts';
export { VM_EXEC, VM_READ, VM_SHARED, VM_WRITE, vmaEnd, vmaFlags, vmaLookup, vmaStart } from './mm/vma/vma.ts';
// Notifiers: interval notifiers with their sequence, classic ones, and the ranges that both hear of.
export { mmuNotifierGet, mmuNotifierPut, mmuNotifierRegister, mmuNotifierUnregister } from './notifier/classic.ts';
export {
  type IntervalSpec,
  mmuIntervalNotifierInsert,
  mmuIntervalNotifierInsertLocked,
  mmuIntervalNotifierRemove,
} from './notifier/interval.ts';
export { mmdrop, mmget, mmgetNotZero, mmgrab } from './notifier/mmCount.ts';
export type { ClassicOps, IntervalOps } from './notifier/ops.ts';
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
  TLB_FLUSH_ALL,
} from './notifier/range.ts';
export {
  mmuIntervalCheckRetry,
  mmuIntervalReadBegin,
  mmuIntervalReadRetry,
  mmuIntervalSetSeq,
} from './notifier/sequence.ts';
export { Point, points } from './steps/points.ts';
export type { Steps } from './steps/steps.ts';
export { erased, pointsWatched, run } from './steps/steps.ts';
// Waiting and locks: wait_event and wake_up on a word, spin locks, mutexes, rw_semaphore, lockdep.
export { LockClass } from './sync/lockClass.ts';
export { lockMap, mightSleep, nonBlockEnd, nonBlockStart } from './sync/lockdep.ts';
export {
  downgradeWrite,
  downRead,
  downReadKillable,
  downReadTrylock,
  downWrite,
  upRead,
  upWrite,
} from './sync/rwsem.ts';
export { isLockedBy, mutexLock, mutexTryLock, mutexUnlock, spinLock, spinTryLock, spinUnlock } from './sync/spinlock.ts';
export type { Task } from './sync/task.ts';
export { count, fatalSignalPending } from './sync/task.ts';
export { waitUntil, waitWhile, wake } from './sync/wait.ts';
// Work queues: queue_work, flush_work, cancel_work_sync.
export type { Work } from './sync/workqueue.ts';
export { cancelWorkSync, flushWork, queueWork, workPending } from './sync/workqueue.ts';
