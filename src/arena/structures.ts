/** A structure is two things of one name: its offsets (`Mm.pgd`), and what an address of one is to the compiler (`mm: Mm`). */
import { atomic, frozen, guarded, owned, pooled, struct } from './layout.ts';
import type { Address } from './units.ts';

/** Two cache lines: what two actors write at high rate is kept that far apart. */
const PADDED = 32;

/** Words at the very start of the arena. */
export const Header = struct('header', {
  magic: frozen('MAGIC; anything else is not an arena'),
  version: frozen('LAYOUT_VERSION of the writer'),
  config: frozen('the sizes the arena was made with, in the order of CONFIG_KEYS', 15),
  secondaryTlbs: atomic('1 once a notifier was registered that flushes secondary TLBs; before that nobody asks'),
  zoneLock: atomic('raw lock of the system page free list (zone->lock)'),
  zoneFree: guarded('zoneLock', 'first page of the free list, linked through page.deviceData'),
  zoneFresh: guarded('zoneLock', 'lowest page frame never handed out so far'),
  zoneFreeCount: guarded('zoneLock', 'pages on the free list or fresh'),
  hugeFree: guarded('zoneLock', 'first free huge page, linked through page.deviceData'),
  hugeFresh: guarded('zoneLock', 'lowest huge page never handed out so far'),
  swapLock: atomic('raw lock of the swap slots and the swap cache'),
  swapFree: guarded('swapLock', 'slots that neither an entry nor a page of the swap cache names'),
  swapOff: guarded('swapLock', 'non-zero: swapoff has begun, no slot is handed out any more'),
  tableLock: atomic('raw lock of the page-table pool'),
  tableFree: guarded('tableLock', 'first free page-table page'),
  tableFresh: guarded('tableLock', 'lowest page-table page never handed out so far'),
  srcuIndex: atomic('which of the two counts new readers use'),
  srcuReaders: atomic('readers inside the global SRCU section of classic notifiers, by index', 2),
  srcuMutex: atomic('one grace period at a time'),
  accessesAwaited: atomic('accesses under way whose end TLB flushes wait for, CPU and device', 2),
  stop: atomic('non-zero asks every actor to return'),
  gate: atomic('start barrier: arrivals, then -1 when open'),
  pauseRequest: atomic('non-zero asks every actor to park at its next operation boundary'),
  parked: atomic('actors parked for a quiescent check'),
  failed: atomic('id + 1 of the first actor that saw a violation'),
  older: frozen('Older bits: behaviour of older kernels, see kernels/older.ts; 0 is the newest kernel'),
  anonOrders: atomic('bit n: faults on anonymous memory try pages of 2^n (hugepages-*kB/enabled is always)'),
  anonOrdersAdvised: atomic('the same where the memory is advised to be huge (madvise)'),
  shared: owned('scenario words', 16),
  devmemLock: atomic('rwsem and its writer: migrations to all devices of a driver that has such a lock', 2),
  resourceLock: atomic('resource_lock: the tree of regions changes under it'),
  iomemChild: guarded(
    'resourceLock',
    'iomem_resource.child: handle of the first region of page frames above system memory, 0 for none',
  ),
});

/** One acting thread: what it does now, what it holds, where it waits. Read by the watchdog, written by the actor. */
export const Actor = struct(
  'actor',
  {
    state: atomic('ActorState'),
    kind: frozen('ActorKind'),
    operation: owned('operation under way, 0 between operations'),
    progress: owned('operations finished'),
    point: owned('last point passed'),
    waitWord: owned('word it waits on, 0 when running'),
    waitValue: owned('value it waits to change'),
    waitMask: owned('0, or it waits until the word, under this mask, has the value'),
    spinDepth: owned('spin locks held and non-blocking sections open; sleeping is forbidden while above 0'),
    heldMask: owned('bit set of lock classes held'),
    heldOf: owned('locks held of each class', 32),
    heldCount: owned('entries used in held'),
    held: owned('address and class of each lock held, innermost last; classes held by the hundred are only counted', 32),
    signal: atomic('non-zero: a fatal signal is pending'),
    access: atomic('accesses under way, CPU and device: odd while translating and accessing', 2),
    tlbLive: atomic('cleared by every flush, CPU and device: all that is in the TLB is dead then', 2),
    tlb: owned('TLB, CPU and device: TLB_ENTRIES of [space, page, entry, page generation] each', 2 * 4 * 8),
    ownWork: owned('mirror that it migrates for, or makes pages exclusive for; 0 for none'),
    ownEvents: owned('mm events so far: brackets begun and ended'),
    counters: owned('what the actor has done, by Counter', 32),
    thread: owned('id of the worker thread, for the engine'),
    recent: owned('the last points passed, a ring; recentAt is the next place', 16),
    recentAt: owned('places written in recent so far'),
  },
  PADDED,
);
export type Actor = Address<'actor'>;

