/** The operations of device files: open, close, and the commands. */
import { cas, get, load } from '../arena/access.ts';
import { EBADF, EBUSY, EFAULT, EINVAL, ENOENT, ENOMEM, ENXIO, errnoName } from '../arena/errno.ts';
import { liveAddress } from '../arena/pool.ts';
import { Device, type Mirror, type Mm, OpenFile, type Process } from '../arena/structures.ts';
import type { Errno } from '../arena/units.ts';
import { mirrorAlloc } from '../drivers/base/mirror.ts';
import { storeOptions } from '../drivers/base/options.ts';
import type { Probed } from '../drivers/base/probe.ts';
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
} from '../drivers/dmirror/commands.ts';
import { dmirror } from '../drivers/dmirror/index.ts';
import { Is, optionIs } from '../drivers/dmirror/options.ts';
import { UsageError } from '../input/usageError.ts';
import { isOlder, Older } from '../kernels/older.ts';
import { deviceDel } from '../mm/page/devres.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { type Answer, errorOf } from './answer.ts';
import type { Machine } from './machine.ts';
import { closeHandle, closeSlot, FileKind, fdget, fdput, getDevice, install, openFileAlloc } from './openFiles.ts';
import { addressAt, numberAt, type Operation, type OperationName, validRange, vpnOf } from './operation.ts';
import { deviceAtomics, otherCommand } from './otherDevices.ts';
import { deviceSlot, mmOf } from './processes.ts';
import { protectionText } from './protection.ts';

/** Device nodes that exist on every machine; those without hardware behind them answer ENXIO. */
const NODES = 4;
/** Commands of the driver by number: those up to RELEASE, and two that came later. */
const RELEASE = 7;
const FLAGS = 8;
const READ_UNLOCKED = 9;

export function* open(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const { arena } = task;
  const [slot, device] = [deviceSlot(process, numberAt(op, 0)), numberAt(op, 1)];
  // The recorder refuses a slot that is in use, before the kernel sees anything.
  if (load(arena, slot) !== 0) return { e: EBUSY, busy: 1 };
  if (device >= NODES) return { e: ENOENT };
  if (device >= machine.devices.length) return { e: ENXIO };
  if (!getDevice(machine, device)) return { e: ENXIO };
  const mirror = yield* openDevice(task, machine, mmOf(arena, process), device);
  yield* closeHandle(task, machine, install(arena, slot, openFileAlloc(arena, FileKind.device, mirror, device)));
  return { e: 0 };
}

/** The device goes, if no file of it is open; it can be opened no more. */
export function* unbind(task: Task, { arena, devices }: Machine, _process: Process, op: Operation): Steps<Answer> {
  const probed = devices[numberAt(op, 0)];
  const at = probed === undefined ? 0 : liveAddress(arena, arena.pools.device, probed.device);
  if (probed === undefined || at === 0) return { e: ENXIO };
  // Pairs with the one in getDevice: from here on no file is opened.
  const users = cas(arena, at + Device.users, 0, GONE);
  if (users !== 0) return { e: users === GONE ? ENXIO : EBUSY };
  yield Point.call;
  yield* deviceDel(task, probed.device);
  return { e: 0 };
}

const GONE = -1;

/** Opens a device for an address space, which is mirrored from then on. */
function* openDevice(task: Task, machine: Machine, mm: Mm, device: number): Steps<Mirror> {
  const { arena, driver, driverId, driverWords, devices } = machine;
  const { pgmap } = devices[device] as Probed;
  const mirror = mirrorAlloc(arena, { driver: driverId, mm, pgmap, device: device + 1 });
  if (mirror === 0) throw new RangeError(`device ${device} does not open: there are too many mirrors`);
  storeOptions(arena, mirror, driverWords);
  const error = yield* driver.open(task, mirror);
  if (error !== 0) throw new UsageError(`driver ${driver.name} does not open: ${errnoName(error)}`);
  return mirror;
}

