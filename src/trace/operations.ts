/** The table from what a trace tells to operations of the language: system calls, functions of the kernel, page faults. */
import { type Fields, hexAt, type Told, wholeAt } from './events.ts';

/** Addresses, the end not among them. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** What a thread begins. */
export interface Begun {
  /** The operation; null for what is none, or is not known to be one yet. */
  readonly name: string | null;
  /** What it is, where it is no operation of the language; empty for what is known from elsewhere. */
  readonly what: string;
  /** Null where the trace does not say it, or where the operation has no pages. */
  readonly range: Range | null;
  /** Words behind the pages. */
  readonly words: readonly string[];
  /** The file that a command is given to. */
  readonly fd: number | null;
  /** Where pages move to. */
  readonly to: Range | null;
  /** What was chosen where the trace leaves it open. */
  readonly choice: string | null;
}

const begun = (name: string | null, range: Range | null = null, more: Partial<Begun> = {}): Begun => ({
  ...{ name, what: name ?? '', range, words: [], fd: null, to: null, choice: null },
  ...more,
});

export const PAGE = 4096;

const rangeOf = (start: number | null, length: number | null): Range | null =>
  start === null || length === null || length <= 0 ? null : { start, end: start + length };

const rangeAt = (fields: Fields, start: string, length: string): Range | null =>
  rangeOf(hexAt(fields, start), hexAt(fields, length));

const protection = (bits: number | null): string => ['r', 'w', 'x'].filter((_, bit) => ((bits ?? 0) >> bit) & 1).join('') || '-';

const ADVICE: Readonly<Record<number, string>> = {
  ...{ 3: 'willneed', 4: 'dontneed', 8: 'free', 9: 'remove', 10: 'dontfork', 11: 'dofork', 14: 'hugepage', 15: 'nohugepage' },
  ...{ 18: 'wipeonfork', 19: 'keeponfork', 20: 'cold', 21: 'pageout', 22: 'popread', 23: 'popwrite', 25: 'collapse' },
  ...{ 102: '102', 103: '103' },
};

/** Commands of the test driver by their numbers. */
const COMMANDS = ['dread', 'dwrite', 'dmig', 'dsys', 'snap', 'excl', 'chk', 'rel', 'flags', 'dunl'];
const COMMAND_TYPE = 'H'.charCodeAt(0);

const MAP = { SHARED: 1, ANONYMOUS: 0x20, HUGETLB: 0x40000, NOREPLACE: 0x100000 };
const REMAP = { FIXED: 2, DONTUNMAP: 4 };

function mapping(range: Range | null, access: number | null, flags: number): Begun {
  const kind = (flags & MAP.HUGETLB) !== 0 ? 'huge' : (flags & MAP.SHARED) !== 0 ? 'sanon' : 'anon';
  if ((flags & MAP.ANONYMOUS) === 0) return begun(null, range, { what: 'mmap of a file' });
  return begun((flags & MAP.NOREPLACE) !== 0 ? 'mmapx' : 'mmap', range, { words: [protection(access), kind] });
}

function advice(range: Range | null, number: number | null): Begun {
  const name = ADVICE[number ?? -1];
  return name === undefined ? begun(null, range, { what: `madvise ${number}` }) : begun('madvise', range, { words: [name] });
}

function moved(fields: Fields): Begun {
  const range = rangeAt(fields, 'addr', 'old_len');
  const flags = hexAt(fields, 'flags') ?? 0;
  if ((flags & REMAP.FIXED) === 0) return begun(null, range, { what: 'mremap without a place' });
  const to = rangeAt(fields, 'new_addr', 'new_len');
  return begun('mremap', range, { to, words: (flags & REMAP.DONTUNMAP) === 0 ? [] : ['keep'] });
}