/** Entries of one translation look-aside buffer, direct mapped by page number. */
export const TLB_ENTRIES = 8;
export const TLB_WORDS = 4;

export const ActorState = { absent: 0, running: 1, done: 2, failed: 3, parked: 4 } as const;
export const ActorKind = { idle: 0, cpu: 1, device: 2, migrator: 3, disturber: 4, worker: 5 } as const;

/** Node of an interval tree; embedded where something is indexed by a range (see intervalTree.ts). */
export const NODE_WORDS = 6;

/** struct mm_struct */
export const Mm = pooled(
  'mm',
  {
    users: atomic('mm_users: the address space is in use'),
    count: atomic('mm_count: the structure exists'),
    mmapLock: atomic('mmap_lock: state word, then the writer', 2),
    subscriptions: atomic('notifier_subscriptions, 0 until the first registration; published once'),
    pageTableLock: atomic('page_table_lock: upper levels are filled under it'),
    flags: atomic('MmFlag bits'),
    rssAnon: atomic('rss_stat[MM_ANONPAGES]'),
    rssFile: atomic('rss_stat[MM_FILEPAGES] and [MM_SHMEMPAGES]'),
    rssSwap: atomic('rss_stat[MM_SWAPENTS]'),
    pgd: frozen('top-level page table'),
    vmaRoot: guarded('mmapLock', 'root of the VMA tree'),
    vmaCount: guarded('mmapLock', 'map_count'),
    memcg: frozen('handle of the memory cgroup of its owner, 0 for the root'),
    userfaultfd: guarded('mmapLock', 'handle of the userfaultfd that VMAs with VM_UFFD_MISSING report to'),
  },
  PADDED,
);
export type Mm = Address<'mm'>;

/** MMF_UNSTABLE, MMF_OOM_SKIP, and "exit_mmap has begun". */
export const MmFlag = { unstable: 1, oomSkip: 2, exiting: 4 } as const;

/** struct vm_area_struct; start and last are in the node, in pages. */
export const Vma = pooled('vma', {
  node: guarded('mmapLock', 'tree node: [start, last]', NODE_WORDS),
  mm: frozen('vm_mm'),
  flags: guarded('mmapLock', 'vm_flags'),
  pgoff: guarded('mmapLock', 'vm_pgoff: page offset of the first page'),
  anonVma: atomic('anon_vma, 0 until prepared; set once'),
  anonNext: guarded('anonVma.lock', 'next VMA on the anon_vma'),
  anonPrev: guarded('anonVma.lock', 'previous VMA on the anon_vma'),
  anonGroup: guarded('anonVma.lock', 'which of the anon_vmas of a kernel it is: VMAs of different ones do not merge'),
  anonChain: guarded('anonVma.lock', 'length of anon_vma_chain: more than 1 after a fork, and then nobody joins'),
  mapping: frozen('vm_file->f_mapping: handle of the address_space, 0 for anonymous memory'),
  sharedNext: guarded('addressSpace.lock', 'next VMA on i_mmap'),
  sharedPrev: guarded('addressSpace.lock', 'previous VMA on i_mmap'),
});
export type Vma = Address<'vma'>;

