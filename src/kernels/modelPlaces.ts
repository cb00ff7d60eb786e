/**
 * Where in a kernel the places of the model are: which functions of the kernel do what a function of the model does, and where one
 * begins or ends when an actor stands at a point. The kernel that runs says which of these there are; a compiler may have put one
 * into its caller.
 */

/** Functions of the kernel by those of the model in which the code is, the innermost first. A function that is not named here has its code in its callers. */
const functions: Readonly<Record<string, readonly string[]>> = {
  // The test driver.
  access: ['dmirror_read', 'dmirror_write', 'dmirror_fops_unlocked_ioctl'],
  readCommand: ['dmirror_read', 'dmirror_fops_unlocked_ioctl'],
  writeCommand: ['dmirror_write', 'dmirror_fops_unlocked_ioctl'],
  doRead: ['dmirror_do_read', 'dmirror_read', 'dmirror_fops_unlocked_ioctl'],
  doWrite: ['dmirror_do_write', 'dmirror_write', 'dmirror_fops_unlocked_ioctl'],
  readBack: ['dmirror_migrate_to_device', 'dmirror_exclusive', 'dmirror_fops_unlocked_ioctl'],
  commit: ['dmirror_range_fault', 'dmirror_fault'],
  storeFromPfns: ['dmirror_do_fault'],
  snapshot: ['dmirror_range_fault', 'dmirror_fault', 'dmirror_snapshot'],
  faultChunk: ['dmirror_range_fault', 'dmirror_fault'],
  faultRange: ['dmirror_fault'],
  allocAndCopy: ['dmirror_migrate_alloc_and_copy', 'dmirror_migrate_to_device'],
  allocDevicePage: ['dmirror_devmem_alloc_page', 'dmirror_migrate_alloc_and_copy'],
  mapMigrated: ['dmirror_migrate_finalize_and_map', 'dmirror_migrate_to_device'],
  moveToDevice: ['dmirror_migrate_to_device'],
  moveToSystem: ['dmirror_devmem_fault_alloc_and_copy', 'dmirror_migrate_to_system'],
  eachPiece: ['dmirror_migrate_to_device', 'dmirror_migrate_to_system'],
  migrateToDeviceCommand: ['dmirror_migrate_to_device', 'dmirror_fops_unlocked_ioctl'],
  migrateToRam: ['dmirror_devmem_fault'],
  bringHome: ['dmirror_devmem_fault'],
  evict: ['dmirror_device_evict_chunk'],
  exclusiveCommand: ['dmirror_exclusive', 'dmirror_fops_unlocked_ioctl'],
  section: ['dmirror_exclusive', 'dmirror_fops_unlocked_ioctl'],
  checkExclusive: ['dmirror_check_atomic', 'dmirror_fops_unlocked_ioctl'],
  invalidate: ['dmirror_interval_invalidate'],
  freeDevicePage: ['dmirror_devmem_free'],
  // Notifiers.
  mmuIntervalReadBegin: ['mmu_interval_read_begin'],
  invStartRange: ['mn_itree_inv_start_range', 'mn_itree_invalidate', '__mmu_notifier_invalidate_range_start'],
  intervalPass: ['mn_itree_invalidate', '__mmu_notifier_invalidate_range_start'],
  invEnd: ['mn_itree_inv_end', '__mmu_notifier_invalidate_range_end'],
  mmuIntervalNotifierRemove: ['mmu_interval_notifier_remove'],
  mmuIntervalNotifierInsert: ['mmu_interval_notifier_insert'],
  // Range faults.
  hmmRangeFault: ['hmm_range_fault'],
  doFault: ['hmm_do_fault', 'hmm_vma_fault', 'hmm_range_fault'],
  walkTable: ['hmm_vma_walk_pmd'],
  // Migration.
  migrateVmaSetup: ['migrate_vma_setup'],
  collect: ['migrate_vma_collect', 'migrate_vma_setup'],
  collectTable: ['migrate_vma_collect_pmd'],
  unmapPages: ['migrate_device_unmap', 'migrate_vma_unmap', 'migrate_vma_setup'],
  migrateVmaPages: ['migrate_vma_pages'],
  commitPages: ['__migrate_device_pages', 'migrate_vma_pages'],
  insertPage: ['migrate_vma_insert_page', '__migrate_device_pages'],
  migrateVmaFinalize: ['migrate_vma_finalize'],
  finalizePages: ['__migrate_device_finalize', 'migrate_vma_finalize', 'migrate_device_finalize'],
  removeMigrationPtes: ['remove_migration_pte', 'remove_migration_ptes'],
  toMigrationEntry: ['try_to_migrate_one'],
  tryToMigrate: ['try_to_migrate'],
  rmapWalk: ['rmap_walk_anon', 'rmap_walk'],
  makeDeviceExclusive: ['make_device_exclusive'],
  // Memory.
  madviseDontneed: ['madvise_dontneed_single_vma', 'madvise_vma_behavior', 'do_madvise'],
  zapRangeNotified: ['zap_page_range_single_batched', 'zap_page_range_single', 'zap_vma_range'],
  zapRange: ['unmap_page_range', 'unmap_single_vma', 'unmap_vmas', '__zap_vma_range'],
  zapTable: ['zap_pte_range', 'zap_pmd_range', 'unmap_page_range', '__zap_vma_range'],
  munmap: ['vms_clear_ptes', 'unmap_region', 'vms_complete_munmap_vmas', '__vm_munmap'],
  mmap: ['vm_mmap_pgoff'],
  mprotect: ['mprotect_fixup', 'do_mprotect_pkey'],
  protectTable: ['change_pte_range', 'change_protection'],
  handleMmFault: ['handle_pte_fault', '__handle_mm_fault', 'handle_mm_fault'],
  doAnonymousPage: ['do_anonymous_page', 'handle_pte_fault', '__handle_mm_fault'],
  doSoftleafPage: ['do_swap_page'],
  restoreExclusivePte: ['remove_device_exclusive_entry', 'do_swap_page'],
  restorePte: ['restore_exclusive_pte', 'remove_device_exclusive_entry', 'do_swap_page'],
  doWpPage: ['do_wp_page', 'wp_page_copy'],
  wpPageCopy: ['wp_page_copy', 'do_wp_page'],
  forkMm: ['dup_mmap'],
  copyPageRange: ['copy_pte_range', 'copy_page_range'],
};

