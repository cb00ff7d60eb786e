/** The machine a script runs on: four devices, processes with their open files, one task that does everything in turn. */

import { store } from '../../arena/access.ts';
import { type Arena, createArena } from '../../arena/arena.ts';
import { Actor, ActorState, type AddressSpace, type Mirror, type Mm } from '../../arena/structures.ts';
import type { Pfn } from '../../arena/units.ts';
import { mirrorAlloc, mirrorFree } from '../../drivers/base/mirror.ts';
import { optionWords, storeOptions } from '../../drivers/base/options.ts';
import { type Probed, probeDevices } from '../../drivers/base/probe.ts';
import { dmirror } from '../../drivers/dmirror/index.ts';
import { registerDriver } from '../../drivers/registry.ts';
import type { Behaviour } from '../../kernels/kernels.ts';
import { setOlder } from '../../kernels/older.ts';
import { unpinUserPage } from '../../mm/fault/gup.ts';
import { putAddressSpace } from '../../mm/file/addressSpace.ts';
import { MEMORY_DEVICE_COHERENT, MEMORY_DEVICE_PRIVATE } from '../../mm/page/devPagemap.ts';
import { deviceDel } from '../../mm/page/devres.ts';
import { GUP_PIN_COUNTING_BIAS } from '../../mm/page/page.ts';
import { putPage } from '../../mm/page/zone.ts';
import { mmput } from '../../mm/syscalls/exit.ts';
import { mmAlloc } from '../../mm/vma/mmStruct.ts';
import { run } from '../../steps/steps.ts';
import { Task } from '../../sync/task.ts';
import { parkAlone } from '../../sync/wait.ts';
import { closeLog, type EventLog } from './events.ts';
import { fillMissing, forgetMissing, type MissingRange } from './missing.ts';

/** The in-tree driver of the newest kernel: its policies, named for what they do. */
export const IN_TREE = {
  engine: 'mutex',
  ownMigrate: 'ignoreWithoutSeq',
  revokeSource: 'off',
  foreignCounter: 'off',
  lockOnReturn: 'off',
  waitAfterSample: 'off',
  exclusiveSeq: 'off',
  exclusiveOwner: 'none',
  holeWrite: 'never',
  eraseEnd: 'onePageMore',
  readOnlyOwn: 'fail',
  homeFile: 'migrating',
  coherentHuge: 'never',
  shortOfPages: 'none',
  evictFrom: 'last',
} as const;

/** Huge pages are taken from the end of it. */
const SYSTEM_PAGES = 64 * 1024;
const HUGE_PAGES = 80;
const DEVICE_PAGES = 4096;
const DEVICES = 4;
/** Devices 2 and 3 are of coherent memory. */
const FIRST_COHERENT = 2;

/** An open device file: inherited by fork, released by the last process that closes it. */
export interface DeviceFile {
  readonly device: number;
  readonly mirror: Mirror;
  users: number;
}

/** An open file in memory. */
export interface MemoryFile {
  /** Address of its address_space. */
  readonly mapping: AddressSpace;
  users: number;
}

/** A pipe that holds references to pages. */
export interface Pipe {
  readonly pages: readonly Pfn[];
  users: number;
}

export interface Process {
  readonly mm: Mm;
  readonly devices: Map<number, DeviceFile>;
  readonly files: Map<number, MemoryFile>;
  readonly pipes: Map<number, Pipe>;
  /** Pages that it has pinned for ever. */
  readonly pinned: Pfn[];
  /** Ranges whose missing pages a thread of it fills. */
  readonly missing: MissingRange[];
  /** Its log of notifier events. */
  log: EventLog | null;
}

const newProcess = (mm: Mm): Process => ({
  mm,
  devices: new Map(),
  files: new Map(),
  pipes: new Map(),
  pinned: [],
  missing: [],
  log: null,
});

export interface Machine {
  readonly arena: Arena;
  readonly task: Task;
  readonly driver: number;
  readonly driverWords: readonly number[];
  readonly devices: readonly Probed[];
  readonly processes: Map<number, Process>;
}

