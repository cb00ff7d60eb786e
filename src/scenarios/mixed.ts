/** The mixed scenario: one address space, a device or more, everybody at everything. Set-up, checks and tear-down. */

import { store } from '../arena/access.ts';
import { type Arena, createArena } from '../arena/arena.ts';
import { type ArenaConfig, POOL_LIMIT, PTRS_PER_TABLE } from '../arena/config.ts';
import { errnoName } from '../arena/errno.ts';
import { deref, handleOf } from '../arena/pool.ts';
import { Actor, ActorState, type Mirror } from '../arena/structures.ts';
import type { Handle, Vpn } from '../arena/units.ts';
import { type Driver, mirrorNeeds } from '../drivers/base/driver.ts';
import { mirrorAlloc, mirrorFree } from '../drivers/base/mirror.ts';
import { type DriverSettings, optionWords, setKernel, storeOptions } from '../drivers/base/options.ts';
import { probeDevices } from '../drivers/base/probe.ts';
import { registerDriver } from '../drivers/registry.ts';
import { UsageError } from '../input/usageError.ts';
import { MEMORY_DEVICE_PRIVATE } from '../mm/page/devPagemap.ts';
import { deviceDel } from '../mm/page/devres.ts';
import { joinMemcg, memcgAlloc, memcgFree } from '../mm/page/memcg.ts';
import { mmput } from '../mm/syscalls/exit.ts';
import { madvise } from '../mm/syscalls/madvise.ts';
import { mmapAnonymous } from '../mm/syscalls/mmap.ts';
import { swapoff } from '../mm/syscalls/swapoff.ts';
import { mmAlloc } from '../mm/vma/mmStruct.ts';
import { checkCounts } from '../oracles/counts.ts';
import { checkData } from '../oracles/data.ts';
import type { Finding } from '../oracles/finding.ts';
import { checkLeaks } from '../oracles/leaks.ts';
import { Ledger } from '../oracles/ledger.ts';
import { checkLocksFree, checkMirrors } from '../oracles/mirror.ts';
import { checkNotifiers } from '../oracles/notifiers.ts';
import { run } from '../steps/steps.ts';
import { Task } from '../sync/task.ts';
import { parkAlone } from '../sync/wait.ts';

/** First page of the region: low pages stay free, as with mmap_min_addr. */
const BASE = 4096;
/** Pages between the places where disturbers move mappings to; all start as a huge page does. */
const SCRATCH = 64;
const HUGE_SCRATCH = 3 * PTRS_PER_TABLE;

export interface MixedOptions {
  readonly actors: number;
  readonly devices: number;
  readonly disturbers: number;
  readonly pages: number;
  readonly memory: number;
  readonly deviceMemory: number;
  /** Slots of the swap device; 0 for none. */
  readonly swap: number;
  /** There are huge pages, and all memory is advised to have them. */
  readonly huge: boolean;
  readonly driver: Driver;
  readonly driverSettings: DriverSettings;
}

/** What the actors need to find their way; handles and numbers only, so that it crosses threads. */
export interface MixedPlaces {
  readonly mm: Handle<'mm'>;
  readonly mirrors: readonly Handle<'mirror'>[];
  readonly base: Vpn;
  readonly pages: number;
  readonly stable: number;
  readonly scratch: Vpn;
  /** Pages between the scratch places of two disturbers. */
  readonly scratchPages: number;
}

export interface MixedScenario {
  readonly arena: Arena;
  readonly ledger: Ledger;
  readonly places: MixedPlaces;
  /** Everything that must hold while all actors stand still. */
  readonly check: () => Finding[];
  /** Tears everything down, with all actors gone, and reports what is left. */
  readonly finish: () => Finding[];
}

const upToHuge = (pages: number): number => Math.ceil(pages / PTRS_PER_TABLE) * PTRS_PER_TABLE;

const scratchPages = ({ huge }: MixedOptions): number => (huge ? HUGE_SCRATCH : SCRATCH);

/** Half of the region; where there are huge pages, the half ends where one does, if it can. */
const stablePages = ({ pages, huge }: MixedOptions): number => (huge ? upToHuge(pages >> 1) % pages : pages >> 1);

export const scratchOf = (places: MixedPlaces, disturber: number): Vpn => places.scratch + disturber * places.scratchPages;

