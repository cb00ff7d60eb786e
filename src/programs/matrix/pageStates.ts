import type { Abilities } from './abilities.ts';
/** The states of a page from which the race matrix begins: what is done before. The page is page 0 of process 0, or pages 0 to H - 1. */

export interface PageState {
  readonly name: string;
  /** In a few words, for people. */
  readonly what: string;
  /** What is given, in the language of operations; `H` pages are a huge page, and `EACH:` is each actor of the cell. */
  readonly given: string;
  /** What each actor does when it has done its operation: it sees what that has left. */
  readonly afterwards?: string;
  /** Pages that it is about: 1, 2, or H. */
  readonly pages: '1' | '2' | 'H';
  /** Slot of the device file that its devices' operations use. */
  readonly slot: number;
  /** What is there beside: only operations that need nothing else are tried from it. */
  readonly has: ReadonlySet<Having>;
  /** What the driver must have. */
  readonly driver?: keyof Abilities;
  /** An operation that each cell has, with the reason why the others cannot be. */
  readonly always?: { readonly operation: string; readonly why: string };
  /** An operation that no cell has, with the reason. */
  readonly never?: { readonly operation: string; readonly why: string };
}

/**
 * A file in slot 0; a child; a swap device; a second device file; huge pages; a pipe that holds the page; a userfaultfd that waits for it;
 * a mapping of which it is tried what else may become of it, and one of two pages.
 */
export type Having = 'file' | 'child' | 'swap' | 'second' | 'huge' | 'pin' | 'missing' | 'mapping' | 'two';

const BASE = 'open 0 0 | mmap 0 1 rw anon';
const WRITTEN = `${BASE} | cw 0 1 7`;
const HUGE = 'open 0 0 | mmap 0 H rw anon | madvise 0 H hugepage | cw 0 1 7';
const PIECES = 'open 0 0 | mmap 0 H rw anon | cw 0 H 7 | madvise 0 H hugepage';

function state(
  name: string,
  what: string,
  given: string,
  has: readonly Having[] = [],
  other: Partial<PageState> = {},
): PageState {
  return { name, what, given, pages: '1', slot: 0, has: new Set(has), ...other };
}

const MEMORY = { driver: 'memory' } as const;

