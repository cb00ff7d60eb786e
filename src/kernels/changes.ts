/**
 * What changed between the kernels that the model can be, one named behaviour each. The model chooses by these names alone: in the
 * core by a bit of older.ts, in the test driver by the value of an option. test/kernels.test.ts shows each, and
 * docs/reference/kernels.md is made from these tables.
 */
import type { OlderName } from './older.ts';

export interface Change {
  /** The first version known to have the new behaviour; the newest kernel where nobody has looked at those between. */
  readonly since: string;
  readonly before: string;
  readonly now: string;
  /** A script of the recordings that shows it: without it the model disagrees. Null when none that comes with the lab does. */
  readonly script: string | null;
  /** Title of the kernel's commit that is known to have made it. */
  readonly commit?: string;
}

/** Behaviour of the kernel. */
export const coreChanges: Readonly<Record<OlderName, Change>> = {
  mprotectNeedsDirty: {
    since: '6.2',
    before: 'mprotect makes an entry writable at once only if it is dirty',
    now: 'an entry of a page that belongs to the process alone is writable at once, clean or dirty',
    script: 'h:migrate-untouched',
  },
  mprotectLeavesHugeReadOnly: {
    since: '6.2',
    before: 'mprotect never makes a huge leaf writable; the next write does',
    now: 'a leaf is made writable as an entry is',
    script: null,
    commit: 'mm/huge_memory: try avoiding write faults when changing PMD protection',
  },
  longtermPinsShared: {
    since: '6.2',
    before:
      'a pin for reading that may last for ever (FOLL_LONGTERM) is given the zero page, or a page of a file that is mapped privately',
    now: 'the mapping gets a page of its own first, which is pinned',
    script: 'r:121:coherent-fork',
  },
  mprotectKeepsAccount: {
    since: '6.7',
    before: 'memory that may be written counts as such also after mprotect has taken that',
    now: 'it does not if nobody has touched it yet; then it does not share an anon_vma with its neighbours, and will not merge with them',
    script: 'r:129:coherent-fork',
    commit: 'mm/mprotect: allow unfaulted VMAs to be unaccounted on mprotect()',
  },
  populateSkipsHoles: {
    since: '6.9',
    before: 'MADV_POPULATE goes on behind a hole, and then fails with ENOMEM',
    now: 'it stops at the first hole',
    script: 'r:169:mixed',
    commit: 'mm/madvise: make MADV_POPULATE_(READ|WRITE) handle VM_FAULT_RETRY properly',
  },
  newMappingJoinsNext: {
    since: '6.12',
    before: 'a new mapping between two VMAs that cannot be one joins the one after it',
    now: 'it joins the one before it',
    script: 'r:116:fork',
    commit: 'mm: abstract vma_merge_new_range()',
  },
  noGuardRegions: {
    since: '6.13',
    before: 'madvise knows no guard regions',
    now: 'GUARD_INSTALL puts markers in place of pages, where every access is refused until GUARD_REMOVE',
    script: 'n:guard:fork',
  },
  hugeZeroSplits: {
    since: '6.13',
    before: 'a write to the huge zero page splits it into small zero pages, one of which is replaced',
    now: 'a huge page takes its place',
    script: 'h:thp:zero-dwrite',
  },
  splitKeepsZeroes: {
    since: '6.13',
    before: 'the split of a huge page leaves its pieces mapped as they are',
    now: 'a piece of zeroes only gives way to the zero page, unless it is locked in memory; one that a device has for itself is present again, read-only',
    script: 'h:thp-basic',
  },
  exclusiveFollowsMprotect: {
    since: '6.15',
    before: 'mprotect takes the write permission of a device-exclusive entry, and nothing gives it back',
    now: 'such an entry stays; a touch restores it with the protection of that time',
    script: 'h:combo-cw-excl-mprotect',
  },
  splitPmdTakesHugetlb: {
    since: '6.15',
    before: 'get_user_pages that must split leaves (FOLL_SPLIT_PMD) takes a hugetlb page as it is',
    now: 'it refuses before anything is faulted in',
    script: 'n:excl:errors',
    commit: 'mm/gup: reject FOLL_SPLIT_PMD with hugetlb VMAs',
  },
  mremapOfOneVma: {
    since: '6.17',
    before: 'mremap moves pages of one VMA only, else EFAULT',
    now: 'what keeps its length may span several VMAs and gaps, which are passed over; that the ranges overlap is found out first',
    script: 'r:13:multi',
    commit: 'mm/mremap: permit mremap() move of multiple VMAs',
  },
  changedVmaGivesNoAnon: {
    since: '7.3',
    before: 'a VMA whose pages have been touched does not join a neighbour without an anon_vma by mprotect or madvise',
    now: 'it does, unless it came by fork',
    script: 'h:drag-vma-boundary',
  },
  reuseNeedsLastPiece: {
    since: '6.15',
    before: 'a write copies a shared piece of a huge page, unless it is all that is left of it',
    now: 'it takes the piece if all mappings of the huge page are of this address space',
    script: 'r:27:thp',
  },
  collectSplitsAll: {
    since: '7.3',
    before: 'a migration splits every huge leaf in its range, also one that it then leaves where it is',
    now: 'it splits only what it is after; the huge zero page only where something small takes its place',
    script: 'h:thp:dsys-thp',
  },
  collapseNeedsWritable: {
    since: '7.3',
    before:
      'MADV_COLLAPSE fails where no page is mapped writable, where a device has a piece for itself, and for a range without a whole block',
    now: 'it collapses whatever a page table has, and has nothing to do in such a range',
    script: 'h:thp:collapse-ro',
  },
  dontneedKeepsTable: {
    since: '6.14',
    before: 'MADV_DONTNEED leaves the page table where it is',
    now: 'one call over a whole table frees it: a huge page fits there again',
    script: 'r:53:thp',
  },
  compoundStays: {
    since: '7.3',
    before: 'pieces of a huge page that are mapped one by one never migrate',
    now: 'the huge page is split first, and they do',
    script: 'h:thp:mremap-skew',
  },
  pagemapMarksDevice: {
    since: '7.3',
    before: 'for an entry of a device-private page, /proc/pid/pagemap and kpageflags tell whether it is mapped once, and huge',
    now: 'they tell that of present entries only',
    script: 'h:read-unmapped',
  },
  commandsUpToRelease: {
    since: '7.3',
    before: 'the commands of the test driver end with RELEASE',
    now: 'FLAGS and READ_UNLOCKED come after it',
    script: 'h:bad-args',
  },
};