function sizes(options: MixedOptions, words: readonly number[]): Partial<ArenaConfig> {
  const { actors, devices, disturbers, pages } = options;
  const spaces = 1 + disturbers;
  const scratch = Math.ceil((disturbers * scratchPages(options)) / PTRS_PER_TABLE);
  const span = Math.ceil(pages / PTRS_PER_TABLE) + 3 + disturbers + scratch;
  const needs = mirrorNeeds(options.driver, words, pages);
  return {
    systemPages: options.memory,
    hugePages: options.huge ? Math.floor(options.memory / 2 / PTRS_PER_TABLE) : 0,
    devicePages: options.deviceMemory,
    devices,
    swapSlots: options.swap,
    memcgs: 1,
    actors: actors + 1,
    mms: spaces + 1,
    // A mapping a page in each space at worst; a fork that finds no room fails, as it may.
    vmas: Math.min(POOL_LIMIT, spaces * (pages + 64 + 4 * disturbers)),
    tables: 1 + (spaces + devices) * (2 * span + 4) + devices * needs.tables,
    mirrors: Math.max(1, devices),
    // One more for each fault under way.
    intervals: devices * (needs.intervals + 3) + actors + 8,
  };
}

/** Why a driver does not open, null when it does. */
function tryOpen(driver: Driver, task: Task, mirror: Mirror): string | null {
  try {
    const error = run(driver.open(task, mirror));
    return error === 0 ? null : errnoName(error);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Builds the scenario. The last actor number belongs to the thread that calls this: it sets up, checks and tears down. */
export function mixedScenario(options: MixedOptions): MixedScenario {
  const { driver } = options;
  const words = optionWords(driver, options.driverSettings);
  const arena = createArena(sizes(options, words));
  setKernel(arena, driver, options.driverSettings);
  const checker = new Task(arena, options.actors, { park: parkAlone });
  store(arena, checker.actor + Actor.state, ActorState.running);
  const mm = mmAlloc(arena);
  const memcg = memcgAlloc(arena, 0);
  joinMemcg(arena, mm, memcg);
  run(mmapAnonymous(checker, mm, BASE, options.pages));
  if (options.huge) run(madvise(checker, mm, BASE, options.pages, 'hugepage'));
  const id = registerDriver(driver);
  const kinds = Array.from({ length: options.devices }, (_, i) => ({
    type: MEMORY_DEVICE_PRIVATE,
    owner: i + 1,
    ops: id,
    dma: driver.dma === true,
  }));
  const devices = probeDevices(checker, options.deviceMemory, kinds);
  const mirrors = devices.map(({ pgmap }, i) => {
    const mirror = mirrorAlloc(arena, { driver: id, mm, pgmap, device: i + 1 });
    storeOptions(arena, mirror, words);
    const error = tryOpen(driver, checker, mirror);
    if (error !== null) throw new UsageError(`driver ${driver.name} does not open: ${error}`);
    return handleOf(arena, arena.pools.mirror, mirror);
  });
  const ledger = new Ledger(options.pages, options.actors);
  const stable = stablePages(options);
  const places: MixedPlaces = {
    mm: handleOf(arena, arena.pools.mm, mm),
    mirrors,
    base: BASE,
    pages: options.pages,
    stable,
    scratch: BASE + (options.huge ? upToHuge(options.pages) + HUGE_SCRATCH : options.pages + SCRATCH),
    scratchPages: scratchPages(options),
  };
  // The checker looks on; it has no TLB that others must flush.
  store(arena, checker.actor + Actor.state, ActorState.absent);
  const check = (): Finding[] => [
    ...checkLocksFree(arena),
    ...checkNotifiers(arena),
    ...checkCounts(arena),
    ...checkMirrors(arena),
    ...checkData(arena, mm, BASE, ledger, stable),
  ];
  const finish = (): Finding[] => {
    for (const handle of mirrors) run(driver.close(checker, deref(arena, arena.pools.mirror, handle)));
    run(mmput(checker, mm));
    for (const handle of mirrors) mirrorFree(arena, deref(arena, arena.pools.mirror, handle));
    for (const { device } of devices) run(deviceDel(checker, device));
    // What nobody came back for.
    run(swapoff(checker));
    memcgFree(arena, memcg);
    return checkLeaks(arena);
  };
  return { arena, ledger, places, check, finish };
}
