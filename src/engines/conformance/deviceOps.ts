/** The operations of device files: open, close, and the commands. */
import { EBADF, EFAULT, EINVAL, ENOENT, ENOMEM, ENXIO } from '../../arena/errno.ts';
import {
  type CommandResult,
  checkExclusiveCommand,
  exclusiveCommand,
  migrateToDeviceCommand,
  migrateToSystemCommand,
  readCommand,
  readUnlockedCommand,
  releaseCommand,
  setFlags,
  snapshotCommand,
  writeCommand,
} from '../../drivers/dmirror/commands.ts';
import {
  PROT_DEV_COHERENT_LOCAL,
  PROT_DEV_COHERENT_REMOTE,
  PROT_DEV_PRIVATE_LOCAL,
  PROT_DEV_PRIVATE_REMOTE,
  PROT_ERROR,
  PROT_PMD,
  PROT_PUD,
  PROT_READ,
  PROT_WRITE,
  PROT_ZERO,
} from '../../drivers/dmirror/snapshot.ts';
import { isOlder, Older } from '../../kernels/older.ts';
import { run } from '../../steps/steps.ts';
import { closeDevice, type DeviceFile, type Machine, openDevice, type Process } from './machine.ts';
import { ARENA_VPN, addressAt, numberAt, type Operation, type OperationName, validRange, vpnOf } from './operation.ts';
import type { Answer } from './recording.ts';

/** Device nodes that exist on every machine; those without hardware behind them answer ENXIO. */
const NODES = 4;
/** Commands of the driver by number: those up to RELEASE, and two that came later. */
const RELEASE = 7;
const FLAGS = 8;
const READ_UNLOCKED = 9;

export function open(machine: Machine, process: Process, op: Operation): Answer {
  const [slot, device] = [numberAt(op, 0), numberAt(op, 1)];
  // The recorder refuses a slot that is in use, before the kernel sees anything.
  if (process.devices.has(slot)) return { e: 16, busy: 1 };
  if (device >= NODES) return { e: ENOENT };
  if (device >= machine.devices.length) return { e: ENXIO };
  process.devices.set(slot, openDevice(machine, process, device));
  return { e: 0 };
}

export function close(machine: Machine, process: Process, op: Operation): Answer {
  const file = process.devices.get(numberAt(op, 0));
  if (file === undefined) return { e: EBADF };
  process.devices.delete(numberAt(op, 0));
  closeDevice(machine, file);
  return { e: 0 };
}

/** The words a WRITE delivers: page i begins with `first` + i, the rest is 0. */
function wordsToWrite(frameWords: number, pages: number, first: number): Int32Array {
  const words = new Int32Array(pages * frameWords);
  for (let i = 0; i < pages; i++) words[i * frameWords] = first + i;
  return words;
}

/** Commands that deliver their result through the user buffer; the others never touch it. */
const DELIVERS: ReadonlySet<OperationName> = new Set(['dread', 'dunl', 'dmig', 'snap', 'excl']);

/** Commands for which the driver allocates a buffer of the whole range. */
const BUFFERED: ReadonlySet<OperationName> = new Set(['dread', 'dunl', 'dwrite', 'dmig', 'excl']);
/** 4 GiB. */
const MOST_PAGES = 1 << 20;

function execute({ arena, task }: Machine, { mirror }: DeviceFile, op: Operation): CommandResult {
  const start = vpnOf(addressAt(op, 1));
  const pages = numberAt(op, 2);
  const end = start + pages;
  switch (op.name) {
    case 'dunl':
      return run(readUnlockedCommand(task, mirror, start, end));
    case 'dread':
      return run(readCommand(task, mirror, start, end));
    case 'dwrite':
      return run(writeCommand(task, mirror, start, end, wordsToWrite(arena.frameWords, pages, numberAt(op, 3))));
    case 'dmig':
      return run(migrateToDeviceCommand(task, mirror, start, end));
    case 'dsys':
      return run(migrateToSystemCommand(task, mirror, start, end));
    case 'snap':
      return run(snapshotCommand(task, mirror, start, end));
    case 'excl':
      return run(exclusiveCommand(task, mirror, start, end));
    case 'chk':
      return run(checkExclusiveCommand(task, mirror, start, end));
    default:
      return run(releaseCommand(task, mirror));
  }
}

