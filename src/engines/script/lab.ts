/** The interactive laboratory: a machine, and actors on threads of their own that do what you tell them. */
import { store } from '../../arena/access.ts';
import { type Arena, buffersOf, createArena } from '../../arena/arena.ts';
import { type ArenaConfig, CONFIG_KEYS } from '../../arena/config.ts';
import { deref, handleOf } from '../../arena/pool.ts';
import { Actor, ActorState, Mm, Pgmap } from '../../arena/structures.ts';
import type { Driver } from '../../drivers/base/driver.ts';
import { mirrorAlloc, mirrorFree, mirrorPgmap } from '../../drivers/base/mirror.ts';
import { type DriverSettings, optionWords, storeOptions } from '../../drivers/base/options.ts';
import { probeDevice } from '../../drivers/base/probe.ts';
import { registerDriver } from '../../drivers/registry.ts';
import { unknown } from '../../input/unknownName.ts';
import { UsageError } from '../../input/usageError.ts';
import { MEMORY_DEVICE_PRIVATE } from '../../mm/page/devPagemap.ts';
import { type DeviceHandle, deviceDel } from '../../mm/page/devres.ts';
import { mmput } from '../../mm/syscalls/exit.ts';
import { mmAlloc } from '../../mm/vma/mmStruct.ts';
import { checkCounts } from '../../oracles/counts.ts';
import type { Finding } from '../../oracles/finding.ts';
import { checkLeaks } from '../../oracles/leaks.ts';
import { checkLocksFree, checkMirrors } from '../../oracles/mirror.ts';
import { checkNotifiers } from '../../oracles/notifiers.ts';
import { workerUrl } from '../../package/workerUrl.ts';
import { run } from '../../steps/steps.ts';
import { sleepThread } from '../../sync/sleep.ts';
import { Task } from '../../sync/task.ts';
import { parkThread } from '../../sync/wait.ts';
import { importDriver } from '../../userModules/importDriver.ts';
import { spawnThread, type Thread } from '../shared/thread.ts';
import type { AddressSpace, Device } from './places.ts';
import type { Access, Scripted } from './scripted.ts';

export interface LabOptions {
  /** Sizes of the machine; what is absent has its default (1024 system pages, 256 pages a device, 2 devices, 16 actors). */
  readonly sizes?: Partial<ArenaConfig>;
  /** Drivers by name or module URL. Default: `dmirror`. */
  readonly drivers?: readonly string[];
}

type Remote = Thread<Scripted>;

/** A CPU thread in one address space. Addresses are bytes; words are 32 bits. Every call rejects when the thread dies. */
export class CpuActor {
  readonly space: AddressSpace;
  readonly #thread: Remote;

  constructor(thread: Remote, space: AddressSpace) {
    this.#thread = thread;
    this.space = space;
  }

  /** Maps `pages` pages and returns their address. */
  mmap(pages: number, at?: number, access?: Access): Promise<number> {
    return this.#thread.call((s) => s.mmap(this.space, pages, at, access));
  }
  munmap(address: number, pages: number): Promise<void> {
    return this.#thread.call((s) => s.munmap(this.space, address, pages));
  }
  mprotect(address: number, pages: number, access: Access): Promise<void> {
    return this.#thread.call((s) => s.mprotect(this.space, address, pages, access));
  }
  /** MADV_DONTNEED. */
  discard(address: number, pages: number): Promise<void> {
    return this.#thread.call((s) => s.discard(this.space, address, pages));
  }
  mremap(from: number, pages: number, to: number): Promise<number> {
    return this.#thread.call((s) => s.mremap(this.space, from, pages, to));
  }
  /** The child's address space; make an actor for it with `lab.cpu(child)`, and end it with `exit`. */
  fork(): Promise<AddressSpace> {
    return this.#thread.call((s) => s.fork(this.space));
  }
  /** Ends an address space, by default the actor's own. */
  exit(space: AddressSpace = this.space): Promise<void> {
    return this.#thread.call((s) => s.exit(space));
  }
  read(address: number): Promise<number> {
    return this.#thread.call((s) => s.read(this.space, address));
  }
  write(address: number, value: number): Promise<void> {
    return this.#thread.call((s) => s.write(this.space, address, value));
  }
  increment(address: number): Promise<number> {
    return this.#thread.call((s) => s.increment(this.space, address));
  }
}