export function* close(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  return (yield* closeSlot(task, machine, deviceSlot(process, numberAt(op, 0)))) ? { e: 0 } : { e: EBADF };
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

function* execute(task: Task, machine: Machine, mirror: Mirror, op: Operation): Steps<CommandResult> {
  const start = vpnOf(machine, addressAt(op, 1));
  const pages = numberAt(op, 2);
  const end = start + pages;
  switch (op.name) {
    case 'dunl':
      return yield* readUnlockedCommand(task, mirror, start, end);
    case 'dread':
      return yield* readCommand(task, mirror, start, end);
    case 'dwrite':
      return yield* writeCommand(task, mirror, start, end, wordsToWrite(task.arena.frameWords, pages, numberAt(op, 3)));
    case 'dmig':
      return yield* migrateToDeviceCommand(task, mirror, start, end);
    case 'dsys':
      return yield* migrateToSystemCommand(task, mirror, start, end);
    case 'snap':
      return yield* snapshotCommand(task, mirror, start, end);
    case 'excl':
      return yield* exclusiveCommand(task, mirror, start, end);
    case 'datomic':
      return yield* deviceAtomics(task, { driver: machine.driver, mirror }, start, pages);
    case 'chk':
      return yield* checkExclusiveCommand(task, mirror, start, end);
    default:
      return yield* releaseCommand(task, mirror);
  }
}

/** The first word of each page. */
function firstWords(words: Int32Array, frameWords: number): number[] {
  return Array.from({ length: words.length / frameWords }, (_, i) => (words[i * frameWords] as number) >>> 0);
}

/** A test device with a TLB touches memory itself; in tree, the driver copies for it. */
const touchesItself = (task: Task, mirror: Mirror, { name }: Operation): boolean =>
  (name === 'dread' || name === 'dwrite') && optionIs(task.arena, mirror, Is.engineTlb);

/** Any of the commands that are about a range. */
export function* command(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const file = fdget(machine, deviceSlot(process, numberAt(op, 0)));
  if (file === 0) return { e: EBADF };
  const answer = yield* commandOf(task, machine, get(task.arena, file + OpenFile.object), op);
  yield* fdput(task, machine, file);
  return answer;
}

function* commandOf(task: Task, machine: Machine, mirror: Mirror, op: Operation): Steps<Answer> {
  if (!validRange(addressAt(op, 1), numberAt(op, 2))) return { e: EINVAL };
  // More than the machine has memory for: the driver cannot allocate its buffer.
  if (numberAt(op, 2) > MOST_PAGES && BUFFERED.has(op.name)) return { e: ENOMEM };
  // WRITE fetches its data first, the others deliver at the end.
  if (op.badBuffer && op.name === 'dwrite') return { e: EFAULT };
  const isCommand = machine.driver === dmirror && !touchesItself(task, mirror, op);
  const result = isCommand ? yield* execute(task, machine, mirror, op) : yield* otherCommand(task, machine, mirror, op);
  const { error, cpages, faults, data } = result;
  if (error !== 0) return errorOf(error);
  if (op.badBuffer && DELIVERS.has(op.name)) return { e: EFAULT };
  const answer = { e: 0, c: cpages, f: faults };
  if (data instanceof Uint8Array) return { ...answer, s: [...data], p: [...data].map(protectionText) };
  return data === null ? answer : { ...answer, v: firstWords(data, task.arena.frameWords) };
}

/** An ioctl by its number, of page 0. */
export function* badCommand(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const { arena } = task;
  const file = fdget(machine, deviceSlot(process, numberAt(op, 0)));
  if (file === 0) return { e: EBADF };
  const mirror = get(arena, file + OpenFile.object);
  const error = yield* numbered(task, machine, mirror, numberAt(op, 1));
  yield* fdput(task, machine, file);
  return errorOf(error);
}

function* numbered(task: Task, { base }: Machine, mirror: Mirror, number: number): Steps<Errno> {
  const { arena } = task;
  if (number <= RELEASE) return 0;
  if (number > READ_UNLOCKED || isOlder(arena, Older.commandsUpToRelease)) return -EINVAL;
  // What else means a number of pages are the flags here.
  if (number === FLAGS) setFlags(arena, mirror, 1);
  else return (yield* readUnlockedCommand(task, mirror, base, base + 1)).error;
  return 0;
}

/** FLAGS: they stand where the other commands have a number of pages, and none is an empty range. */
export function* flagsCommand(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const file = fdget(machine, deviceSlot(process, numberAt(op, 0)));
  if (file === 0) return { e: EBADF };
  const flags = numberAt(op, 1);
  if (flags !== 0) setFlags(task.arena, get(task.arena, file + OpenFile.object), flags);
  yield* fdput(task, machine, file);
  return { e: flags === 0 ? EINVAL : 0 };
}

export function* nullCommand({ arena }: Task, _machine: Machine, process: Process, op: Operation): Steps<Answer> {
  return { e: load(arena, deviceSlot(process, numberAt(op, 0))) !== 0 ? EFAULT : EBADF };
}
