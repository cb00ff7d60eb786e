/** The language of operations, that of the recordings: one operation a line, blank separated, checked word by word. */
import { PTRS_PER_TABLE } from '../arena/config.ts';
import { MOST_FILES } from '../arena/structures.ts';
import type { Vpn } from '../arena/units.ts';
import { UsageError } from '../input/usageError.ts';
import type { Machine } from './machine.ts';

/** What a word of an operation is. A `?` after the kind: it may be left out. */
type Kind = 'slot' | 'worker' | 'device' | 'address' | 'count' | 'value' | 'text';

const PROTECTION = /^(-|[rwx]{1,3})$/;
const ADVICE = /^([a-z]+|\d+)$/;
const MAPPING = /^(anon|sanon|fpriv|fshared|huge|dev)$/;
const PIN_MODE = /^(get|getfast|pin|pinfast|longterm|longfast)$/;
/** What sysfs takes for huge pages of a size. */
const HUGE_SWITCH = /^(always|inherit|madvise|never)$/;

interface Word {
  readonly kind: Kind;
  readonly optional?: boolean;
  /** For `text`: what is allowed. */
  readonly allowed?: RegExp;
}

const slot: Word = { kind: 'slot' };
const worker: Word = { kind: 'worker' };
const device: Word = { kind: 'device' };
const address: Word = { kind: 'address' };
const count: Word = { kind: 'count' };
const value: Word = { kind: 'value' };
const protection: Word = { kind: 'text', allowed: PROTECTION };
const optional = (word: Word): Word => ({ ...word, optional: true });

const range = [address, count];
const ioctl = [slot, address, count];
const mapping = [address, count, protection, { kind: 'text', allowed: MAPPING }, optional(slot), optional(count)] as const;

/** Each operation with its words. */
const grammar = {
  open: [slot, device],
  unbind: [device],
  close: [slot],
  mmap: mapping,
  mmapx: mapping,
  munmap: range,
  mprotect: [...range, protection],
  mlock: range,
  munlock: range,
  madvise: [...range, { kind: 'text', allowed: ADVICE }],
  mremap: [address, count, address, count, { kind: 'text', allowed: /^keep$/, optional: true }],
  mresize: [address, count, count],
  cr: [...range, optional(count)],
  cw: [...range, optional(value), optional(count)],
  pvr: range,
  pvw: [...range, optional(value)],
  pin: [slot, ...range],
  unpin: [slot],
  gup: [{ kind: 'text', allowed: PIN_MODE }, ...range, { kind: 'text', allowed: /^w$/, optional: true }],
  ltpin: [...range, optional({ kind: 'text', allowed: /^w$/ })],
  ltunpin: [],
  uffd: [...range, optional(value)],
  uregister: range,
  ucopy: [...range, optional(value)],
  file: [slot, count],
  ftrunc: [slot, count],
  fpunch: [slot, count, count],
  fwrite: [slot, count, optional(value)],
  fread: [slot, count, count],
  fork: [worker],
  exit: [],
  dread: ioctl,
  dwrite: [...ioctl, optional(value)],
  dmig: ioctl,
  dsys: ioctl,
  snap: ioctl,
  excl: ioctl,
  chk: ioctl,
  rel: ioctl,
  dunl: ioctl,
  datomic: ioctl,
  flags: [slot, count],
  badioctl: [slot, count],
  nullcmd: [slot, count],
  evopen: [],
  ev: [],
  clearrefs: [count],
  split: [...range, count],
  mthp: [count, { kind: 'text', allowed: HUGE_SWITCH }],
  reclaim: range,
  swapoff: [],
  oomreap: [],
  work: [slot],
  pm: range,
  maps: [],
  smaps: [],
} as const satisfies Readonly<Record<string, readonly Word[]>>;

export type Grammar = typeof grammar;
export type OperationName = keyof Grammar;
const names = Object.keys(grammar) as OperationName[];

/** Which words of an operation may be left out, by place. */
export const optionalWords = (name: OperationName): readonly boolean[] =>
  (grammar[name] as readonly Word[]).map((word) => word.optional === true);

/** Device commands, which exist in a second form with a bad user buffer (`dread!`). */
const COMMANDS: ReadonlySet<string> = new Set(['dread', 'dwrite', 'dmig', 'dsys', 'snap', 'excl', 'chk', 'rel', 'dunl']);

/** Operations that answer for each page, or touch each. */
const EACH_PAGE: ReadonlySet<OperationName> = new Set(['cr', 'cw', 'pm', 'pvr', 'pvw']);

/** Where the arena of the recordings begins: 1 GiB aligned. */
const ARENA_BASE = 0x1000_0000_0000n;
const PAGE = 4096n;