/** A device engine and a thread in its driver. */
export class DeviceActor {
  readonly device: Device;
  readonly #thread: Remote;

  constructor(thread: Remote, device: Device) {
    this.#thread = thread;
    this.device = device;
  }

  /** The word at `address`, and the same word of the pages that follow. */
  read(address: number, pages = 1): Promise<number[]> {
    return this.#thread.call((s) => s.deviceRead(this.device, address, pages));
  }
  write(address: number, value: number): Promise<void> {
    return this.#thread.call((s) => s.deviceWrite(this.device, address, value));
  }
  /** Atomic, through a device-exclusive mapping. */
  increment(address: number): Promise<number> {
    return this.#thread.call((s) => s.deviceIncrement(this.device, address));
  }
  /** How many pages moved. */
  migrate(address: number, pages: number, to: 'device' | 'system' = 'device'): Promise<number> {
    return this.#thread.call((s) => s.deviceMigrate(this.device, address, pages, to));
  }
  evict(): Promise<number> {
    return this.#thread.call((s) => s.deviceEvict(this.device));
  }
  /** One byte a page: what the CPU page table holds there. */
  snapshot(address: number, pages: number): Promise<Uint8Array> {
    return this.#thread.call((s) => s.deviceSnapshot(this.device, address, pages));
  }
}

/**
 * A machine with its address spaces, devices and actors. Own it with `await using`: disposal ends every thread.
 *
 *     await using lab = await Lab.create();
 *     const space = lab.addressSpace();
 *     const cpu = await lab.cpu(space);
 *     const device = await lab.device(space);
 *     const at = await cpu.mmap(4);
 *     await cpu.write(at, 42);
 *     await device.migrate(at, 4);
 *     await device.read(at); // [42]
 */
export class Lab implements AsyncDisposable {
  readonly arena: Arena;
  readonly #task: Task;
  readonly #drivers: ReadonlyMap<string, Driver>;
  readonly #threads: Remote[] = [];
  readonly #devices: { readonly device: Device; readonly driver: Driver; readonly probed: DeviceHandle }[] = [];

  private constructor(arena: Arena, task: Task, drivers: ReadonlyMap<string, Driver>) {
    this.arena = arena;
    this.#task = task;
    this.#drivers = drivers;
  }

  /** @throws UsageError when a size or a driver is impossible. */
  static async create({ sizes = {}, drivers = ['dmirror'] }: LabOptions = {}): Promise<Lab> {
    const stray = Object.keys(sizes).find((size) => !(CONFIG_KEYS as readonly string[]).includes(size));
    if (stray !== undefined) throw unknown('size', stray, CONFIG_KEYS, `a lab has ${CONFIG_KEYS.join(', ')}`);
    const loaded = new Map<string, Driver>();
    for (const name of drivers) loaded.set(name, await importDriver(name));
    for (const driver of loaded.values()) registerDriver(driver);
    const arena = createArena(sizes);
    const task = new Task(arena, arena.config.actors - 1, { park: parkThread, sleep: sleepThread });
    return new Lab(arena, task, loaded);
  }

  /** A new, empty address space with one user. */
  addressSpace(): AddressSpace {
    const mm = mmAlloc(this.arena);
    if (mm === 0) throw new UsageError(`no room for another address space: this lab has ${this.arena.config.mms}`);
    return { mm: handleOf(this.arena, this.arena.pools.mm, mm) };
  }

