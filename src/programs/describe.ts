/** The operations in words, for people: docs/reference/operations.md is made of this. */
import { type Grammar, type OperationName, optionalWords } from './operation.ts';

/** Who does it: a thread of a process, the kernel by itself, a device, or somebody who only looks. */
export type Side = 'CPU' | 'kernel' | 'device' | 'look';

/** As many as the words are. */
type Named<Words> = { readonly [Place in keyof Words]: string };

export interface Description<Name extends OperationName = OperationName> {
  /** Each word of the operation; in small letters what is written as it is. */
  readonly words: Named<Grammar[Name]>;
  /** What it does. */
  readonly does: string;
  /** What it stands for in Linux. */
  readonly kernel: string;
  readonly side: Side;
}

const RANGE = ['PAGE', 'COUNT'] as const;
const COMMAND = ['SLOT', 'PAGE', 'COUNT'] as const;
const MAPPING = ['PAGE', 'COUNT', 'ACCESS', 'KIND', 'SLOT', 'OFFSET'] as const;

const KINDS =
  'ACCESS is `r`, `rw`, `rwx` or `-`. KIND is `anon`, `sanon` (shared), `fpriv` and `fshared` (the file in SLOT, from page OFFSET on), ' +
  '`huge` (hugetlb) or `dev` (the device file in SLOT)';