function command(number: number | null, fd: number | null): Begun {
  const name = number !== null && ((number >> 8) & 0xff) === COMMAND_TYPE ? COMMANDS[number & 0xff] : undefined;
  if (name === undefined) return begun(null, null, { what: 'ioctl', fd });
  return name === 'flags' ? begun(null, null, { what: 'flags of a device file', fd }) : begun(name, null, { fd });
}

/** The file of a device, with its number. */
export const DEVICE_FILE = /hmm_dmirror(\d)/;

type Reads = (fields: Fields) => Begun;

/** By the name of the system call. */
const systemCalls: Readonly<Record<string, Reads>> = {
  mmap: (f) => mapping(rangeAt(f, 'addr', 'len'), hexAt(f, 'prot'), hexAt(f, 'flags') ?? 0),
  munmap: (f) => begun('munmap', rangeAt(f, 'addr', 'len')),
  mprotect: (f) => begun('mprotect', rangeAt(f, 'start', 'len'), { words: [protection(hexAt(f, 'prot'))] }),
  madvise: (f) => advice(rangeAt(f, 'start', 'len_in'), wholeAt(f, 'behavior')),
  mremap: moved,
  mlock: (f) => begun('mlock', rangeAt(f, 'start', 'len')),
  mlock2: (f) => begun('mlock', rangeAt(f, 'start', 'len')),
  munlock: (f) => begun('munlock', rangeAt(f, 'start', 'len')),
  process_vm_readv: () => begun('pvr'),
  process_vm_writev: () => begun('pvw'),
  swapoff: () => begun('swapoff'),
  exit_group: () => begun('exit'),
  ioctl: (f) => command(hexAt(f, 'cmd'), wholeAt(f, 'fd')),
  openat: (f) => begun(null, null, { what: DEVICE_FILE.test(f.get('filename') ?? '') ? '' : 'openat' }),
  close: (f) => begun(null, null, { what: 'close', fd: wholeAt(f, 'fd') }),
};

const FAULT = { WRITE: 2, FETCH: 0x10 };
const FLAGS = { WRITE: 1, FETCH: 0x100 };

/** An access of the CPU. To fetch an instruction is none of the language. */
function access(address: number | null, isWrite: boolean, isFetch: boolean): Begun {
  const page = address === null ? null : address - (address % PAGE);
  return begun(isFetch ? null : isWrite ? 'cw' : 'cr', rangeOf(page, PAGE), { what: 'a fetch of an instruction' });
}

const bits = (fields: Fields, name: string, mask: number): boolean => ((hexAt(fields, name) ?? 0) & mask) !== 0;

/** Functions with which an operation begins, where the trace has no event that says so; and who calls them then. */
const functions: Readonly<Record<string, readonly [from: RegExp, Reads]>> = {
  do_madvise: [/sys_/, (f) => advice(rangeAt(f, 'start', 'len_in'), wholeAt(f, 'behavior'))],
  __vm_munmap: [/sys_/, (f) => begun('munmap', rangeAt(f, 'start', 'len'))],
  do_mprotect_pkey: [
    /sys_/,
    (f) => begun('mprotect', rangeAt(f, 'start', 'len'), { words: [protection(hexAt(f, 'prot') ?? 1)] }),
  ],
  dmirror_fops_unlocked_ioctl: [/./, (f) => command(hexAt(f, 'command'), null)],
  handle_mm_fault: [
    /page_fault|do_user_addr_fault/,
    (f) => access(hexAt(f, 'address'), bits(f, 'flags', FLAGS.WRITE), bits(f, 'flags', FLAGS.FETCH)),
  ],
  hmm_range_fault: [
    /./,
    () => begun('dread', null, { choice: 'whether the device reads or writes is not in the trace: it reads' }),
  ],
  migrate_vma_setup: [
    /./,
    () => begun('dmig', null, { choice: 'where pages move to is not in the trace: they move to the device' }),
  ],
  make_device_exclusive: [/./, () => begun('excl')],
  __oom_reap_task_mm: [/./, () => begun('oomreap')],
  exit_mmap: [/./, () => begun('exit')],
};

