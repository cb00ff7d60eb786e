import { type ArenaConfig, CONFIG_KEYS, checkConfig, defaultConfig, PTRS_PER_TABLE, ZERO_PFN } from './config.ts';
import { type PageArrays, type Pool, plan, type SwapArrays, type TableArrays } from './places.ts';
import { serialsBegin } from './serialRanges.ts';
import { Header } from './structures.ts';
import type { Pfn, Word } from './units.ts';

const MAGIC = 0x48_4d_4d_4c; // "HMML"
/** Raised whenever a structure changes, so that a worker of another build refuses the buffer. */
export const LAYOUT_VERSION = 10;

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
  /** The same bytes as pairs of words, for who fills a frame. */
  readonly frameDoubles: Float64Array<SharedArrayBuffer>;
  readonly frameWords: number;
  /** Are there huge pages? Where not, nobody looks for them. */
  readonly hasHuge: boolean;
  /** Is there a swap device? */
  readonly hasSwap: boolean;
  /** Are pages charged to memory cgroups? */
  readonly hasMemcg: boolean;
  /** First frame of the huge zero page, with which the huge pages begin; they are the last frames of system memory. */
  readonly hugeZero: Pfn;
  /** System frames and device frames together. */
  readonly pageCount: number;
  readonly page: PageArrays;
  readonly table: TableArrays;
  /** First word of page-table page 0; page-table page t starts at `tables + t * 512`. */
  readonly tables: Word;
  readonly swap: SwapArrays;
  /** Lock-order graph: one bit set of classes a word. */
  readonly lockOrder: Word;
  readonly actors: Word;
  readonly pools: {
    readonly mm: Pool<'mm'>;
    readonly vma: Pool<'vma'>;
    readonly anonVma: Pool<'anonVma'>;
    readonly addressSpace: Pool<'addressSpace'>;
    readonly userfaultfd: Pool<'userfaultfd'>;
    readonly subscriptions: Pool<'subscriptions'>;
    readonly interval: Pool<'intervalSub'>;
    readonly classic: Pool<'classicSub'>;
    readonly pgmap: Pool<'pgmap'>;
    readonly mirror: Pool<'mirror'>;
    readonly driverObject: Pool<'driverObject'>;
    readonly memcg: Pool<'memcg'>;
    readonly resource: Pool<'resource'>;
    readonly device: Pool<'device'>;
    readonly devres: Pool<'devres'>;
    readonly process: Pool<'process'>;
    readonly openFile: Pool<'openFile'>;
    readonly heldPage: Pool<'heldPage'>;
  };
}

function view(buffers: ArenaBuffers, config: ArenaConfig): Arena {
  const { words: _, ...places } = plan(config);
  // Not frozen: an explorer that runs a check looks at the words through glass.
  return {
    config,
    words: new Int32Array(buffers.words),
    frames: new Int32Array(buffers.frames),
    frameDoubles: new Float64Array(buffers.frames, 0, buffers.frames.byteLength >> 3),
    frameWords: config.frameWords,
    hasHuge: config.hugePages > 0,
    hasSwap: config.swapSlots > 0,
    hasMemcg: config.memcgs > 0,
    hugeZero: config.systemPages - config.hugePages * PTRS_PER_TABLE,
    ...places,
  };
}

/** Bytes of the second buffer: page frames, then swap slots. */
const frameBytes = ({ swapSlots, frameWords }: ArenaConfig, pageCount: number): number =>
  (pageCount + swapSlots) * frameWords * Int32Array.BYTES_PER_ELEMENT;

/** The buffers of an arena, to be handed to another thread. */
export const buffersOf = (arena: Arena): ArenaBuffers => ({ words: arena.words.buffer, frames: arena.frames.buffer });

/**
 * Makes an arena. Fresh buffers are all zero, and all-zero is the valid initial state of everything but the header,
 * so a million-page arena costs no initialisation.
 *
 * @throws UsageError when a size is impossible; the message names it.
 */
export function createArena(sizes: Partial<ArenaConfig> = {}): Arena {
  const config = { ...defaultConfig, ...sizes };
  checkConfig(config);
  const { words, pageCount } = plan(config);
  const arena = view(
    {
      words: new SharedArrayBuffer(words * Int32Array.BYTES_PER_ELEMENT),
      frames: new SharedArrayBuffer(frameBytes(config, pageCount)),
    },
    config,
  );
  CONFIG_KEYS.forEach((key, i) => {
    arena.words[Header.config + i] = config[key];
  });
  arena.words[Header.zoneFresh] = ZERO_PFN + 1;
  arena.words[Header.zoneFreeCount] = config.systemPages - ZERO_PFN - 1 - (arena.hasHuge ? PTRS_PER_TABLE : 0);
  arena.words[Header.tableFresh] = 1;
  arena.words[Header.swapFree] = config.swapSlots;
  arena.words[arena.page.refcount + ZERO_PFN] = 1;
  if (arena.hasHuge) {
    arena.words[Header.hugeFresh] = arena.hugeZero + PTRS_PER_TABLE;
    arena.words.fill(1, arena.page.refcount + arena.hugeZero, arena.page.refcount + arena.hugeZero + PTRS_PER_TABLE);
  }
  serialsBegin(arena.words, arena.page.generation, arena.pageCount);
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
  if (words * 4 !== buffers.words.byteLength || frameBytes(config, pageCount) !== buffers.frames.byteLength) {
    throw new TypeError('attachArena: the buffers do not have the length their header asks for');
  }
  return view(buffers, config);
}