/** The first word of each page. */
function firstWords(words: Int32Array, frameWords: number): number[] {
  return Array.from({ length: words.length / frameWords }, (_, i) => (words[i * frameWords] as number) >>> 0);
}

const kinds = new Map([
  [PROT_ZERO, 'Z'],
  [PROT_DEV_PRIVATE_LOCAL, 'L'],
  [PROT_DEV_PRIVATE_REMOTE, 'X'],
  [PROT_DEV_COHERENT_LOCAL, 'CL'],
  [PROT_DEV_COHERENT_REMOTE, 'CX'],
]);

/** A protection byte in letters. */
function protectionText(byte: number): string {
  if (byte === PROT_ERROR) return 'E';
  if (byte === 0) return '-';
  const kind = kinds.get(byte & 0xf0) ?? '';
  const access = (byte & PROT_READ) !== 0 ? 'R' : (byte & PROT_WRITE) !== 0 ? 'W' : '';
  return `${kind}${access}${(byte & PROT_PMD) !== 0 ? '+pmd' : ''}${(byte & PROT_PUD) !== 0 ? '+pud' : ''}`;
}

/** Any of the eight commands. */
export function command(machine: Machine, process: Process, op: Operation): Answer {
  const file = process.devices.get(numberAt(op, 0));
  if (file === undefined) return { e: EBADF };
  if (!validRange(addressAt(op, 1), numberAt(op, 2))) return { e: EINVAL };
  // More than the machine has memory for: the driver cannot allocate its buffer.
  if (numberAt(op, 2) > MOST_PAGES && BUFFERED.has(op.name)) return { e: ENOMEM };
  // WRITE fetches its data first, the others deliver at the end.
  if (op.badBuffer && op.name === 'dwrite') return { e: EFAULT };
  const { error, cpages, faults, data } = execute(machine, file, op);
  if (error !== 0) return { e: -error };
  if (op.badBuffer && DELIVERS.has(op.name)) return { e: EFAULT };
  const answer = { e: 0, c: cpages, f: faults };
  if (data instanceof Uint8Array) return { ...answer, s: [...data], p: [...data].map(protectionText) };
  return data === null ? answer : { ...answer, v: firstWords(data, machine.arena.frameWords) };
}

/** An ioctl by its number, of page 0. */
export function badCommand({ arena, task }: Machine, process: Process, op: Operation): Answer {
  const file = process.devices.get(numberAt(op, 0));
  if (file === undefined) return { e: EBADF };
  const number = numberAt(op, 1);
  if (number <= RELEASE) return { e: 0 };
  if (number > READ_UNLOCKED || isOlder(arena, Older.commandsUpToRelease)) return { e: EINVAL };
  if (number === FLAGS) {
    // What else means a number of pages are the flags here.
    setFlags(arena, file.mirror, 1);
    return { e: 0 };
  }
  const { error } = run(readUnlockedCommand(task, file.mirror, ARENA_VPN, ARENA_VPN + 1));
  return { e: error === 0 ? 0 : -error };
}

/** FLAGS: they stand where the other commands have a number of pages, and none is an empty range. */
export function flagsCommand({ arena }: Machine, process: Process, op: Operation): Answer {
  const file = process.devices.get(numberAt(op, 0));
  if (file === undefined) return { e: EBADF };
  if (numberAt(op, 1) === 0) return { e: EINVAL };
  setFlags(arena, file.mirror, numberAt(op, 1));
  return { e: 0 };
}

export function nullCommand(_machine: Machine, process: Process, op: Operation): Answer {
  return { e: process.devices.has(numberAt(op, 0)) ? EFAULT : EBADF };
}