/** What a thread begins with this; null if it begins nothing. */
export function beginsWith({ place, name, from, fields }: Told): Begun | null {
  if (name === 'page_fault_user')
    return access(hexAt(fields, 'address'), bits(fields, 'error_code', FAULT.WRITE), bits(fields, 'error_code', FAULT.FETCH));
  if (name.startsWith('sys_enter_')) {
    const call = name.slice('sys_enter_'.length);
    return systemCalls[call]?.(fields) ?? begun(null, null, { what: call });
  }
  const [caller, reads] = functions[name] ?? [];
  if (place !== 'entry' || caller === undefined || reads === undefined) return null;
  return from === null || caller.test(from) ? reads(fields) : null;
}

/** It is done in user mode, so that nothing of the kernel is under way any more. */
export const isFromUser = ({ name }: Told): boolean => name === 'page_fault_user' || name.startsWith('sys_enter_');

/** Functions that say what it is that a thread has begun. */
const insides: readonly (readonly [what: RegExp, inside: RegExp, name: string])[] = [
  [/^(ioctl|dread|dwrite)$/, /^dmirror_migrate_to_device$/, 'dmig'],
  [/^(ioctl|dread|dwrite)$/, /^dmirror_migrate_to_system$/, 'dsys'],
  [/^(ioctl|dread|dwrite)$/, /^dmirror_exclusive$/, 'excl'],
  [/^ioctl$/, /^dmirror_do_write$/, 'dwrite'],
  [/^ioctl$/, /^(dmirror_do_read|hmm_range_fault)$/, 'dread'],
  [/^ioctl$/, /^migrate_vma_setup$/, 'dmig'],
  [/^ioctl$/, /^make_device_exclusive$/, 'excl'],
  [/^(clone3?|v?fork)$/, /^(dup_mmap|copy_page_range)$/, 'fork'],
];

/** What is meant by what was begun, when this function is in it; null where it says nothing. */
export const nameInside = (what: string, told: Told): string | null =>
  insides.find(([begun, inside]) => begun.test(what) && inside.test(told.name))?.[2] ?? null;

/** Fields in which functions and events have addresses: the first and the end, or one alone. */
const addresses: Readonly<Record<string, readonly [start: string, end?: string]>> = {
  dmirror_do_read: ['start', 'end'],
  dmirror_do_write: ['start', 'end'],
  dmirror_fault: ['start', 'end'],
  migrate_vma_collect_pmd: ['start', 'end'],
  hmm_vma_walk_pmd: ['start', 'end'],
  handle_mm_fault: ['address'],
  make_device_exclusive: ['addr'],
  try_to_migrate_one: ['address'],
  remove_migration_pte: ['addr'],
  set_migration_pte: ['addr'],
};

/** The pages that this is about; null where it says nothing of any. */
export function rangeIn({ name, fields }: Told): Range | null {
  const [from, to] = addresses[name] ?? [];
  const start = from === undefined ? null : hexAt(fields, from);
  if (start === null) return null;
  const page = start - (start % PAGE);
  const end = to === undefined ? page + PAGE : hexAt(fields, to);
  return end === null || end <= page ? null : { start: page, end };
}

/** The function in which the kernel tells of an event: it has begun. Null for an event that says nothing of what its thread does. */
export function functionOf({ name, fields }: Told): string | null {
  if (name === 'set_migration_pte') return 'try_to_migrate_one';
  if (name === 'remove_migration_pte') return 'remove_migration_pte';
  // What a processor flushes for others, or when it changes tasks, is not done by the thread that is there.
  return name === 'tlb_flush' && fields.get('reason') === 'local' ? 'flush_tlb_mm_range' : null;
}

/** Operations of a device, which are given to a file of it. */
export const isDevice = (name: string | null): boolean => name !== null && COMMANDS.includes(name);

/** Operations that write a value. */
export const writes = (name: string | null): boolean => name === 'cw' || name === 'dwrite' || name === 'pvw';
