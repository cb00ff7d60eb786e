/**
 * The retry scenario: devices fault ranges of one address space while others invalidate parts of it, each at a rate. What is
 * measured is the collision-retry loop of the driver. Set-up, checks and tear-down; who does what is in retryActors.ts.
 */

import { store } from '../../arena/access.ts';
import { type Arena, createArena } from '../../arena/arena.ts';
import { type ArenaConfig, POOL_LIMIT, PTRS_PER_TABLE } from '../../arena/config.ts';
import { errnoName } from '../../arena/errno.ts';
import { deref, handleOf } from '../../arena/pool.ts';
import { Actor, ActorState, type Mirror, type Mm, type Pgmap } from '../../arena/structures.ts';
import type { Handle, Vpn } from '../../arena/units.ts';
import { type Driver, mirrorNeeds } from '../../drivers/base/driver.ts';
import { mirrorAlloc, mirrorFree } from '../../drivers/base/mirror.ts';
import { type DriverSettings, optionWords, setKernel, storeOptions } from '../../drivers/base/options.ts';
import { probeDevices } from '../../drivers/base/probe.ts';
import { registerDriver } from '../../drivers/registry.ts';
import { UsageError } from '../../input/usageError.ts';
import { cpuStore } from '../../mm/fault/cpuAccess.ts';
import { MEMORY_DEVICE_PRIVATE } from '../../mm/page/devPagemap.ts';
import { deviceDel } from '../../mm/page/devres.ts';
import { mmput } from '../../mm/syscalls/exit.ts';
import { mmapAnonymous } from '../../mm/syscalls/mmap.ts';
import { mmAlloc } from '../../mm/vma/mmStruct.ts';
import { checkCounts } from '../../oracles/counts.ts';
import type { Finding } from '../../oracles/finding.ts';
import { checkLeaks } from '../../oracles/leaks.ts';
import { checkLocksFree, checkMirrors } from '../../oracles/mirror.ts';
import { checkNotifiers } from '../../oracles/notifiers.ts';
import { run } from '../../steps/steps.ts';
import { Task } from '../../sync/task.ts';
import { parkAlone } from '../../sync/wait.ts';
import { actorCount, blocksAtStart, devicePages, type RetryWorkload } from './retryWorkload.ts';

export interface RetryOptions extends RetryWorkload {
  readonly driver: Driver;
  readonly settings: DriverSettings;
  /** Int32 words a page frame holds. */
  readonly frameWords: number;
}

/** Where things are; numbers only, so that it crosses threads. */
export interface RetryPlaces {
  readonly mm: Handle<'mm'>;
  readonly mirrors: readonly Handle<'mirror'>[];
  /** First page of the region, and of the other one. */
  readonly base: Vpn;
  readonly other: Vpn;
}

export interface RetryScenario {
  readonly arena: Arena;
  readonly places: RetryPlaces;
  readonly driverId: number;
  /** Everything that must hold while nobody is in an operation. */
  readonly check: () => Finding[];
  /** Tears everything down and reports what is left. */
  readonly finish: () => Finding[];
}

/** First page of the region, aligned to the largest notifier block. */
const BASE = 2 ** 17;

/** Sizes of the arena for a workload. */
export function retrySizes(options: RetryOptions): ArenaConfig {
  const { driver, pages, devices, span, target } = options;
  const needs = mirrorNeeds(driver, optionWords(driver, options.settings), pages);
  const actors = actorCount(options, driver);
  const regions = target === 'other' ? 2 : 1;
  const tables = Math.ceil(pages / PTRS_PER_TABLE) + 1;
  return {
    // A fault may hold a new page before an old one is back.
    systemPages: regions * pages + 64 + 4 * actors,
    devicePages: devicePages(options),
    devices,
    actors: actors + 1,
    mms: 2,
    // Every span may have a protection of its own.
    vmas: Math.min(POOL_LIMIT, 16 + regions * (2 * Math.ceil(pages / span) + 4)),
    tables: 8 + regions * tables + 4 + devices * (tables + 4 + needs.tables),
    mirrors: devices,
    // One more for each fault under way.
    intervals: devices * needs.intervals + actors + 8,
    frameWords: options.frameWords,
    hugePages: 0,
    swapSlots: 0,
    memcgs: 0,
    processes: 0,
    heldPages: 0,
  };
}

function openMirror(task: Task, options: RetryOptions, mm: Mm, pgmap: Pgmap, device: number): Handle<'mirror'> {
  const { arena } = task;
  const { driver } = options;
  const mirror = mirrorAlloc(arena, { driver: registerDriver(driver), mm, pgmap, device });
  storeOptions(arena, mirror, optionWords(driver, options.settings));
  const error = run(driver.open(task, mirror));
  if (error !== 0) throw new UsageError(`driver ${driver.name} does not open: ${errnoName(error)}`);
  return handleOf(arena, arena.pools.mirror, mirror);
}

/** A device has been at work for a while: as much as fits is in its memory. */
function fillDevice(task: Task, options: RetryOptions, mirror: Mirror, device: number): void {
  for (const block of blocksAtStart(options, device)) {
    const start = BASE + block * options.range;
    run(options.driver.migrateToDevice(task, mirror, start, start + options.range));
  }
}

/** Builds the scenario, with every page of the regions there. The last actor number sets up, checks and tears down. */
export function retryScenario(options: RetryOptions): RetryScenario {
  const { driver, pages } = options;
  const arena = createArena(retrySizes(options));
  setKernel(arena, driver, options.settings);
  const task = new Task(arena, actorCount(options, driver), { park: parkAlone, clock: () => 0 });
  store(arena, task.actor + Actor.state, ActorState.running);
  const mm = mmAlloc(arena);
  const other = BASE + pages;
  const end = options.target === 'other' ? other + pages : other;
  run(mmapAnonymous(task, mm, BASE, end - BASE));
  for (let vpn = BASE; vpn < end; vpn++) run(cpuStore(task, mm, vpn, 0, vpn));
  const ops = registerDriver(driver);
  const kinds = Array.from({ length: options.devices }, (_, i) => ({
    type: MEMORY_DEVICE_PRIVATE,
    owner: i + 1,
    ops,
    dma: driver.dma === true,
  }));
  const devices = probeDevices(task, arena.config.devicePages, kinds);
  const mirrors = devices.map(({ pgmap }, i) => openMirror(task, options, mm, pgmap, i + 1));
  if (options.access === 'migrate')
    mirrors.forEach((handle, device) => {
      fillDevice(task, options, deref(arena, arena.pools.mirror, handle), device);
    });
  store(arena, task.actor + Actor.state, ActorState.absent);
  const check = (): Finding[] => [
    ...checkLocksFree(arena),
    ...checkNotifiers(arena),
    ...checkCounts(arena),
    ...checkMirrors(arena),
  ];
  const finish = (): Finding[] => {
    const open = mirrors.map((handle) => deref(arena, arena.pools.mirror, handle));
    for (const mirror of open) run(driver.close(task, mirror));
    run(mmput(task, mm));
    for (const mirror of open) mirrorFree(arena, mirror);
    for (const { device } of devices) run(deviceDel(task, device));
    return checkLeaks(arena);
  };
  const places = { mm: handleOf(arena, arena.pools.mm, mm), mirrors, base: BASE, other };
  return { arena, places, driverId: ops, check, finish };
}
