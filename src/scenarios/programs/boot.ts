/** The machine of a program that is explored: as small as the program lets it be, so that a search comes to its end. */
import { store } from '../../arena/access.ts';
import { type Arena, createArena } from '../../arena/arena.ts';
import { PTRS_PER_TABLE, ZERO_PFN } from '../../arena/config.ts';
import { Actor, ActorState } from '../../arena/structures.ts';
import { type Driver, mirrorNeeds } from '../../drivers/base/driver.ts';
import { type DriverSettings, optionWords, setKernel } from '../../drivers/base/options.ts';
import { probeDevices } from '../../drivers/base/probe.ts';
import { registerDriver } from '../../drivers/registry.ts';
import { UsageError } from '../../input/usageError.ts';
import { MEMORY_DEVICE_COHERENT, MEMORY_DEVICE_PRIVATE } from '../../mm/page/devPagemap.ts';
import { mmAlloc } from '../../mm/vma/mmStruct.ts';
import type { Machine } from '../../programs/machine.ts';
import { addressAt, numberAt, type Operation, pageOf, textAt } from '../../programs/operation.ts';
import { processAlloc } from '../../programs/processes.ts';
import type { Program } from '../../programs/program.ts';
import { Task } from '../../sync/task.ts';
import { parkAlone } from '../../sync/wait.ts';
import { lasts } from '../kit/lasting.ts';
import { FIRST, usualSettings } from '../kit/smallMachine.ts';

/** Pages that a program may name: four huge pages at least, wherever it runs. */
const MOST_PAGES = Math.max(1024, 4 * PTRS_PER_TABLE);

/** Devices from this one on are of memory that CPUs can map. */
const FIRST_COHERENT = 2;

/** What a program needs of a machine. */
interface Needs {
  readonly pages: number;
  readonly filePages: number;
  readonly devices: number;
  readonly mirrors: number;
  readonly processes: number;
  readonly hasHuge: boolean;
  readonly hasSwap: boolean;
  readonly held: number;
  /** Somebody closes a file or exits while others do something. */
  readonly closes: boolean;
}

const isHuge = (op: Operation): boolean =>
  op.name === 'mthp' || /^(hugepage|collapse)$/.test(textAt(op, 2)) || textAt(op, 3) === 'huge';
const isSwapped = (op: Operation): boolean => /^(reclaim|swapoff)$/.test(op.name) || /^(pageout|cold)$/.test(textAt(op, 2));

/** First page after those that an operation names. */
function pagesTo(op: Operation): number {
  const range = (place: number): number => pageOf(addressAt(op, place)) + numberAt(op, place + 1);
  switch (op.name) {
    case 'cr':
      return pageOf(addressAt(op, 0)) + numberAt(op, 1) * numberAt(op, 2, 1);
    case 'cw':
      return pageOf(addressAt(op, 0)) + numberAt(op, 1) * numberAt(op, 3, 1);
    case 'mresize':
      return pageOf(addressAt(op, 0)) + Math.max(numberAt(op, 1), numberAt(op, 2));
    case 'mremap':
      return Math.max(range(0), range(2));
    default:
      return Math.max(0, ...op.args.flatMap((word, place) => (typeof word === 'bigint' ? [range(place)] : [])));
  }
}

function needsOf({ given, columns, ends }: Program): Needs {
  const later = columns.flatMap(({ operations }) => operations);
  const all = [...given.map(({ operation }) => operation), ...later, ...ends.map(({ operation }) => operation)];
  const named = (name: string): Operation[] => all.filter((op) => op.name === name);
  const most = (numbers: readonly number[]): number => Math.max(0, ...numbers);
  return {
    pages: most(all.map(pagesTo)),
    filePages: named('file').reduce((sum, op) => sum + numberAt(op, 1), 0),
    devices: most(named('open').map((op) => Math.min(4, numberAt(op, 1) + 1))),
    mirrors: named('open').length,
    processes: 1 + named('fork').length,
    hasHuge: all.some(isHuge),
    hasSwap: all.some(isSwapped),
    held: [...named('pin'), ...named('ltpin')].reduce(
      (sum, op) => sum + (op.args.length > 2 ? numberAt(op, 2) : numberAt(op, 1)),
      0,
    ),
    // What is opened takes the slot of what another one has opened there meanwhile.
    closes: later.some(({ name }) => ['close', 'unbind', 'exit', 'file', 'open'].includes(name)),
  };
}

