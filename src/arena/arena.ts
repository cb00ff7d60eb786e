import type { Shape } from './layout.ts';
import { Actor, AnonVma, ClassicSub, Header, IntervalSub, Mirror, Mm, Pgmap, Subscriptions, Vma } from './structures.ts';

const MAGIC = 0x48_4d_4d_4c; // "HMML"
/** Raised whenever a structure changes, so that a worker of another build refuses the buffer. */
export const LAYOUT_VERSION = 1;

/** Entries of one page-table page, and pages one of them maps. */
export const PTRS_PER_TABLE = 512;
/** Virtual page numbers are 27 bits: three levels of 512 entries, a 39-bit address space. */
export const VPN_LIMIT = 2 ** 27;
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
}

const CONFIG_KEYS = [
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
] as const satisfies readonly (keyof ArenaConfig)[];

export const defaultConfig: ArenaConfig = {
  systemPages: 1024,
  devicePages: 256,
  devices: 2,
  tables: 64,
  actors: 16,
  mms: 8,
  vmas: 256,
  mirrors: 8,
  intervals: 64,
  frameWords: 1024,
};

/** struct page, as a structure of arrays: `page.refcount + pfn` is the word of that page. At most 64 bytes a page. */
export interface PageArrays {
  /** PG_* bits (see mm/page.ts). Atomic. */
  readonly flags: number;
  /** Actor id + 1 of the holder of PG_locked. Owned by the holder. */
  readonly lockOwner: number;
  /** _refcount. Atomic; 0 exactly while the page is free. */
  readonly refcount: number;
  /** _mapcount + 1: entries that count as mappings. Atomic. */
  readonly mapcount: number;
  /** page->mapping: handle of the anon_vma. Written under the page lock or before the page is published. */
  readonly mapping: number;
  /** page->index: virtual page offset within the anon_vma. Like mapping. */
  readonly index: number;
  /** Raised by whoever frees the page. A translation taken earlier is caught by it. */
  readonly generation: number;
  /** page->lru while free (free-list link), zone_device_data while in use. */
  readonly deviceData: number;
  /** page->pgmap, device pages only. */
  readonly pgmap: number;
}

const PAGE_FIELDS = [
  'flags',
  'lockOwner',
  'refcount',
  'mapcount',
  'mapping',
  'index',
  'generation',
  'deviceData',
  'pgmap',
] as const satisfies readonly (keyof PageArrays)[];

/** Metadata of page-table pages: the split page-table lock of each, and a generation. */
export interface TableArrays {
  readonly lock: number;
  readonly generation: number;
  /** Free-list link. */
  readonly link: number;
}

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
};

/** A pool of objects of one structure: its first word holds the raw lock, then free head, fresh index, live count. */
export interface Pool {
  readonly name: string;
  readonly control: number;
  readonly base: number;
  readonly size: number;
  readonly count: number;
}

/** The two shared buffers. Structured-clonable; this is all a worker needs to attach. */
export interface ArenaBuffers {
  readonly words: SharedArrayBuffer;
  readonly frames: SharedArrayBuffer;
}

/** Views and offsets over the shared buffers. Holds no mutable state of its own. */
export interface Arena {
  readonly config: ArenaConfig;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly frames: Int32Array<SharedArrayBuffer>;
  readonly frameWords: number;
  /** Contents of a cleared and of a poisoned frame, to copy from: in Node 20 that is twice as fast as `fill` on shared memory. */
  readonly zeroes: Int32Array;
  readonly poison: Int32Array;
  /** System frames and device frames together. */
  readonly pageCount: number;
  readonly page: PageArrays;
  readonly table: TableArrays;
  /** First word of page-table page 0; page-table page t starts at `tables + t * 512`. */
  readonly tables: number;
  /** Lock-order graph: one bit set of classes a word. */
  readonly lockOrder: number;
  readonly actors: number;
  readonly pools: {
    readonly mm: Pool;
    readonly vma: Pool;
    readonly anonVma: Pool;
    readonly subscriptions: Pool;
    readonly interval: Pool;
    readonly classic: Pool;
    readonly pgmap: Pool;
    readonly mirror: Pool;
  };
}

const POOL_CONTROL_WORDS = 32;
const LINE = 32;