export const pageStates: readonly PageState[] = [
  state('none', 'mapped, never touched', BASE),
  state('zero', 'the zero page', `${BASE} | cr 0 1`),
  state('written', 'written by the CPU', WRITTEN, ['mapping']),
  state('readOnly', 'written, then made read-only', `${WRITTEN} | mprotect 0 1 r`),
  state('shared', 'shared with a child after fork', `${WRITTEN} | fork 1`, ['child']),
  state('noAccess', 'written, then nobody may read or write it', `${WRITTEN} | mprotect 0 1 -`),
  state('device', 'in device-private memory', `${WRITTEN} | dmig 0 0 1`, ['mapping'], MEMORY),
  state('deviceShared', 'in device-private memory, shared with a child', `${WRITTEN} | dmig 0 0 1 | fork 1`, ['child'], MEMORY),
  state(
    'sharedTlb',
    'shared with a child, and in the TLB of whoever runs',
    `${WRITTEN} | fork 1 | EACH: cr 0 1 | EACH: dread 0 0 1`,
    ['child'],
  ),
  state('foreign', 'in private memory of another device', `open 1 1 | ${WRITTEN} | dmig 1 0 1`, [], MEMORY),
  state('exclusive', 'device-exclusive', `${WRITTEN} | excl 0 0 1`, [], { driver: 'exclusive' }),
  state('swapped', 'swapped out', `${WRITTEN} | madvise 0 1 pageout`, ['swap']),
  state('swapCache', 'read back from swap, its slot still in use', `${WRITTEN} | madvise 0 1 pageout | cr 0 1`, ['swap']),
  state('swapDirty', 'written since it was read back from swap', `${WRITTEN} | madvise 0 1 pageout | cr 0 1 | cw 0 1 8`, [
    'swap',
  ]),
  state('filePrivate', 'of a file, mapped privately', 'open 0 0 | file 0 1 | mmap 0 1 rw fpriv 0 | cr 0 1', ['file']),
  state('fileShared', 'of a file, mapped shared', 'open 0 0 | file 0 1 | mmap 0 1 rw fshared 0 | cw 0 1 7', ['file']),
  state('fileUnmapped', 'of a file that has it in memory, and not mapped yet', 'open 0 0 | file 0 1 | mmap 0 1 rw fshared 0', [
    'file',
  ]),
  state('fileHole', 'of a file that has no page there', 'open 0 0 | file 0 1 | fpunch 0 0 1 | mmap 0 1 rw fshared 0', ['file']),
  state('huge', 'part of a huge page', HUGE, ['huge', 'mapping', 'swap'], { pages: 'H' }),
  state('hugeShared', 'part of a huge page, shared with a child', `${HUGE} | fork 1`, ['huge', 'child'], { pages: 'H' }),
  state(
    'hugeEntries',
    'part of a huge page that is mapped page by page',
    `${HUGE} | madvise 0 1 dontfork | madvise 0 1 dofork`,
    ['huge', 'swap'],
    { pages: 'H' },
  ),
  state('pieces', 'a small page, and so are its neighbours, where a huge page could be', PIECES, ['huge', 'swap'], {
    pages: 'H',
  }),
  state('hugeDevice', 'part of a huge page in device-private memory', `${HUGE} | dmig 0 0 H`, ['huge'], {
    pages: 'H',
    ...MEMORY,
  }),
  state('hugeForeign', 'part of a huge page in private memory of another device', `open 1 1 | ${HUGE} | dmig 1 0 H`, ['huge'], {
    pages: 'H',
    ...MEMORY,
  }),
  state('hugeTlb', 'part of a huge page, in the TLB of whoever runs', `${HUGE} | EACH: cr 0 1 | EACH: dread 0 0 1`, ['huge'], {
    pages: 'H',
  }),
  state('pinned', 'held by a pipe', `${WRITTEN} | pin 0 0 1`, ['pin']),
  state('coherent', 'in device-coherent memory', 'open 2 2 | mmap 0 1 rw anon | cw 0 1 7 | dmig 2 0 1', [], {
    slot: 2,
    ...MEMORY,
  }),
  state(
    'coherentPinned',
    'in device-coherent memory, and held by a pipe',
    'open 2 2 | mmap 0 1 rw anon | cw 0 1 7 | dmig 2 0 1 | pin 0 0 1',
    ['pin'],
    {
      slot: 2,
      never: { operation: 'unbind', why: 'it waits until nobody holds the page any more' },
      ...MEMORY,
    },
  ),
  state('second', 'mapped by two devices', `open 1 1 | ${WRITTEN} | dread 0 0 1 | dread 1 0 1`, ['second']),
  state('mapped', 'mapped by the device', `${WRITTEN} | dwrite 0 0 1 6`, ['swap']),
  state(
    'tlb',
    'in the TLB of whoever runs, of CPU and device, who reads it again afterwards',
    `${WRITTEN} | EACH: cr 0 1 | EACH: dread 0 0 1`,
    [],
    { afterwards: 'cr 0 1' },
  ),
  state(
    'zeroTlb',
    'the zero page, in the TLB of whoever runs, of CPU and device, who reads it again afterwards',
    `${BASE} | EACH: cr 0 1 | EACH: dread 0 0 1`,
    [],
    { afterwards: 'cr 0 1' },
  ),
  state(
    'holes',
    'the first of two that were never touched, and a second device may read both',
    'open 0 0 | open 1 1 | mmap 0 2 rw anon',
    ['second'],
    { pages: '2', ...MEMORY },
  ),
  state(
    'pair',
    'the first of two, the other one is not on the device',
    'open 0 0 | mmap 0 2 rw anon | cw 0 2 7 | dmig 0 0 1',
    ['mapping', 'two'],
    {
      pages: '2',
      ...MEMORY,
    },
  ),
  state('cut', 'beside one whose mapping was one with its own', 'open 0 0 | mmap 0 2 rw anon | cw 0 2 7 | mprotect 1 1 r', [
    'swap',
    'mapping',
  ]),
  state('locked', 'locked in memory', `${WRITTEN} | mlock 0 1`, ['swap', 'mapping']),
  state('missing', 'missing, and a userfaultfd is asked for it', `${BASE} | uregister 0 1`, ['missing'], {
    always: { operation: 'fill', why: 'whoever misses the page would wait for ever' },
  }),
];