/** A machine as another thread is told of it: its arena is shared, its driver is loaded there. */
export type MachineParts = Omit<Machine, 'arena' | 'driver'>;

export function partsOf({ arena: _, driver: __, ...parts }: Machine): MachineParts {
  return parts;
}

/** The machine, and who sets it up. */
export interface Booted {
  readonly machine: Machine;
  readonly task: Task;
}

/** A task of the actor with this number; the one after the last sets up. Flushes know of its TLB from now on. */
export function taskOf(arena: Arena, actor: number): Task {
  const task = new Task(arena, actor, { park: parkAlone, clock: () => 0 });
  store(arena, task.actor + Actor.state, ActorState.running);
  return task;
}

/** @throws UsageError when the program names more than such a machine has, or an option is none of the driver's. */
export function boot(program: Program, driver: Driver, settings: DriverSettings): Booted {
  const needs = needsOf(program);
  if (needs.pages > MOST_PAGES)
    throw new UsageError(`the program names page ${needs.pages - 1}, the last one is ${MOST_PAGES - 1}`);
  const actors = program.columns.length;
  const driverId = registerDriver(driver);
  const driverWords = optionWords(driver, { ...usualSettings(driver), ...settings });
  const ofMirror = mirrorNeeds(driver, driverWords, Math.max(1, needs.pages));
  const tables = Math.ceil(needs.pages / PTRS_PER_TABLE) + 4;
  const hugePages = needs.hasHuge ? 2 + needs.processes + Math.ceil(needs.pages / PTRS_PER_TABLE) : 0;
  const deviceMemory = needs.hasHuge ? 3 * PTRS_PER_TABLE : Math.max(4, Math.min(64, 2 * needs.pages + 2));
  const small = needs.hasHuge ? needs.pages : 0;
  const arena = createArena({
    systemPages:
      ZERO_PFN +
      8 +
      3 * actors +
      2 * needs.processes * Math.min(needs.pages, 8) +
      small +
      needs.filePages +
      hugePages * PTRS_PER_TABLE,
    hugePages,
    devicePages: deviceMemory,
    devices: needs.devices,
    tables:
      6 +
      needs.processes * tables * (needs.hasHuge ? 2 : 1) +
      (tables + ofMirror.tables) * needs.mirrors +
      Math.ceil(needs.filePages / 8) +
      actors,
    actors: actors + 1,
    mms: needs.processes + 1,
    vmas: 8 + 6 * needs.processes,
    mirrors: needs.mirrors + 1,
    // One more for each fault under way.
    intervals: needs.mirrors * ofMirror.intervals + actors + 3,
    frameWords: 16,
    swapSlots: needs.hasSwap ? Math.min(64, 2 * needs.pages * needs.processes) : 0,
    processes: needs.processes,
    heldPages: needs.held + 1,
  });
  setKernel(arena, driver, settings);
  const task = taskOf(arena, actors);
  processAlloc(arena, 0, mmAlloc(arena));
  const kinds = Array.from({ length: needs.devices }, (_, device) => ({
    type: device < FIRST_COHERENT ? MEMORY_DEVICE_PRIVATE : MEMORY_DEVICE_COHERENT,
    owner: device + 1,
    ops: driverId,
    dma: driver.dma === true,
  }));
  const devices = needs.devices === 0 ? [] : probeDevices(task, deviceMemory, kinds);
  const machine: Machine = {
    arena,
    driver,
    driverId,
    driverWords,
    devices,
    base: FIRST,
    end: FIRST + MOST_PAGES,
    isFixed: !needs.closes,
    missing: [],
  };
  return { machine: lasts(arena, machine), task };
}