/** Where a function of the kernel begins or ends, or where its caller goes on. */
export interface KernelPlace {
  readonly place: 'entry' | 'return' | 'after';
  readonly symbol: string;
  /** Only a call from the function that the actor is in will do. */
  readonly isFromCaller: boolean;
}

/**
 * By the point, and one of the functions that an actor is in where the point alone does not say it: the places in the kernel that come
 * to the same, the best one first. `from`: as called by the function that the actor is in.
 */
const places: Readonly<Record<string, string>> = {
  'lock mutexLock': 'entry mutex_lock from',
  'lock downRead': 'entry down_read from, entry down_read_killable from',
  'lock downWrite': 'entry down_write from, entry down_write_killable from',
  'lock pteOffsetMapLock': 'entry pte_offset_map_lock from, entry __pte_offset_map_lock from',
  lock: 'entry _raw_spin_lock from',
  // Who waits for a lock does nothing; it has not got further than to ask for it.
  'wait mutexLock': 'entry mutex_lock from',
  'wait downRead': 'entry down_read from, entry down_read_killable from',
  'wait downWrite': 'entry down_write from, entry down_write_killable from',
  'wait waitOnLockedDropPtl': 'entry softleaf_entry_wait_on_locked, entry migration_entry_wait_on_locked',
  'unlock upRead': 'entry up_read from',
  'unlock leaveWrite': 'entry up_write from',
  unlock: 'entry mutex_unlock from, entry _raw_spin_unlock from',
  'unlocked upRead': 'return up_read from',
  'unlocked leaveWrite': 'return up_write from',
  'unlocked unlockPage': 'return folio_unlock from',
  unlocked: 'return mutex_unlock from, return _raw_spin_unlock from',
  unlockPage: 'entry folio_unlock from',
  'trylockPage lockPage': 'entry __folio_lock from',
  deviceAccess: 'after xa_load from',
  deviceTranslated: 'after xa_load from',
  mmuIntervalReadBegin: 'return mmu_interval_read_begin',
  intervalCallback: 'entry dmirror_interval_invalidate',
  driverInvalidate: 'entry dmirror_interval_invalidate',
  invalidateRangeStart: 'return __mmu_notifier_invalidate_range_start',
  invalidateRangeEnd: 'entry __mmu_notifier_invalidate_range_end',
  makeDeviceExclusive: 'return __mmu_notifier_invalidate_range_start',
  hmmFaultPage: 'entry handle_mm_fault',
  // What comes next: where the range fault returns, mmap_lock is still held.
  driverSnapshot: 'entry mutex_lock from, return hmm_range_fault',
  driverChecked: 'entry dmirror_do_fault',
  'driverCollected moveToDevice': 'return migrate_vma_setup',
  'driverCollected bringHome': 'return migrate_vma_setup',
  driverCollected: 'return migrate_vma_setup, return migrate_device_range',
  driverCopied: 'entry migrate_vma_pages, entry migrate_device_pages',
  driverCommitted: 'return migrate_vma_pages',
  driverExclusive: 'return make_device_exclusive',
  migrateFinalize: 'entry __migrate_device_finalize, entry migrate_vma_finalize',
  isolateLru: 'entry folio_isolate_lru from',
  migrateUnmapped: 'return try_to_migrate',
  migrateCommit: 'entry folio_migrate_mapping, entry __folio_migrate_mapping',
  'rmapWalk removeMigrationPtes': 'entry remove_migration_pte',
  'rmapWalk tryToMigrate': 'entry try_to_migrate_one',
  zoneDevicePageInit: 'entry zone_device_page_init, entry zone_device_folio_init',
  flushTlb: 'entry flush_tlb_mm_range, entry arch_tlbbatch_flush',
  populateTable: 'entry pmd_install',
  allocPage: 'entry vma_alloc_folio_noprof',
  freePage: 'entry __folio_put, entry folios_put_refs',
  anonVmaPrepare: 'entry __anon_vma_prepare',
  mprotectVma: 'entry change_protection',
  forkBegin: 'entry copy_page_range',
  mmput: 'entry mmput',
  waitOnLocked: 'entry softleaf_entry_wait_on_locked, entry migration_entry_wait_on_locked',
  munmapDetached: 'entry vms_clear_ptes, entry unmap_region',
};

/**
 * Functions of the kernel that it also calls where the model has no point: once each time an actor comes into this function of the model.
 * A device that does not find an entry has looked for it, and faults.
 */
export const calledOnEntering: Readonly<Record<string, string>> = { xa_load: 'faultRange' };

/** How far out from the point a function may be that says where it is. */
const NEAR = 6;

/** What the kernel has for a point, where an actor is in these functions, the innermost first. */
export function placesOf(point: string, calls: readonly string[]): KernelPlace[] {
  const named = calls.slice(0, NEAR).find((name) => `${point} ${name}` in places);
  const text = places[named === undefined ? point : `${point} ${named}`];
  return (text?.split(', ') ?? []).map((one) => {
    const [place, symbol = '', from] = one.split(' ');
    return { place: place as KernelPlace['place'], symbol, isFromCaller: from !== undefined };
  });
}

/** The functions of the kernel that an actor may be in, the innermost first. */
export const callersOf = (calls: readonly string[]): string[] => [...new Set(calls.flatMap((name) => functions[name] ?? []))];

/** The function of the kernel that does what a function of the model does; undefined for one whose code is in its callers. */
export const symbolOf = (name: string): string | undefined => functions[name]?.[0];