/** An operation without a line here does not compile. */
export const descriptions: { readonly [Name in OperationName]: Description<Name> } = {
  open: {
    words: ['SLOT', 'DEVICE'],
    does: 'opens a device (0 and 1 have private memory, 2 and 3 coherent memory), whose file goes into SLOT; it mirrors the process from now on',
    kernel: 'open of /dev/hmm_dmirrorN',
    side: 'device',
  },
  unbind: {
    words: ['DEVICE'],
    does: 'the driver lets go of a device, and its memory is taken away; EBUSY while a file of it is open, ENXIO when it has gone',
    kernel: 'unbind in sysfs, or rmmod: device_del, memunmap_pages',
    side: 'device',
  },
  close: { words: ['SLOT'], does: 'closes the device file in SLOT', kernel: 'close', side: 'device' },
  mmap: {
    words: MAPPING,
    does: `maps pages, in place of what was there. ${KINDS}`,
    kernel: 'mmap with MAP_FIXED',
    side: 'CPU',
  },
  mmapx: {
    words: MAPPING,
    does: 'as `mmap`, and fails if something is there',
    kernel: 'mmap with MAP_FIXED_NOREPLACE',
    side: 'CPU',
  },
  munmap: { words: RANGE, does: 'unmaps pages', kernel: 'munmap', side: 'CPU' },
  mprotect: { words: [...RANGE, 'ACCESS'], does: 'changes what may be done with pages', kernel: 'mprotect', side: 'CPU' },
  mlock: { words: RANGE, does: 'locks pages in memory', kernel: 'mlock', side: 'CPU' },
  munlock: { words: RANGE, does: 'ends that', kernel: 'munlock', side: 'CPU' },
  madvise: {
    words: [...RANGE, 'ADVICE'],
    does:
      'gives advice: `dontneed`, `free`, `remove`, `dontfork`, `dofork`, `wipeonfork`, `keeponfork`, `willneed`, `cold`, `pageout`, `hugepage`, ' +
      '`nohugepage`, `collapse`, `popread`, `popwrite`, 102 and 103 (guard regions, install and remove)',
    kernel: 'madvise',
    side: 'CPU',
  },
  mremap: {
    words: ['PAGE', 'COUNT', 'TO', 'COUNT', 'keep'],
    does: 'moves pages to TO, where they are the second COUNT many; `keep`: the old place stays mapped',
    kernel: 'mremap with MREMAP_MAYMOVE, MREMAP_FIXED, and MREMAP_DONTUNMAP for `keep`',
    side: 'CPU',
  },
  mresize: {
    words: ['PAGE', 'COUNT', 'COUNT'],
    does: 'makes a mapping longer or shorter where it is',
    kernel: 'mremap without flags',
    side: 'CPU',
  },
  cr: {
    words: [...RANGE, 'STRIDE'],
    does: 'loads the first word of each page, every STRIDE-th page',
    kernel: 'a load, with its page faults',
    side: 'CPU',
  },
  cw: {
    words: [...RANGE, 'VALUE', 'STRIDE'],
    does: 'stores VALUE, VALUE + 1 and so on into the first word of each page',
    kernel: 'a store, with its page faults',
    side: 'CPU',
  },
  pvr: { words: RANGE, does: 'reads pages through a pin', kernel: 'process_vm_readv: FOLL_PIN', side: 'CPU' },
  pvw: {
    words: [...RANGE, 'VALUE'],
    does: 'writes pages through a pin',
    kernel: 'process_vm_writev: FOLL_PIN, FOLL_WRITE',
    side: 'CPU',
  },
  pin: {
    words: COMMAND,
    does: 'has the pipe in SLOT hold pages, at most 16',
    kernel: 'vmsplice: FOLL_GET',
    side: 'CPU',
  },
  unpin: { words: ['SLOT'], does: 'closes the pipe, which lets go of them', kernel: 'close of a pipe', side: 'CPU' },
  gup: {
    words: ['MODE', ...RANGE, 'w'],
    does: 'takes each page and lets go of it at once. MODE is `get`, `pin`, `longterm`, or the same in the fast form: `getfast`, `pinfast`, `longfast`; `w`: to write',
    kernel: 'the ioctls of gup_test: get_user_pages, pin_user_pages, FOLL_LONGTERM',
    side: 'CPU',
  },
  ltpin: {
    words: [...RANGE, 'w'],
    does: 'pins pages, all or none, until `ltunpin` or the end of the process; `w`: to write',
    kernel: 'pin_user_pages with FOLL_LONGTERM, by gup_test',
    side: 'CPU',
  },
  ltunpin: { words: [], does: 'lets go of all of them', kernel: 'unpin_user_pages', side: 'CPU' },
  uregister: {
    words: RANGE,
    does: 'registers pages with a userfaultfd: who misses one waits until `ucopy` has filled it, and nobody does that by himself',
    kernel: 'userfaultfd: UFFDIO_REGISTER (missing)',
    side: 'CPU',
  },
  ucopy: {
    words: [...RANGE, 'VALUE'],
    does: 'fills missing pages with VALUE, VALUE + 1 and so on',
    kernel: 'userfaultfd: UFFDIO_COPY',
    side: 'CPU',
  },
  uffd: {
    words: [...RANGE, 'VALUE'],
    does: 'registers pages with a userfaultfd; a thread fills each with VALUE, VALUE + 1 and so on as soon as it is missed',
    kernel: 'userfaultfd: UFFDIO_REGISTER (missing), UFFDIO_COPY',
    side: 'CPU',
  },
  file: {
    words: ['SLOT', 'COUNT'],
    does: 'makes a file of so many pages in memory; page I begins with the word 0xf00000 + 0x10000 * SLOT + I',
    kernel: 'memfd_create, ftruncate, pwrite',
    side: 'CPU',
  },
  ftrunc: { words: ['SLOT', 'COUNT'], does: 'makes the file so many pages long', kernel: 'ftruncate', side: 'CPU' },
  fpunch: {
    words: COMMAND,
    does: 'makes a hole in the file; PAGE is one of the file',
    kernel: 'fallocate with FALLOC_FL_PUNCH_HOLE',
    side: 'CPU',
  },
  fwrite: {
    words: ['SLOT', 'PAGE', 'VALUE'],
    does: 'writes the first word of a page of the file',
    kernel: 'pwrite',
    side: 'CPU',
  },
  fread: { words: COMMAND, does: 'reads the first words of pages of the file', kernel: 'pread', side: 'CPU' },
  fork: { words: ['PROCESS'], does: 'makes a child, which is called PROCESS from then on', kernel: 'fork', side: 'CPU' },
  exit: { words: [], does: 'ends the process', kernel: 'exit_group', side: 'CPU' },
  dread: {
    words: COMMAND,
    does: 'the device reads the first word of each page',
    kernel: 'HMM_DMIRROR_READ; a fault of the device: hmm_range_fault',
    side: 'device',
  },
  dwrite: {
    words: [...COMMAND, 'VALUE'],
    does: 'the device writes VALUE, VALUE + 1 and so on into the first word of each page',
    kernel: 'HMM_DMIRROR_WRITE; hmm_range_fault for writing',
    side: 'device',
  },
  dmig: {
    words: COMMAND,
    does: 'pages move into the memory of the device; the test driver then reads them back',
    kernel: 'HMM_DMIRROR_MIGRATE_TO_DEV: migrate_vma_setup, _pages, _finalize',
    side: 'device',
  },
  dsys: {
    words: COMMAND,
    does: 'pages move home',
    kernel: 'HMM_DMIRROR_MIGRATE_TO_SYS: migrate_vma_setup, _pages, _finalize',
    side: 'device',
  },
  snap: {
    words: COMMAND,
    does: 'says of each page what a device would find, and faults nothing in',
    kernel: 'HMM_DMIRROR_SNAPSHOT: hmm_range_fault without faults',
    side: 'look',
  },
  excl: {
    words: COMMAND,
    does: 'makes pages exclusive to the device',
    kernel: 'HMM_DMIRROR_EXCLUSIVE: make_device_exclusive',
    side: 'device',
  },
  chk: {
    words: COMMAND,
    does: 'asks whether a page is exclusive to the device',
    kernel: 'HMM_DMIRROR_CHECK_EXCLUSIVE',
    side: 'look',
  },
  rel: {
    words: COMMAND,
    does: 'everything in the memory of the device moves home, whatever the range',
    kernel: 'HMM_DMIRROR_RELEASE: migrate_device_range',
    side: 'device',
  },
  dunl: {
    words: COMMAND,
    does: 'as `dread`, also of pages that a userfaultfd is asked for',
    kernel: 'HMM_DMIRROR_READ_UNLOCKED: hmm_range_fault_unlocked_timeout',
    side: 'device',
  },
  datomic: {
    words: COMMAND,
    does: 'the device adds 1 to the first word of each page',
    kernel: 'a fault of the device for an atomic: make_device_exclusive, or a migration',
    side: 'device',
  },
  flags: {
    words: ['SLOT', 'BITS'],
    does: 'sets flags of the device file: 1, the next allocation of device memory fails; 2, the next copy fails',
    kernel: 'HMM_DMIRROR_FLAGS',
    side: 'device',
  },
  badioctl: { words: ['SLOT', 'NUMBER'], does: 'a command with a number that may not exist', kernel: 'ioctl', side: 'device' },
  nullcmd: {
    words: ['SLOT', 'NUMBER'],
    does: 'a command without an argument block',
    kernel: 'ioctl with a null pointer',
    side: 'device',
  },
  evopen: {
    words: [],
    does: 'opens a log of what MMU notifiers are told about the process',
    kernel: 'a module with mmu_notifier_register',
    side: 'look',
  },
  ev: { words: [], does: 'reads what the log has got since', kernel: 'the same', side: 'look' },
  clearrefs: {
    words: ['WHAT'],
    does: 'resets bits of pages; WHAT is 4 for the soft-dirty bits, the others from 1 to 5 are about age',
    kernel: 'a write to /proc/PID/clear_refs',
    side: 'CPU',
  },
  split: {
    words: [...RANGE, 'ORDER'],
    does: 'splits huge pages into pages of an order',
    kernel: 'split_huge_pages of debugfs',
    side: 'kernel',
  },
  mthp: {
    words: ['KIB', 'SWITCH'],
    does: 'huge pages of a size: `always`, `inherit`, `madvise` or `never`',
    kernel: '/sys/kernel/mm/transparent_hugepage/hugepages-*kB/enabled',
    side: 'kernel',
  },
  reclaim: {
    words: RANGE,
    does: 'reclaims what is mapped at the pages: writes it to swap, and frees it',
    kernel: 'shrink_folio_list',
    side: 'kernel',
  },
  swapoff: { words: [], does: 'everything comes back from swap', kernel: 'swapoff', side: 'kernel' },
  oomreap: {
    words: [],
    does: 'takes away what the process has for itself, as when memory has run out',
    kernel: 'the OOM reaper',
    side: 'kernel',
  },
  work: {
    words: ['SLOT'],
    does: 'a worker does what the driver has left to a queue',
    kernel: 'the work item of the driver',
    side: 'device',
  },
  pm: { words: RANGE, does: 'shows what each page is', kernel: '/proc/PID/pagemap', side: 'look' },
  maps: { words: [], does: 'shows the mappings', kernel: '/proc/PID/maps', side: 'look' },
  smaps: { words: [], does: 'shows the mappings, and how much of each is there', kernel: '/proc/PID/smaps', side: 'look' },
};

/** How the operation is written: `cw PAGE COUNT [VALUE] [STRIDE]`. */
export function formOf(name: OperationName): string {
  const isOptional = optionalWords(name);
  const words = (descriptions[name].words as readonly string[]).map((word, i) => (isOptional[i] ? `[${word}]` : word));
  return [name, ...words].join(' ');
}
