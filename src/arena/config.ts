/** Sizes of an arena, and the limits that follow from how things are encoded. */
import { UsageError } from '../input/usageError.ts';
import { TABLE_BITS } from './tableBits.ts';

/** Entries of one page-table page, and pages one of them maps: 512, and 16 where interleavings are explored. */
export const PTRS_PER_TABLE = 2 ** TABLE_BITS;
/** Order of the block one entry above the last level maps: a huge page. */
export const PMD_ORDER = TABLE_BITS;
/** Virtual page numbers have three levels of such entries: 27 bits, a 39-bit address space; 12 bits where interleavings are explored. */
export const VPN_LIMIT = 2 ** (3 * TABLE_BITS);
/** An interval may go beyond what can be mapped, as one over all of an unsigned long does in the kernel; so far at most. */
export const INTERVAL_LIMIT = 2 ** 27;
/** Page frame numbers are 20 bits, so that a page-table entry is one Int32. */
export const PFN_LIMIT = 2 ** 20;
export const PAGE_SIZE = 4096;
/** The shared zero page. Frame 0 is never used, so that pfn 0 means "none". */
export const ZERO_PFN = 1;
/** What freed frames are filled with, each word. */
export const POISON = 0x6b6b6b6b;
/** Lock classes the order graph has room for. */
export const LOCK_CLASSES = 32;

/** Sizes of an arena. All are counts, `frameWords` is Int32 words a page frame holds. */
export interface ArenaConfig {
  /** Frames of system memory, including the null frame and the zero page. */
  readonly systemPages: number;
  /** Huge pages of system memory, {@link PTRS_PER_TABLE} of those frames each; the first is the huge zero page. 0: nobody ever meets one. */
  readonly hugePages: number;
  /** Frames of device memory of each device. */
  readonly devicePages: number;
  readonly devices: number;
  /** Page-table pages, for CPU and device page tables together. */
  readonly tables: number;
  readonly actors: number;
  readonly mms: number;
  readonly vmas: number;
  readonly mirrors: number;
  readonly intervals: number;
  /** 1024 makes 4096-byte frames; exploration uses 16. */
  readonly frameWords: number;
  /** Slots of the swap device, of a frame's size each. 0: there is none, and anonymous pages stay in memory. */
  readonly swapSlots: number;
  /** Memory cgroups. 0: there are none, and no page is charged. */
  readonly memcgs: number;
  /** Processes of a program; 0 where none runs. */
  readonly processes: number;
  /** Pages that pipes and pins of those processes hold. */
  readonly heldPages: number;
}

/** In the order in which the header holds them. */
export const CONFIG_KEYS = [
  'systemPages',
  'devicePages',
  'devices',
  'tables',
  'actors',
  'mms',
  'vmas',
  'mirrors',
  'intervals',
  'frameWords',
  'hugePages',
  'swapSlots',
  'memcgs',
  'processes',
  'heldPages',
] as const satisfies readonly (keyof ArenaConfig)[];

export const defaultConfig: ArenaConfig = {
  systemPages: 1024,
  hugePages: 0,
  devicePages: 256,
  devices: 2,
  tables: 64,
  actors: 16,
  mms: 8,
  vmas: 256,
  mirrors: 8,
  intervals: 64,
  frameWords: 1024,
  swapSlots: 0,
  memcgs: 0,
  processes: 0,
  heldPages: 0,
};

/** Most objects of one pool: a handle has 16 bits for the index + 1 (pool.ts). */
export const POOL_LIMIT = 0xffff;
/** The reader counts of a semaphore have 8 bits (sync/rwsem.ts). */
export const ACTOR_LIMIT = 0xff;

/** The largest size of each kind that has one of its own. Page frames are limited together. */
const LIMITS: Partial<Record<keyof ArenaConfig, number>> = {
  devices: POOL_LIMIT,
  tables: PFN_LIMIT,
  actors: ACTOR_LIMIT,
  mms: POOL_LIMIT,
  vmas: POOL_LIMIT,
  mirrors: POOL_LIMIT,
  intervals: POOL_LIMIT,
  swapSlots: PFN_LIMIT,
  memcgs: POOL_LIMIT,
  processes: POOL_LIMIT,
  heldPages: POOL_LIMIT,
};

const MAY_BE_NONE: ReadonlySet<keyof ArenaConfig> = new Set([
  'devicePages',
  'devices',
  'hugePages',
  'swapSlots',
  'memcgs',
  'processes',
  'heldPages',
]);

/** @throws UsageError that names the size that is impossible. */
export function checkConfig(config: ArenaConfig): void {
  for (const key of CONFIG_KEYS) {
    const value = config[key];
    const least = MAY_BE_NONE.has(key) ? 0 : 1;
    if (!Number.isSafeInteger(value) || value < least) {
      throw new UsageError(`arena: ${key} is ${value}, it must be a whole number of at least ${least}`);
    }
    const most = LIMITS[key];
    if (most !== undefined && value > most) throw new UsageError(`arena: ${key} is ${value}, at most ${most} are possible`);
  }
  const pages = config.systemPages + config.devicePages * config.devices;
  if (pages > PFN_LIMIT) throw new UsageError(`arena: ${pages} page frames asked for, at most ${PFN_LIMIT} are possible`);
  if (config.systemPages < 3) throw new UsageError(`arena: systemPages is ${config.systemPages}, at least 3 are needed`);
  if (config.hugePages === 1)
    throw new UsageError('arena: hugePages is 1, which is the huge zero page: 0 or at least 2 are needed');
  if (config.systemPages < 3 + config.hugePages * PTRS_PER_TABLE) {
    throw new UsageError(`arena: ${config.hugePages} huge pages do not fit into ${config.systemPages} pages of system memory`);
  }
}