/** One operation, ready to run. */
export interface Operation {
  readonly text: string;
  /** Process that runs it. */
  readonly worker: number;
  readonly name: OperationName;
  /** The user buffer of a device command is an invalid pointer. */
  readonly badBuffer: boolean;
  /** The words by place: numbers, byte addresses as bigint, or text. Absent optional ones are undefined. */
  readonly args: readonly (number | bigint | string | undefined)[];
}

/** The word at a place as a number; `fallback` where it was left out. */
export function numberAt({ args }: Operation, place: number, fallback = 0): number {
  const word = args[place];
  return typeof word === 'number' ? word : fallback;
}
export function textAt({ args }: Operation, place: number): string {
  const word = args[place];
  return typeof word === 'string' ? word : '';
}
export function addressAt({ args }: Operation, place: number): bigint {
  const word = args[place];
  return typeof word === 'bigint' ? word : 0n;
}

/** `H`, `2H`: so many pages as huge pages have where the program runs. */
const HUGE = /^(\d{0,3})H$/;
const hugePages = (text: string): number | null => {
  const [, times] = HUGE.exec(text) ?? [];
  return times === undefined ? null : Number(times === '' ? 1 : times) * PTRS_PER_TABLE;
};

function parseAddress(text: string): bigint | null {
  const huge = hugePages(text);
  if (huge !== null) return ARENA_BASE + BigInt(huge) * PAGE;
  const absolute = /^a([0-9a-f]{1,16})$/i.exec(text);
  if (absolute !== null) return BigInt(`0x${absolute[1]}`);
  const relative = /^(\d{1,12})(?:\+(\d{1,6}))?$/.exec(text);
  if (relative === null) return null;
  return ARENA_BASE + BigInt(relative[1] as string) * PAGE + BigInt(relative[2] ?? 0);
}

/** Pages of an operation that goes over them one by one; a device command may ask for more, and is refused by the driver. */
const MOST_PAGES = 1 << 20;

const NUMBER = /^(\d{1,15}|0x[0-9a-f]{1,14})$/i;

function parseWord(word: Word, text: string): number | bigint | string | null {
  if (word.kind === 'address') return parseAddress(text);
  if (word.kind === 'text') return word.allowed?.test(text) === true ? text : null;
  if (!NUMBER.test(text)) return word.kind === 'count' ? hugePages(text) : null;
  // A process has so many, and no room for more.
  return word.kind === 'slot' && Number(text) >= MOST_FILES ? null : Number(text);
}

/**
 * Parses one operation.
 *
 * @throws UsageError that says what is wrong with it.
 */
export function parseOperation(text: string): Operation {
  const words = text.trim().split(/\s+/);
  const prefix = /^@(\d{1,4})$/.exec(words[0] ?? '');
  const worker = prefix === null ? 0 : Number(prefix[1]);
  if (prefix !== null) words.shift();
  const given = words.shift() ?? '';
  const badBuffer = given.endsWith('!');
  const name = names.find((known) => known === (badBuffer ? given.slice(0, -1) : given));
  if (name === undefined || (badBuffer && !COMMANDS.has(name))) {
    throw new UsageError(`unknown operation '${given}' in '${text}'`);
  }
  const expected: readonly Word[] = grammar[name];
  const least = expected.filter((word) => word.optional !== true).length;
  if (words.length < least || words.length > expected.length) {
    const most = least === expected.length ? `${least}` : `${least} to ${expected.length}`;
    throw new UsageError(`operation '${text}' has ${words.length} arguments, ${name} takes ${most}`);
  }
  const args = words.map((given, place) => {
    const word = expected[place] as Word;
    const parsed = parseWord(word, given);
    if (parsed === null) throw new UsageError(`'${given}' in operation '${text}' is no ${word.kind} that ${name} takes`);
    return parsed;
  });
  const pages = EACH_PAGE.has(name) ? args[1] : 0;
  if (typeof pages === 'number' && pages > MOST_PAGES) {
    throw new UsageError(`operation '${text}' goes over ${pages} pages, at most ${MOST_PAGES} are possible`);
  }
  return { text, worker, name, badBuffer, args };
}

/** A page nobody ever maps, below {@link Machine.base}: stands for every address that programs cannot name. */
const ELSEWHERE_VPN = 1;

/** The page of a byte address, as programs number them. */
export const pageOf = (at: bigint): number => Number((at - ARENA_BASE) / PAGE);

/** The page of the model that stands for a byte address. */
export function vpnOf({ base, end }: Machine, at: bigint): Vpn {
  const page = (at - ARENA_BASE) / PAGE;
  return at >= ARENA_BASE && page < BigInt(end - base) ? base + Number(page) : ELSEWHERE_VPN;
}

const U64 = (1n << 64n) - 1n;

/** The checks every device command begins with: aligned, and neither empty nor around the end of the address space. */
export function validRange(at: bigint, pages: number): boolean {
  const end = (at + ((BigInt(pages) * PAGE) & U64)) & U64;
  return at % PAGE === 0n && at < end;
}
