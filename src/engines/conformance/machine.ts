/** The machine a script runs on: four devices, processes with their open files, one task that does everything in turn. */
import { store } from '../../arena/access.ts';
import { createArena } from '../../arena/arena.ts';
import { liveObjects } from '../../arena/pool.ts';
import { Actor, ActorState } from '../../arena/structures.ts';
import { optionWords } from '../../drivers/base/options.ts';
import { probeDevices } from '../../drivers/base/probe.ts';
import { dmirror } from '../../drivers/dmirror/index.ts';
import { registerDriver } from '../../drivers/registry.ts';
import type { Behaviour } from '../../kernels/kernels.ts';
import { setOlder } from '../../kernels/older.ts';
import { MEMORY_DEVICE_COHERENT, MEMORY_DEVICE_PRIVATE } from '../../mm/page/devPagemap.ts';
import { deviceDel } from '../../mm/page/devres.ts';
import { mmAlloc } from '../../mm/vma/mmStruct.ts';
import type { Machine, MissingRange } from '../../programs/machine.ts';
import { fillMissing } from '../../programs/missing.ts';
import { processAlloc, takeDown } from '../../programs/processes.ts';
import { run } from '../../steps/steps.ts';
import { Task } from '../../sync/task.ts';
import { parkAlone } from '../../sync/wait.ts';

/** The in-tree driver of the newest kernel: its policies, named for what they do. */
export const IN_TREE = {
  engine: 'mutex',
  ownMigrate: 'ignoreWithoutSeq',
  revokeSource: 'off',
  foreignCounter: 'off',
  lockOnReturn: 'off',
  waitAfterSample: 'off',
  ownEvents: 'device',
  exclusiveSeq: 'off',
  exclusiveOwner: 'none',
  holeWrite: 'never',
  eraseEnd: 'onePageMore',
  readOnlyOwn: 'fail',
  homeFile: 'migrating',
  coherentHuge: 'never',
  shortOfPages: 'none',
  evictFrom: 'last',
  markDirty: 'never',
} as const;

/** Huge pages are taken from the end of it. */
const SYSTEM_PAGES = 64 * 1024;
const HUGE_PAGES = 80;
const DEVICE_PAGES = 4096;
const DEVICES = 4;
/** Devices 2 and 3 are of coherent memory. */
const FIRST_COHERENT = 2;

/** The machine of a script, and the one task that does everything in turn. */
export interface ScriptMachine extends Machine {
  readonly task: Task;
}

/** Pages that programs can name: those of 4 GiB, from a page on that is 1 GiB aligned. */
const BASE = 1 << 20;
const PAGES = 1 << 20;

/** A fresh machine with process 0, in-tree but for what a kernel did otherwise before. `coherent`: does it have devices 2 and 3? */
export function bootMachine({ older, options }: Behaviour, coherent: boolean): ScriptMachine {
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
    processes: 24,
    heldPages: 16 * 1024,
  });
  setOlder(arena, older);
  const missing: MissingRange[] = [];
  const helper = new Task(arena, 1, { park: parkAlone, clock: () => 0 });
  const task = new Task(arena, 0, {
    clock: () => 0,
    *park(waiting, word, value, killable) {
      if (!(yield* fillMissing(helper, { arena, missing }))) yield* parkAlone(waiting, word, value, killable);
    },
  });
  for (const { actor } of [task, helper]) store(arena, actor + Actor.state, ActorState.running);
  const driverId = registerDriver(dmirror);
  const kinds = Array.from({ length: coherent ? DEVICES : FIRST_COHERENT }, (_, device) => ({
    type: device < FIRST_COHERENT ? MEMORY_DEVICE_PRIVATE : MEMORY_DEVICE_COHERENT,
    owner: device + 1,
    ops: driverId,
  }));
  const devices = probeDevices(task, DEVICE_PAGES, kinds);
  const driverWords = optionWords(dmirror, { ...IN_TREE, ...options });
  processAlloc(arena, 0, mmAlloc(arena));
  return { arena, task, driver: dmirror, driverId, driverWords, devices, base: BASE, end: BASE + PAGES, isFixed: false, missing };
}

/** Ends everything, so that the leak oracle can look. */
export function shutDown(machine: ScriptMachine): void {
  const { arena, task, devices } = machine;
  for (const process of liveObjects(arena, arena.pools.process)) run(takeDown(task, machine, process));
  for (const { device } of devices) run(deviceDel(task, device));
}