/** An option of the test driver, and the value that is the behaviour of before. */
export interface DriverChange extends Change {
  readonly value: string;
}

/** Behaviour of the test driver of that kernel, by its options. */
export const driverChanges: Readonly<Record<string, DriverChange>> = {
  exclusiveRule: {
    value: 'chunk',
    since: '6.15',
    before: 'EXCLUSIVE collects a chunk and fails as a whole with EBUSY; the first page of a huge page stands for all of it',
    now: 'pages become exclusive one by one until the first error, which is the answer',
    script: 'h:prot-none',
  },
  exclusiveOwner: {
    value: 'device',
    since: '6.15',
    before: 'EXCLUSIVE passes the device as owner, and its own callback ignores the event',
    now: 'it passes none: the own callback erases, before the entry is stored',
    script: 'r:1340:anon1',
  },
  window: {
    value: '64',
    since: '7.3',
    before: 'a range fault or a snapshot has 64 pages',
    now: 'it has 32',
    script: 'h:drag-64-chunk',
  },
  batch: {
    value: '64',
    since: '7.3',
    before: 'a migration has 64 pages',
    now: 'it has 512: a huge page',
    script: 'n:whole:dmig',
  },
  hugePages: {
    value: 'split',
    since: '7.3',
    before: 'a huge page is always split before it migrates',
    now: 'it moves whole where it can',
    script: 'n:whole:dmig',
  },
  holeWrite: {
    value: 'vma',
    since: '7.3',
    before: 'the device may write to a page made from a hole at once, if the VMA is writable',
    now: 'its first write is a fault',
    script: 'r:202:anon1',
  },
};