  async #thread(): Promise<Remote> {
    const id = this.#threads.length;
    if (id >= this.arena.config.actors - 1) throw new UsageError(`no room for another actor: this lab has ${id}`);
    const start = {
      buffers: buffersOf(this.arena),
      id,
      drivers: [...this.#drivers].map(([name, driver]) => [name, registerDriver(driver)] as const),
    };
    const thread = spawnThread<Scripted>(workerUrl('scripted'), { start });
    this.#threads.push(thread);
    return thread;
  }

  /** A CPU thread, running in `space`. */
  async cpu(space: AddressSpace): Promise<CpuActor> {
    return new CpuActor(await this.#thread(), space);
  }

  /**
   * A device with memory of its own that mirrors `space`, and a thread that drives it.
   *
   * @throws UsageError for an unknown driver or option, or when the machine has no room for another device.
   */
  async device(space: AddressSpace, driverName = 'dmirror', settings: DriverSettings = {}): Promise<DeviceActor> {
    const driver = this.#drivers.get(driverName);
    if (driver === undefined) throw new UsageError(`driver '${driverName}' was not given to Lab.create`);
    const words = optionWords(driver, settings);
    const { arena } = this;
    const { devicePages, devices } = arena.config;
    const number = this.#devices.length;
    if (number >= devices) throw new UsageError(`no room for another device: this lab has ${devices}`);
    const ops = registerDriver(driver);
    const memory = { type: MEMORY_DEVICE_PRIVATE, owner: number + 1, ops, dma: driver.dma === true };
    const { device: probed, pgmap } = probeDevice(this.#task, devicePages, memory);
    const mm = deref(arena, arena.pools.mm, space.mm);
    const mirror = mirrorAlloc(arena, { driver: ops, mm, pgmap, device: number + 1 });
    storeOptions(arena, mirror, words);
    const error = run(driver.open(this.#task, mirror));
    if (error !== 0) throw new UsageError(`driver ${driverName} does not open: ${error}`);
    const device: Device = { mirror: handleOf(arena, arena.pools.mirror, mirror), driver: driverName };
    this.#devices.push({ device, driver, probed });
    return new DeviceActor(await this.#thread(), device);
  }

  /** Pages of system memory an address space has (rss), as a quick look. */
  rss({ mm }: AddressSpace): number {
    return Atomics.load(this.arena.words, deref(this.arena, this.arena.pools.mm, mm) + Mm.rssAnon);
  }

  /** Pages of a device in use. */
  devicePages({ device }: DeviceActor): number {
    const pgmap = mirrorPgmap(this.arena, deref(this.arena, this.arena.pools.mirror, device.mirror));
    return ((this.arena.words[pgmap + Pgmap.allocated] as number) - (this.arena.words[pgmap + Pgmap.freed] as number)) | 0;
  }

  /** Runs every oracle that needs no history. Only while no call is under way. */
  check(): Finding[] {
    const { arena } = this;
    return [...checkLocksFree(arena), ...checkNotifiers(arena), ...checkCounts(arena), ...checkMirrors(arena)];
  }

  /**
   * Ends devices and the given address spaces in good order and reports what is left behind. Forked children must have been
   * ended before.
   */
  async close(...spaces: readonly AddressSpace[]): Promise<Finding[]> {
    const { arena } = this;
    for (const thread of this.#threads) await thread.call((s) => s.leave());
    store(arena, this.#task.actor + Actor.state, ActorState.running);
    for (const { device, driver } of this.#devices)
      run(driver.close(this.#task, deref(arena, arena.pools.mirror, device.mirror)));
    for (const { mm } of spaces) run(mmput(this.#task, deref(arena, arena.pools.mm, mm)));
    for (const { device, probed } of this.#devices.splice(0)) {
      mirrorFree(arena, deref(arena, arena.pools.mirror, device.mirror));
      run(deviceDel(this.#task, probed));
    }
    return checkLeaks(arena);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.splice(0).map((thread) => thread[Symbol.asyncDispose]()));
  }
}