/** A fresh machine with process 0, in-tree but for what a kernel did otherwise before. `coherent`: does it have devices 2 and 3? */
export function bootMachine({ older, options }: Behaviour, coherent: boolean): Machine {
  const arena = createArena({
    systemPages: SYSTEM_PAGES,
    hugePages: HUGE_PAGES,
    devicePages: DEVICE_PAGES,
    devices: DEVICES,
    tables: 1024,
    actors: 2,
    mms: 32,
    vmas: 2048,
    mirrors: 64,
    intervals: 128,
    frameWords: 2,
  });
  setOlder(arena, older);
  const processes = new Map<number, Process>();
  const helper = new Task(arena, 1, { park: parkAlone, clock: () => 0 });
  const task = new Task(arena, 0, {
    clock: () => 0,
    *park(waiting, word, value, killable) {
      if (!fillMissing(helper, processes.values())) yield* parkAlone(waiting, word, value, killable);
    },
  });
  for (const { actor } of [task, helper]) store(arena, actor + Actor.state, ActorState.running);
  const driver = registerDriver(dmirror);
  const kinds = Array.from({ length: coherent ? DEVICES : FIRST_COHERENT }, (_, device) => ({
    type: device < FIRST_COHERENT ? MEMORY_DEVICE_PRIVATE : MEMORY_DEVICE_COHERENT,
    owner: device + 1,
    ops: driver,
  }));
  const devices = probeDevices(task, DEVICE_PAGES, kinds);
  const machine: Machine = {
    arena,
    task,
    driver,
    driverWords: optionWords(dmirror, { ...IN_TREE, ...options }),
    devices,
    processes,
  };
  machine.processes.set(0, newProcess(mmAlloc(arena)));
  return machine;
}

/** Opens a device for a process, which is mirrored from then on. The file, or a negative errno. */
export function openDevice({ arena, task, driver, driverWords, devices }: Machine, { mm }: Process, device: number): DeviceFile {
  const { pgmap } = devices[device] as Probed;
  const mirror = mirrorAlloc(arena, { driver, mm, pgmap, device: device + 1 });
  storeOptions(arena, mirror, driverWords);
  const error = run(dmirror.open(task, mirror));
  if (mirror === 0 || error !== 0) throw new Error(`device ${device} does not open: ${error}`);
  return { device, mirror, users: 1 };
}

/** One user less; the last one releases the file, which evicts the device. */
export function closeDevice({ arena, task }: Machine, file: DeviceFile): void {
  file.users--;
  if (file.users > 0) return;
  run(dmirror.close(task, file.mirror));
  mirrorFree(arena, file.mirror);
}

/** The same for a file in memory; its pages go with the last user, be that an open file or a mapping. */
export function closeFile({ task }: Machine, file: MemoryFile): void {
  file.users--;
  if (file.users === 0) run(putAddressSpace(task, file.mapping));
}

export function closePipe({ task }: Machine, pipe: Pipe): void {
  pipe.users--;
  if (pipe.users === 0) for (const pfn of pipe.pages) run(putPage(task, pfn));
}

/** fork: the child has the same files open. */
export function forkProcess({ devices, files, pipes, log }: Process, child: number): Process {
  for (const shared of [...devices.values(), ...files.values(), ...pipes.values()]) shared.users++;
  if (log !== null) log.users++;
  return { ...newProcess(child), devices: new Map(devices), files: new Map(files), pipes: new Map(pipes), log };
}

export function unpinAll({ task }: Machine, { pinned }: Process): void {
  for (const pfn of pinned.splice(0)) run(unpinUserPage(task, pfn));
}

/** exit: the address space goes first, the files after it. */
export function exitProcess(machine: Machine, worker: number, process: Process): void {
  forgetMissing(machine.task, process);
  run(mmput(machine.task, process.mm));
  for (const file of process.devices.values()) closeDevice(machine, file);
  for (const file of process.files.values()) closeFile(machine, file);
  for (const pipe of process.pipes.values()) closePipe(machine, pipe);
  if (process.log !== null) closeLog(machine.task, process.log);
  unpinAll(machine, process);
  machine.processes.delete(worker);
}

/** Ends everything, so that the leak oracle can look. */
export function shutDown(machine: Machine): void {
  for (const [worker, process] of [...machine.processes]) exitProcess(machine, worker, process);
  for (const { device } of machine.devices) run(deviceDel(machine.task, device));
}

/** References that open pipes and pins hold, by page frame: what the count oracle must know. */
export function pinnedPages({ processes }: Machine): Map<number, number> {
  const pinned = new Map<number, number>();
  const hold = (pfn: Pfn, references: number): unknown => pinned.set(pfn, (pinned.get(pfn) ?? 0) + references);
  const pipes = new Set([...processes.values()].flatMap((process) => [...process.pipes.values()]));
  for (const { pages } of pipes) for (const pfn of pages) hold(pfn, 1);
  for (const process of processes.values()) for (const pfn of process.pinned) hold(pfn, GUP_PIN_COUNTING_BIAS);
  return pinned;
}
