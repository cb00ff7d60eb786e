/** The machine of the explored scenarios: an address space of a few pages, a device or two, frames of 16 words. */

import { get, store } from '../../arena/access.ts';
import { type Arena, createArena } from '../../arena/arena.ts';
import { PTRS_PER_TABLE, ZERO_PFN } from '../../arena/config.ts';
import { Actor, ActorState, Mirror, type Mm } from '../../arena/structures.ts';
import type { PageNumber } from '../../arena/units.ts';
import { type Driver, type MirrorNeeds, mirrorNeeds } from '../../drivers/base/driver.ts';
import { mirrorAlloc, mirrorPgmap } from '../../drivers/base/mirror.ts';
import { type DriverSettings, optionWords, setKernel, storeOptions } from '../../drivers/base/options.ts';
import { type Probed, probeDevices } from '../../drivers/base/probe.ts';
import { dmirror } from '../../drivers/dmirror/index.ts';
import { registerDriver } from '../../drivers/registry.ts';
import { UsageError } from '../../input/usageError.ts';
import { cpuStore } from '../../mm/fault/cpuAccess.ts';
import { MEMORY_DEVICE_COHERENT, MEMORY_DEVICE_PRIVATE } from '../../mm/page/devPagemap.ts';
import type { DeviceHandle } from '../../mm/page/devres.ts';
import { joinMemcg, memcgAlloc } from '../../mm/page/memcg.ts';
import { mmapAnonymous } from '../../mm/syscalls/mmap.ts';
import { mmAlloc } from '../../mm/vma/mmStruct.ts';
import { contentsAt } from '../../oracles/contents.ts';
import { checkCounts } from '../../oracles/counts.ts';
import type { Finding } from '../../oracles/finding.ts';
import { checkLocksFree, checkMirrors } from '../../oracles/mirror.ts';
import { checkNotifiers } from '../../oracles/notifiers.ts';
import { run } from '../../steps/steps.ts';
import { Task } from '../../sync/task.ts';
import { parkAlone } from '../../sync/wait.ts';
import { lasts } from './lasting.ts';

export interface SmallOptions {
  /** Actors of the scenario; one more task sets up. */
  readonly actors: number;
  /** Pages mapped at {@link FIRST}. */
  readonly pages?: number;
  readonly devices?: number;
  /** Page frames of each device. */
  readonly deviceMemory?: number;
  /** Huge pages of system memory, the huge zero page among them; without it there are none. */
  readonly hugePages?: number;
  /** Can a CPU map the devices' memory? */
  readonly coherent?: boolean;
  /** Slots of the swap device; without it there is none. */
  readonly swapSlots?: number;
  /** The process is in a memory cgroup with this limit in pages, 0 for none; without it there are no cgroups. */
  readonly memoryMax?: number;
  readonly driver?: Driver;
  readonly settings?: DriverSettings;
  /** Driver of one more device, the last one, with its defaults. */
  readonly beside?: Driver;
}

export interface SmallMachine {
  readonly arena: Arena;
  /** For the set-up, not for the actors. */
  readonly task: Task;
  readonly mm: Mm;
  readonly driver: Driver;
  /** Of each device. */
  readonly drivers: readonly Driver[];
  readonly mirrors: readonly Mirror[];
  /** Handles of the devices, in the order of their mirrors. */
  readonly devices: readonly DeviceHandle[];
  /** Everything that must hold at the end. */
  readonly check: () => Finding[];
}

/** First mapped page: its tables are its own. */
export const FIRST = 512;

/**
 * Most of what numeric options may be, as far as a driver has them: few pages at once, so that a walk has few steps; and no time
 * slice, as time stands still for an explorer.
 */
const few: DriverSettings = { window: '2', granule: '2', piece: '1', timesliceUs: '0' };

/** Options of a driver on this machine. The in-tree test driver lets its device work under the update lock, as its ioctls do. */
export function usualSettings(driver: Driver): DriverSettings {
  const { options } = driver;
  const capped = Object.entries(few).filter(([name, pages]) => (options[name]?.number?.default ?? 0) > Number(pages));
  return { ...Object.fromEntries(capped), ...(driver === dmirror ? { engine: 'mutex' } : {}) };
}