/** Places every array; the same computation for the creator and for each attacher. */
function plan(config: ArenaConfig) {
  let top = Math.ceil(Header.shape.size / LINE) * LINE;
  const take = (words: number): number => {
    const at = top;
    top = Math.ceil((top + words) / LINE) * LINE;
    return at;
  };
  const pool = (shape: Shape, count: number): Pool => ({
    name: shape.name,
    control: take(POOL_CONTROL_WORDS),
    base: take(shape.size * count),
    size: shape.size,
    count,
  });
  const pageCount = config.systemPages + config.devicePages * config.devices;
  const actors = take(Actor.shape.size * config.actors);
  const lockOrder = take(LOCK_CLASSES);
  const pools = {
    mm: pool(Mm.shape, config.mms),
    vma: pool(Vma.shape, config.vmas),
    anonVma: pool(AnonVma.shape, config.vmas),
    subscriptions: pool(Subscriptions.shape, config.mms),
    interval: pool(IntervalSub.shape, config.intervals),
    classic: pool(ClassicSub.shape, config.intervals),
    pgmap: pool(Pgmap.shape, Math.max(1, config.devices)),
    mirror: pool(Mirror.shape, config.mirrors),
  };
  const page = Object.fromEntries(PAGE_FIELDS.map((name) => [name, take(pageCount)])) as unknown as PageArrays;
  const table = { lock: take(config.tables), generation: take(config.tables), link: take(config.tables) };
  const tables = take(config.tables * PTRS_PER_TABLE);
  return { pageCount, actors, lockOrder, pools, page, table, tables, words: top };
}

function checkConfig(config: ArenaConfig): void {
  for (const key of CONFIG_KEYS) {
    const value = config[key];
    const least = key === 'devicePages' || key === 'devices' ? 0 : 1;
    if (!Number.isSafeInteger(value) || value < least) {
      throw new RangeError(`arena: ${key} is ${value}, it must be a whole number of at least ${least}`);
    }
    const most = LIMITS[key];
    if (most !== undefined && value > most) throw new RangeError(`arena: ${key} is ${value}, at most ${most} are possible`);
  }
  const pages = config.systemPages + config.devicePages * config.devices;
  if (pages > PFN_LIMIT) throw new RangeError(`arena: ${pages} page frames asked for, at most ${PFN_LIMIT} are possible`);
  if (config.systemPages < 3) throw new RangeError(`arena: systemPages is ${config.systemPages}, at least 3 are needed`);
}

function view(buffers: ArenaBuffers, config: ArenaConfig): Arena {
  const { words: _, ...places } = plan(config);
  return Object.freeze({
    config,
    words: new Int32Array(buffers.words),
    frames: new Int32Array(buffers.frames),
    frameWords: config.frameWords,
    zeroes: new Int32Array(config.frameWords),
    poison: new Int32Array(config.frameWords).fill(POISON),
    ...places,
  });
}

/** The buffers of an arena, to be handed to another thread. */
export const buffersOf = (arena: Arena): ArenaBuffers => ({ words: arena.words.buffer, frames: arena.frames.buffer });

/**
 * Makes an arena. Fresh buffers are all zero, and all-zero is the valid initial state of everything but the header,
 * so a million-page arena costs no initialisation.
 *
 * @throws RangeError when a size is impossible; the message names it.
 */
export function createArena(sizes: Partial<ArenaConfig> = {}): Arena {
  const config = { ...defaultConfig, ...sizes };
  checkConfig(config);
  const { words, pageCount } = plan(config);
  const arena = view(
    {
      words: new SharedArrayBuffer(words * Int32Array.BYTES_PER_ELEMENT),
      frames: new SharedArrayBuffer(pageCount * config.frameWords * Int32Array.BYTES_PER_ELEMENT),
    },
    config,
  );
  CONFIG_KEYS.forEach((key, i) => {
    arena.words[Header.config + i] = config[key];
  });
  arena.words[Header.zoneFresh] = ZERO_PFN + 1;
  arena.words[Header.zoneFreeCount] = config.systemPages - ZERO_PFN - 1;
  arena.words[Header.tableFresh] = 1;
  arena.words[arena.page.refcount + ZERO_PFN] = 1;
  arena.words[Header.version] = LAYOUT_VERSION;
  arena.words[Header.magic] = MAGIC;
  return arena;
}

/**
 * Attaches to buffers made by {@link createArena} in this or another thread.
 *
 * @throws TypeError when the buffer is no arena, was made by another layout version, or has the wrong length.
 */
export function attachArena(buffers: ArenaBuffers): Arena {
  const head = new Int32Array(buffers.words, 0, Math.floor(buffers.words.byteLength / Int32Array.BYTES_PER_ELEMENT));
  if (head.length < Header.shape.size || head[Header.magic] !== MAGIC) {
    throw new TypeError('attachArena: this buffer is not an hmm-lab arena (no magic word)');
  }
  if (head[Header.version] !== LAYOUT_VERSION) {
    throw new TypeError(`attachArena: the buffer has layout version ${head[Header.version]}, this build has ${LAYOUT_VERSION}`);
  }
  const config = Object.fromEntries(CONFIG_KEYS.map((key, i) => [key, head[Header.config + i]])) as unknown as ArenaConfig;
  const { words, pageCount } = plan(config);
  if (words * 4 !== buffers.words.byteLength || pageCount * config.frameWords * 4 !== buffers.frames.byteLength) {
    throw new TypeError('attachArena: the buffers do not have the length their header asks for');
  }
  return view(buffers, config);
}