/** struct anon_vma: the list of VMAs that may map a page, oldest first so that a parent comes before its children. */
export const AnonVma = pooled('anonVma', {
  lock: atomic('anon_vma->rwsem: state word, then the writer', 2),
  head: guarded('lock', 'first VMA'),
  tail: guarded('lock', 'last VMA'),
  users: atomic('VMAs and pages that name this object'),
});
export type AnonVma = Address<'anonVma'>;

/** struct address_space with its inode: the page cache of a file, and the VMAs that map it. */
export const AddressSpace = pooled('addressSpace', {
  inodeLock: atomic('i_rwsem of the inode: writes, truncation and holes come one after another', 2),
  lock: atomic('i_mmap_rwsem: state word, then the writer', 2),
  head: guarded('lock', 'first VMA of i_mmap'),
  tail: guarded('lock', 'last VMA of i_mmap'),
  pagesLock: atomic('the lock of i_pages: entries of the page cache change under it'),
  table: guarded('pagesLock', 'root of i_pages, page tables with `pfn << 12 | PRESENT`; 0 until the first page'),
  tableLock: atomic('upper levels of i_pages are filled under it'),
  size: atomic('i_size in pages: beyond it a fault is SIGBUS'),
  users: atomic('VMAs and open files that name this object'),
});
export type AddressSpace = Address<'addressSpace'>;

/** struct userfaultfd_ctx: who resolves missing pages of an address space. */
export const Userfaultfd = pooled('userfaultfd', {
  message: atomic('address page of a fault nobody has read yet, 0 for none; a later one may take its place'),
  resolved: atomic('raised at every resolution: who waits looks again, and reports again what is still missing'),
});
export type Userfaultfd = Address<'userfaultfd'>;

/** struct mmu_notifier_subscriptions */
export const Subscriptions = pooled(
  'subscriptions',
  {
    lock: atomic('subscriptions->lock, a leaf spin lock'),
    invalidateSeq: atomic(
      'invalidate_seq: odd while an invalidation covers some interval. Written under lock, waited on without',
    ),
    waiters: atomic('tasks that wait on invalidateSeq; spares the wake-up when there are none'),
    active: guarded('lock', 'active_invalidate_ranges'),
    hasItree: atomic('has_itree: an interval notifier was registered once'),
    itree: guarded('lock', 'root of the interval tree; frozen while invalidateSeq is odd'),
    deferred: guarded('lock', 'intervals whose insertion or removal waits for the exclusion to end'),
    list: guarded('lock', 'first classic notifier'),
    mm: frozen('the mm'),
  },
  PADDED,
);
export type Subscriptions = Address<'subscriptions'>;

/** struct mmu_interval_notifier */
export const IntervalSub = pooled('intervalSub', {
  node: guarded('subscriptions.lock', 'tree node: [start, last]', NODE_WORDS),
  inTree: guarded('subscriptions.lock', 'the rb node is linked'),
  invalidateSeq: atomic('invalidate_seq: always odd. Written under the driver lock'),
  deferredNext: guarded('subscriptions.lock', 'next on the deferred list'),
  onDeferred: guarded('subscriptions.lock', 'is on the deferred list'),
  mm: frozen('the mm, pinned through mm_count'),
  ops: frozen('id of the operations (see ops.ts)'),
  owner: frozen('address of the object that embeds it, for the operations'),
  running: atomic('callbacks running now'),
  listed: guarded('a lock of the driver', 'handle of the next one on a list of the driver, -1 at its end, 0 when on none'),
});
export type IntervalSub = Address<'intervalSub'>;

/** struct mmu_notifier */
export const ClassicSub = pooled('classicSub', {
  next: guarded('subscriptions.lock', 'next on the list'),
  linked: guarded('subscriptions.lock', 'is on the list'),
  users: guarded('subscriptions.lock', 'users, for mmu_notifier_get and put'),
  mm: frozen('the mm'),
  ops: frozen('id of the operations'),
  owner: frozen('address of the object that embeds it'),
  running: atomic('callbacks running now'),
  open: atomic('invalidations whose start it was called for, and whose end it was not yet, if it wants to know of ends'),
});
export type ClassicSub = Address<'classicSub'>;

