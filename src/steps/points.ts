/**
 * The points: places where another actor may run. Each is a race window a user can aim at (`hmm-lab windows`,
 * `hmm-lab stress --delay NAME=...`). A point's id is its place in this table.
 */
export interface PointInfo {
  readonly name: string;
  /** What has just happened. */
  readonly after: string;
  /** What has not happened yet. */
  readonly before: string;
  /** Where that is in a kernel tree. */
  readonly kernel: string;
  /** Windows that hinge on it: E, F, S and V numbers of docs/windows.md. */
  readonly windows: string;
  /** Default cost of getting here, in nanoseconds of virtual time. */
  readonly costNs: number;
}

/** name, after, before, kernel place, windows, virtual cost. */
type Row = readonly [string, string, string, string, string, number];

const rows = [
  ['wait', 'a wait was announced', 'the awaited word has changed', 'schedule()', '', 0],
  ['lock', 'a lock is wanted', 'it is taken', 'spin_lock, mutex_lock, down_read', 'E26 E37', 20],
  ['unlock', 'the work under a lock is done', 'the lock is released', 'spin_unlock, mutex_unlock, up_read', '', 10],
  ['call', 'an operation is wanted', 'it has looked at anything', 'entry of a system call, an ioctl or a device fault', '', 0],
  [
    'mmuIntervalReadBegin',
    'the token is taken',
    'mmap_lock and the page tables are touched',
    'mm/mmu_notifier.c: mmu_interval_read_begin',
    'E1 E2 E10 E21',
    30,
  ],
  [
    'invEndWake',
    'the sequence is even and the deferred list drained',
    'the sleepers are woken',
    'mm/mmu_notifier.c: mn_itree_inv_end',
    'E16 E20 E21 E22',
    30,
  ],
  [
    'intervalCallback',
    'an invalidation found an interval it covers',
    'the driver is called',
    'mm/mmu_notifier.c: mn_itree_invalidate',
    'E19 E24',
    30,
  ],
  [
    'classicCallback',
    'an invalidation reached a classic notifier',
    'the driver is called',
    'mm/mmu_notifier.c: mn_hlist_invalidate_range_start',
    'F30',
    30,
  ],
  [
    'invalidateRangeStart',
    'every driver has let go of the range',
    'the page table changes',
    'mmu_notifier_invalidate_range_start',
    'E1 E3 E5 E31 F2',
    20,
  ],
  [
    'invalidateRangeEnd',
    'the page table has changed',
    'the bracket is closed',
    'mmu_notifier_invalidate_range_end',
    'E2 E22',
    20,
  ],
  [
    'mmuNotifierUnregister',
    'release was called',
    'the notifier is unlinked',
    'mm/mmu_notifier.c: mmu_notifier_unregister',
    'E25',
    30,
  ],
  ['hmmWalk', 'the sequence was checked', 'the walk begins', 'mm/hmm.c: hmm_range_fault', 'E10', 100],
  ['hmmWalkPte', 'a page-table entry was handled', 'the next one is read', 'mm/hmm.c: hmm_vma_walk_pmd', 'E2 E8', 4],
  ['hmmFaultPage', 'the walk found something to fault', 'the page is faulted', 'mm/hmm.c: hmm_do_fault', 'E9 E27 E36', 100],
  ['faultReadPte', 'the tables exist', 'the entry is read, without a lock', 'mm/memory.c: handle_pte_fault', 'E13 E14 F4', 50],
  ['faultRetry', 'mmap_lock was dropped', 'the page lock was waited for', 'mm/filemap.c: __folio_lock_or_retry', 'E27 E35', 30],
  ['populateTable', 'a page-table page is ready', 'it is linked', 'mm/memory.c: __pte_alloc', 'E8', 50],
  ['setPte', 'the entry was checked under its lock', 'its new value is stored', 'set_pte_at', 'E5 E8 E11 F4', 10],
  ['clearPte', 'the entry was checked under its lock', 'it is cleared', 'ptep_get_and_clear', 'E1 E12 F4 F7', 10],
  ['flushTlb', 'entries changed', 'other CPUs have let go of old translations', 'flush_tlb_range', 'E12 F7', 500],
  ['cpuAccess', 'a CPU is about to touch an address', 'it translates', 'hardware', 'E12', 5],
  ['cpuTranslated', 'a CPU has translated an address', 'it touches the page', 'hardware', 'E12 E33', 5],
  ['anonVmaPrepare', 'an anon_vma was made', 'it is attached to the VMA', 'mm/rmap.c: __anon_vma_prepare', '', 50],
  ['rmapWalk', 'a VMA that may map the page was found', 'its entry is looked at', 'mm/rmap.c: rmap_walk_anon', 'F21', 30],
  ['getPage', 'a page is known', 'a reference is taken', 'folio_get', 'E14 F19 F26', 10],
  ['putPage', 'a page is done with', 'the reference is dropped', 'folio_put', 'F24', 10],
  ['freePage', 'the last reference is gone', 'the page is on the free list', 'mm/swap.c: __folio_put', 'E1 F24', 50],
  ['allocPage', 'a page is wanted', 'it is taken', 'mm/page_alloc.c: alloc_pages', '', 100],
  ['trylockPage', 'a page is known', 'its lock is tried', 'folio_trylock', 'E14 F5 F18', 10],
  ['unlockPage', 'the work on a page is done', 'its lock is released', 'folio_unlock', 'E13 F34', 10],
  [
    'waitOnLocked',
    'the page-table lock is dropped',
    'the sleep on the page lock begins',
    'mm/filemap.c: softleaf_entry_wait_on_locked',
    'E13 F34',
    30,
  ],
  ['copyPage', 'part of a page is copied', 'the rest is', 'copy_highpage', 'F1 F12 F13', 200],
  [
    'munmapDetached',
    'the VMAs are gone and mmap_lock is held for reading',
    'the entries are',
    'mm/vma.c: vms_complete_munmap_vmas',
    'E1',
    100,
  ],
  ['mprotectVma', 'the VMA has its new protection', 'the entries have', 'mm/mprotect.c: mprotect_fixup', 'E3 F23', 50],
  ['forkBegin', 'both mmap_locks are held', 'the first VMA is copied', 'kernel/fork.c: dup_mmap', 'E4 E34 F21', 200],
  ['mmput', 'a user is done with an address space', 'mm_users is dropped', 'kernel/fork.c: mmput', 'E41 E42', 20],
  [
    'oomReap',
    'the reaper has mmap_lock',
    'the address space is marked unstable',
    'mm/oom_kill.c: __oom_reap_task_mm',
    'E23 F15',
    50,
  ],
  ['isolateLru', 'a page was collected', 'it is isolated from the LRU', 'mm/migrate_device.c: migrate_device_unmap', 'F8', 30],
  [
    'migrateUnmapped',
    'a page has lost all its mappings',
    'its references are counted',
    'mm/migrate_device.c: migrate_vma_check_page',
    'F9',
    20,
  ],
  [
    'migrateCommit',
    'the copy is done',
    'the references are counted exactly',
    'mm/migrate.c: folio_migrate_mapping',
    'F9 F13',
    50,
  ],
  [
    'migrateFinalize',
    'the device table is updated',
    'migration entries are replaced',
    'mm/migrate_device.c: migrate_vma_finalize',
    'F2 F13 F22',
    50,
  ],
  [
    'zoneDevicePageInit',
    'a device page left the free list',
    'it is initialised',
    'mm/memremap.c: zone_device_page_init',
    'F24 F25',
    50,
  ],
  [
    'makeDeviceExclusive',
    'the EXCLUSIVE bracket is open',
    'the entry is looked at again',
    'mm/rmap.c: make_device_exclusive',
    'E31 E32 F28',
    50,
  ],
  ['driverInvalidate', 'the driver was called', 'it takes its lock', 'the driver', 'E1 E24', 20],
  ['driverSeqSet', 'the callback has set the sequence', 'device entries are removed', 'the driver', 'E1 F3', 20],
  ['driverSnapshot', 'range fault has returned 0', 'the driver lock is taken', 'the driver', 'E1 E2 E3 E4 E5 E6 E7', 20],
  ['driverChecked', 'read-retry said false', 'the device is programmed', 'the driver', 'E1', 20],
  ['driverSampled', 'the counter of foreign invalidations is sampled', 'setup', 'the driver', 'F2', 20],
  ['driverCollected', 'setup has returned', 'destinations are allocated and filled', 'the driver', 'F1 F3 F12', 50],
  ['driverCopied', 'the pages are copied', 'they are committed', 'the driver', 'F1 F9 F14', 50],
  ['driverCommitted', 'migrate_vma_pages has returned', 'the device is programmed', 'the driver', 'F2 F14', 50],
  ['driverExclusive', 'make_device_exclusive has returned', 'the device is programmed', 'the driver', 'E31 F29', 50],
  ['deviceAccess', 'a device is about to touch an address', 'it translates', 'the device', 'F1 F12', 5],
  ['deviceTranslated', 'a device has translated an address', 'it touches the page', 'the device', 'F1 F12', 5],
  ['deviceAtomic', 'a device has read a word it increments', 'it writes it back', 'the device', 'E33', 5],
  ['flushDeviceTlb', 'device entries changed', 'the device has let go of old translations', 'the driver', 'F1 F12', 1000],
  ['sleep', 'a pause of a retry loop begins', 'it is over', 'usleep_range()', '', 0],
  ['filePage', 'the page cache was looked at', 'a page is taken from it or added', 'mm/filemap.c: filemap_get_folio', '', 30],
  ['fileMapped', 'a file page is locked and still in its file', 'it is mapped', 'mm/memory.c: finish_fault', '', 30],
  ['runWork', 'a worker has taken an item off a queue', 'it is done', 'kernel/workqueue.c: process_one_work', '', 1000],
  ['driverQueued', 'a device fault is queued', 'its handler looks at anything', 'the driver', '', 100],
  ['driverDrained', 'the queued device faults were handled', 'the request to do so is taken back', 'the driver', '', 20],
  ['driverPages', 'the pages of a range are held', 'they are bound to the device', 'the driver', 'F31', 20],
  ['truncate', 'the size of the file is set', 'its pages are unmapped and removed', 'mm/truncate.c: truncate_pagecache', '', 30],
  [
    'swapCache',
    'a swap slot is known',
    'the slot or its page in the swap cache is looked at or changed',
    'mm/swap_state.c',
    'S2 S3 S4 S5',
    30,
  ],
  [
    'reclaimUnmapped',
    'a page has lost its mappings to reclaim',
    'it is asked whether it is dirty',
    'mm/vmscan.c: shrink_folio_list',
    'E39 S1 S6',
    50,
  ],
  ['remoteAccess', 'a device has found a page in system memory', 'it has it over the link', 'the device', '', 200],
  [
    'waiterCounted',
    'whoever waits for an invalidation to end is counted',
    'the sequence is looked at',
    'mm/mmu_notifier.c: wait_event',
    'E20',
    0,
  ],
  ['reclaimLocked', 'a page to reclaim is locked', 'its mappings are looked at', 'mm/vmscan.c: shrink_folio_list', 'S1', 30],
  ['driverLooked', 'the driver has looked at what it keeps', 'it does what follows from that', 'the driver', '', 0],
  ['srcuFlip', 'the index is flipped', 'the readers of the old one are counted', 'kernel/rcu: srcu_flip', '', 0],
  ['srcuReadLock', 'the index is read', 'the reader is counted', 'kernel/rcu: __srcu_read_lock', '', 0],
  [
    'driverFound',
    'a CPU fault has found the mirror that lets go of its page',
    'it has a reference of it',
    'the driver',
    'E45',
    0,
  ],
  ['unlocked', 'a lock was released', 'whatever follows the release', 'spin_unlock, mutex_unlock, up_read, folio_unlock', '', 0],
  ['memcgCharge', 'the cgroup of a page is known', 'it is charged or uncharged', 'mm/memcontrol.c: try_charge', '', 20],
  [
    'flushSecondaryTlbs',
    'the CPUs have let go of old translations',
    'the devices that walk the same page tables are told to',
    'mm/mmu_notifier.c: mmu_notifier_arch_invalidate_secondary_tlbs',
    'V1 V2',
    30,
  ],
  ['flushIotlb', 'an IOMMU is told to invalidate', 'its IOTLB has done so', 'drivers/iommu', 'V1 V2 V3 V4 V5', 500],
] as const satisfies readonly Row[];

export const points: readonly PointInfo[] = rows.map(([name, after, before, kernel, windows, costNs]) => ({
  name,
  after,
  before,
  kernel,
  windows,
  costNs,
}));

type Name = (typeof rows)[number][0];

/** Ids by name: `Point.mmuIntervalReadBegin`. */
export const Point = Object.freeze(Object.fromEntries(rows.map(([name], id) => [name, id]))) as { readonly [K in Name]: number };