/** Builds the machine. */
export function smallMachine(options: SmallOptions): SmallMachine {
  const {
    actors,
    pages = 2,
    devices = 1,
    deviceMemory = 4,
    hugePages = 0,
    swapSlots = 0,
    memoryMax,
    driver = dmirror,
    settings = {},
    beside,
  } = options;
  const kinds = [
    ...Array.from({ length: devices }, () => ({ driver, words: optionWords(driver, { ...usualSettings(driver), ...settings }) })),
    ...(beside === undefined ? [] : [{ driver: beside, words: optionWords(beside, usualSettings(beside)) }]),
  ];
  const needs = kinds.map((kind) => mirrorNeeds(kind.driver, kind.words, pages));
  const total = (of: (need: MirrorNeeds) => number): number => needs.reduce((sum, need) => sum + of(need), 0);
  // Last-level tables beside the first one: for each of three processes, and for each device.
  const more = Math.ceil(pages / PTRS_PER_TABLE) - 1;
  const arena = createArena({
    // A few single pages; where there are huge ones, enough for the pieces of one.
    systemPages: ZERO_PFN + 13 + (hugePages === 0 ? 0 : 1 + hugePages) * PTRS_PER_TABLE,
    hugePages,
    devicePages: deviceMemory,
    devices: kinds.length,
    tables: 22 + 3 * more + (4 + more) * kinds.length + total(({ tables }) => tables),
    actors: actors + 1,
    mms: 3,
    vmas: 12,
    mirrors: kinds.length + 1,
    // One more for each fault under way.
    intervals: total(({ intervals }) => intervals) + actors + 3,
    frameWords: 16,
    swapSlots,
    memcgs: memoryMax === undefined ? 0 : 1,
  });
  setKernel(arena, driver, settings);
  const task = new Task(arena, actors, { park: parkAlone, clock: () => 0 });
  store(arena, task.actor + Actor.state, ActorState.running);
  const mm = mmAlloc(arena);
  if (memoryMax !== undefined) joinMemcg(arena, mm, memcgAlloc(arena, memoryMax));
  run(mmapAnonymous(task, mm, FIRST, pages));
  const type = options.coherent === true ? MEMORY_DEVICE_COHERENT : MEMORY_DEVICE_PRIVATE;
  const memories = kinds.map((kind, i) => ({
    type,
    owner: i + 1,
    ops: registerDriver(kind.driver),
    dma: kind.driver.dma === true,
  }));
  const probed = probeDevices(task, deviceMemory, memories);
  const mirrors = kinds.map((kind, i) => {
    const { pgmap } = probed[i] as Probed;
    const mirror = mirrorAlloc(arena, { driver: registerDriver(kind.driver), mm, pgmap, device: i + 1 });
    storeOptions(arena, mirror, kind.words);
    const error = run(kind.driver.open(task, mirror));
    if (error !== 0) throw new UsageError(`driver ${kind.driver.name} does not open: ${error}`);
    return mirror;
  });
  const check = (): Finding[] => [
    ...checkLocksFree(arena),
    ...checkNotifiers(arena),
    ...checkCounts(arena),
    ...checkMirrors(arena),
  ];
  const drivers = kinds.map((kind) => kind.driver);
  return lasts(arena, { arena, task, mm, driver, drivers, mirrors, devices: probed.map(({ device }) => device), check });
}

/** One more mirror of `mm`, of a device without memory; not opened. */
export function addMirror({ arena, driver, mirrors }: SmallMachine, mm: Mm, settings: DriverSettings = {}): number {
  const mirror = mirrorAlloc(arena, { driver: registerDriver(driver), mm, pgmap: 0, device: mirrors.length + 1 });
  storeOptions(arena, mirror, optionWords(driver, { ...usualSettings(driver), ...settings }));
  return mirror;
}

/** One more mirror of the process on the first device, as if its file had been opened twice; not opened. */
export function addFile({ arena, driver, mm, mirrors }: SmallMachine): number {
  const first = mirrors[0] as Mirror;
  const device = get(arena, first + Mirror.device);
  const mirror = mirrorAlloc(arena, { driver: registerDriver(driver), mm, pgmap: mirrorPgmap(arena, first), device });
  const places = Object.keys(driver.options).keys();
  const words = [...places].map((place) => get(arena, first + Mirror.options + place));
  storeOptions(arena, mirror, words);
  return mirror;
}

/** Lets the CPU write `value` into the first word of a page of the region. */
export function fillPage({ task, mm }: SmallMachine, page: PageNumber, value: number): void {
  run(cpuStore(task, mm, FIRST + page, 0, value));
}

/** The first word of a page as the page table or its swap slot has it at the end; 0 where nothing is mapped. Looks, and changes nothing. */
export function readPage({ arena, mm }: SmallMachine, page: PageNumber): number {
  const at = contentsAt(arena, mm, FIRST + page);
  return at < 0 ? 0 : (arena.frames[at] as number);
}

/** The set-up is over: its task has no translations that others must flush. */
export function endSetup({ arena, task }: SmallMachine): void {
  store(arena, task.actor + Actor.state, ActorState.absent);
}