/** struct dev_pagemap with the free list a driver keeps of it. */
export const Pgmap = pooled(
  'pgmap',
  {
    type: frozen('MEMORY_DEVICE_PRIVATE or MEMORY_DEVICE_COHERENT'),
    owner: frozen('owner: what selects "our own" device pages'),
    ops: frozen('id of the operations'),
    start: frozen('first page frame'),
    pages: frozen('number of page frames'),
    dma: frozen('the device copies pages by an engine that needs DMA mappings of them'),
    ref: atomic('1 + allocated base pages; 0 after tear-down'),
    dead: atomic('killed: no new page may be initialised'),
    lock: atomic('the driver lock of the free list (mdevice->lock)'),
    free: guarded('lock', 'first free page, linked through page.deviceData'),
    fresh: guarded('lock', 'lowest page never handed out so far'),
    hugeLow: guarded('lock', 'lowest page of a huge page handed out so far: they come from the end'),
    hugeFree: guarded('lock', 'first free huge page, linked through page.deviceData'),
    allocated: guarded('lock', 'pages handed out so far'),
    freed: guarded('lock', 'pages given back so far'),
  },
  PADDED,
);
export type Pgmap = Address<'pgmap'>;

/** What a driver keeps for one address space: the mirror of the CPU page table and the lock that guards it. */
export const Mirror = pooled(
  'mirror',
  {
    driver: frozen('id of the driver'),
    mm: frozen('the mirrored mm'),
    pgmap: frozen('device memory of this device, 0 for none'),
    device: frozen('device number: the owner in notifier events'),
    updateLock: atomic('the driver update lock, taken by invalidate and around "check, then program"'),
    interval: atomic('handle of the interval notifier'),
    table: frozen('root of the device page table'),
    tableLock: atomic('its upper levels are filled under it'),
    users: atomic('CPU faults that bring a page home through it, and a bit that says that it takes no more'),
    foreignSeq: atomic('foreign invalidations so far (guard 4 of docs/drivers.md)'),
    flags: atomic('driver flags, such as a one-shot allocation failure'),
    work: atomic('the work queue of the driver: which items are pending, and which run (sync/workqueue.ts)'),
    dmaTable: frozen('root of the DMA mappings of the device (drivers/base/dmaMap.ts), 0 for a device behind no IOMMU'),
    dmaEntries: frozen(
      '1 if each device entry of a page of system memory has its own DMA mapping, as long as it is there (drivers/base/entryDma.ts)',
    ),
    options: frozen('values of the driver options, by their place in the option table', 48),
    private: owned('words a driver declares for itself', 32),
  },
  PADDED,
);
export type Mirror = Address<'mirror'>;

/** struct mem_cgroup with its page counter. */
export const Memcg = pooled('memcg', {
  max: frozen('memory.max in pages, 0 for no limit'),
  usage: atomic('memory.current in pages: what is charged to it'),
});
export type Memcg = Address<'memcg'>;

/** An object that a driver shares between threads (struct kref and what it is embedded in): a handle catches its use after free. */
export const DriverObject = pooled('driverObject', {
  refs: atomic('kref'),
});
export type DriverObject = Address<'driverObject'>;

/** struct resource: page frames that somebody has claimed. Siblings do not overlap, and lie in their parent, lowest first. */
export const Resource = pooled('resource', {
  start: frozen('first page frame'),
  pages: frozen('number of page frames'),
  busy: frozen('IORESOURCE_BUSY: nobody claims a part of it'),
  parent: guarded('resourceLock', 'handle of the region it is a part of, 0 for iomem_resource'),
  sibling: guarded('resourceLock', 'handle of the next one with the same parent, 0 for none'),
  child: guarded('resourceLock', 'handle of the first region that is a part of it, 0 for none'),
});

/** struct device, as far as it owns what a driver has claimed for it. */
export const Device = pooled('device', {
  devres: guarded(
    'the set-up and the removal of the device: one after the other',
    'devres_head: handle of what was claimed last, 0 for none',
  ),
  users: atomic('files that are open of it; -1 once it goes'),
});

/** struct devres: one thing that is given back when its device goes. */
export const Devres = pooled('devres', {
  next: guarded('as Device.devres', 'handle of what was claimed before it, 0 for none'),
  release: frozen('how it is given back: a number of the table in mm/page/devres.ts'),
  object: frozen('handle of what is given back'),
});

/** Files of each kind that a process may have open: device files, files in memory, pipes. */
export const MOST_FILES = 16;

/** A process of a program (programs/processes.ts): its address space, and what it has open. struct task_struct with its files_struct. */
export const Process = pooled('process', {
  number: frozen('what programs call it'),
  mm: frozen('its address space'),
  users: atomic('operations under way, and 1 until it exits: the last one takes it down'),
  exiting: atomic('non-zero: no operation of it begins any more'),
  devices: atomic('open device files by slot: handles, 0 for none', MOST_FILES),
  files: atomic('the same of files in memory', MOST_FILES),
  pipes: atomic('the same of pipes', MOST_FILES),
  pinned: owned('handle of the first page that it has pinned for long, 0 for none'),
  log: owned('handle of its log of notifier events, 0 for none'),
});
export type Process = Address<'process'>;

/** struct file: open in one process or in several, and in use by a command. */
export const OpenFile = pooled('openFile', {
  users: atomic('f_count: slots that name it, and commands under way'),
  kind: frozen('FileKind'),
  object: frozen('what was opened: mirror, address_space or notifier; of a pipe, handle of the first page it holds'),
  device: frozen('of a device file: which device'),
});
export type OpenFile = Address<'openFile'>;

/** A page that a pipe, or a pin of a process, keeps. */
export const HeldPage = pooled('heldPage', {
  pfn: frozen('its frame'),
  next: frozen('handle of the next one, 0 for none'),
});
export type HeldPage = Address<'heldPage'>;

/** struct page, as a structure of arrays: one word of each for every page frame. At most 64 bytes a page. */
export const pageFields = {
  flags: atomic('PG_* bits (see mm/page/page.ts)'),
  lockOwner: owned('actor id + 1 of the holder of PG_locked'),
  refcount: atomic('_refcount; 0 exactly while the page is free'),
  mapcount: atomic('_mapcount + 1: entries that count as mappings'),
  mapping: guarded('page lock, or nobody knows the page yet', 'page->mapping: handle of the anon_vma'),
  index: guarded('as mapping', 'page->index: virtual page offset within the anon_vma'),
  generation: owned('raised by whoever frees the page; a translation taken earlier is caught by it'),
  deviceData: guarded(
    'the free list, or the owner of the page',
    'page->lru while free (free-list link), zone_device_data while in use',
  ),
  pgmap: frozen('page->pgmap, device pages only'),
  pieces: guarded('the free list', 'of the first frame of a huge page: how many of its pieces are in use'),
  compound: guarded(
    'page lock of the head',
    'compound_head: first frame of the huge page it is a piece of, 0 for a page of its own',
  ),
  memcg: guarded(
    'page lock, or nobody knows the page yet',
    'folio->memcg_data: handle of the cgroup that is charged for it, -1 for the root, 0 for none',
  ),
  dma: guarded(
    'page lock, or nobody knows the page yet',
    'of the first page of a DMA mapping of a copy engine: its pages and direction (drivers/base/dmaBuffer.ts), 0 for none',
  ),
  swap: guarded('page lock', 'folio->swap: 1 + the slot it stands for in the swap cache, 0 when it is not in there'),
} as const;

/** Slots of the swap device. Their contents are the last frames of the second buffer. */
export const swapFields = {
  count: guarded('header.swapLock', 'swap_map: page-table entries that name the slot'),
  cache: guarded('header.swapLock', 'the page of the swap cache that has, or will have, its contents; 0 for none'),
} as const;

/** Page-table pages: the split page-table lock of each, and what the pool needs. */
export const tableFields = {
  lock: atomic('ptl'),
  link: guarded('header.tableLock', 'free-list link'),
} as const;
