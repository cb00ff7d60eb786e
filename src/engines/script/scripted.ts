/**
 * What a scripted thread can do, one call after another. The object lives in a worker thread; the lab calls it through comlink.
 * A call returns when the operation is done: it may wait for locks other threads hold, as the kernel does.
 */

import { frameAdd, frameLoad, store } from '../../arena/access.ts';
import { type Arena, attachArena } from '../../arena/arena.ts';
import { errnoName } from '../../arena/errno.ts';
import { deref, handleOf } from '../../arena/pool.ts';
import { Actor, ActorState, type Mirror, type Mm } from '../../arena/structures.ts';
import type { Vpn } from '../../arena/units.ts';
import { deviceBegin, deviceEnd, deviceIncrement, deviceStore } from '../../drivers/base/deviceAccess.ts';
import type { Driver } from '../../drivers/base/driver.ts';
import { snapshot } from '../../drivers/dmirror/snapshot.ts';
import { registerDriver } from '../../drivers/registry.ts';
import { cpuBegin, cpuEnd, cpuStore, faultName } from '../../mm/fault/cpuAccess.ts';
import { mmput } from '../../mm/syscalls/exit.ts';
import { forkMm } from '../../mm/syscalls/fork.ts';
import { madviseDontneed } from '../../mm/syscalls/madvise.ts';
import { mmapAnonymous, munmap } from '../../mm/syscalls/mmap.ts';
import { mprotect } from '../../mm/syscalls/mprotect.ts';
import { mremap } from '../../mm/syscalls/mremap.ts';
import { VM_READ, VM_WRITE } from '../../mm/vma/vma.ts';
import { run } from '../../steps/steps.ts';
import { sleepThread } from '../../sync/sleep.ts';
import { Task } from '../../sync/task.ts';
import { parkThread } from '../../sync/wait.ts';
import { importDriver } from '../../userModules/importDriver.ts';
import {
  type AddressSpace,
  addressOf,
  checkPages,
  checkWord,
  type Device,
  ModelError,
  oneOf,
  pageOf,
  type ScriptStart,
  splitAddress,
} from './places.ts';

/** `none`, `read` or `write` (which includes reading). */
export type Access = 'none' | 'read' | 'write';

const accessBits = { none: 0, read: VM_READ, write: VM_READ | VM_WRITE } as const;
const accesses = Object.keys(accessBits) as Access[];

const bitsOf = (access: Access): number => accessBits[oneOf('access', access, accesses)];

/** Passes a result on, or throws it as an error that says what failed. */
function ok(what: string, result: number): number {
  if (result < 0) throw new ModelError(`${what}: ${errnoName(result)}`);
  return result;
}

export class Scripted {
  readonly #arena: Arena;
  readonly #task: Task;
  readonly #drivers: ReadonlyMap<string, Driver>;

  private constructor(arena: Arena, task: Task, drivers: ReadonlyMap<string, Driver>) {
    this.#arena = arena;
    this.#task = task;
    this.#drivers = drivers;
  }

  /** Attaches to a lab's arena as actor `id` and loads its drivers. */
  static async start({ buffers, id, drivers }: ScriptStart): Promise<Scripted> {
    const arena = attachArena(buffers);
    const loaded = new Map<string, Driver>();
    for (const [name, driverId] of drivers) {
      const driver = await importDriver(name);
      registerDriver(driver, driverId);
      loaded.set(name, driver);
    }
    const task = new Task(arena, id, { park: parkThread, sleep: sleepThread });
    store(arena, task.actor + Actor.state, ActorState.running);
    return new Scripted(arena, task, loaded);
  }

  #mm({ mm }: AddressSpace): Mm {
    return deref(this.#arena, this.#arena.pools.mm, mm);
  }

  #device({ mirror, driver }: Device): { readonly mirror: Mirror; readonly driver: Driver } {
    return { mirror: deref(this.#arena, this.#arena.pools.mirror, mirror), driver: this.#drivers.get(driver) as Driver };
  }

  #split(address: number): { readonly vpn: Vpn; readonly word: number } {
    return splitAddress(address, this.#arena.frameWords);
  }

  // As a CPU thread of an address space.

  /** mmap: `pages` pages of anonymous memory, at `at` if given. The address. */
  mmap(space: AddressSpace, pages: number, at = -1, access: Access = 'write'): number {
    const start = at === -1 ? -1 : pageOf(at);
    return addressOf(ok('mmap', run(mmapAnonymous(this.#task, this.#mm(space), start, checkPages(pages), bitsOf(access)))));
  }

  munmap(space: AddressSpace, address: number, pages: number): void {
    ok('munmap', run(munmap(this.#task, this.#mm(space), pageOf(address), checkPages(pages))));
  }

  mprotect(space: AddressSpace, address: number, pages: number, access: Access): void {
    ok('mprotect', run(mprotect(this.#task, this.#mm(space), pageOf(address), checkPages(pages), bitsOf(access))));
  }

  /** madvise(MADV_DONTNEED). */
  discard(space: AddressSpace, address: number, pages: number): void {
    ok('madvise', run(madviseDontneed(this.#task, this.#mm(space), pageOf(address), checkPages(pages))));
  }

  /** mremap(MREMAP_FIXED): moves pages; the new address. */
  mremap(space: AddressSpace, from: number, pages: number, to: number): number {
    return addressOf(
      ok('mremap', run(mremap(this.#task, this.#mm(space), pageOf(from), checkPages(pages), { pages, to: pageOf(to) }))),
    );
  }

  /** fork: the child's address space. */
  fork(space: AddressSpace): AddressSpace {
    return { mm: handleOf(this.#arena, this.#arena.pools.mm, ok('fork', run(forkMm(this.#task, this.#mm(space))))) };
  }

  /** exit: the last user of an address space goes. */
  exit(space: AddressSpace): void {
    run(mmput(this.#task, this.#mm(space)));
  }

  /** Loads the 32-bit word at a byte address. @throws ModelError `read: SIGSEGV` and the like. */
  read(space: AddressSpace, address: number): number {
    const { vpn, word } = this.#split(address);
    const at = run(cpuBegin(this.#task, this.#mm(space), vpn, false));
    if (at < 0) throw new ModelError(`read at ${address}: ${faultName(-at)}`);
    const value = frameLoad(this.#arena, at + word);
    cpuEnd(this.#task);
    return value;
  }

  /** Stores a 32-bit word. */
  write(space: AddressSpace, address: number, value: number): void {
    const { vpn, word } = this.#split(address);
    const error = run(cpuStore(this.#task, this.#mm(space), vpn, word, checkWord(value)));
    if (error < 0) throw new ModelError(`write at ${address}: ${faultName(-error)}`);
  }

  /** A locked add of 1; the new value. */
  increment(space: AddressSpace, address: number): number {
    const { vpn, word } = this.#split(address);
    const at = run(cpuBegin(this.#task, this.#mm(space), vpn, true));
    if (at < 0) throw new ModelError(`increment at ${address}: ${faultName(-at)}`);
    const value = frameAdd(this.#arena, at + word, 1) + 1;
    cpuEnd(this.#task);
    return value;
  }

  // As the engine of a device, or as a thread in its driver.

  /** Reads, by the device, the word at `address` and the same word of the following pages. */
  deviceRead(device: Device, address: number, pages: number): number[] {
    const { mirror, driver } = this.#device(device);
    const { vpn, word } = this.#split(address);
    return Array.from({ length: checkPages(pages) }, (_, i) => {
      const at = ok('device read', run(deviceBegin(this.#task, { driver, mirror }, vpn + i, vpn + pages, 'read')));
      const value = frameLoad(this.#arena, at + word);
      run(deviceEnd(this.#task, { driver, mirror }));
      return value;
    });
  }

  deviceWrite(device: Device, address: number, value: number): void {
    const { mirror, driver } = this.#device(device);
    const { vpn, word } = this.#split(address);
    ok('device write', run(deviceStore(this.#task, { driver, mirror }, vpn, word, checkWord(value))));
  }

  /** An atomic increment by the device: makes the page device-exclusive first. The new value. */
  deviceIncrement(device: Device, address: number): number {
    const { mirror, driver } = this.#device(device);
    const { vpn, word } = this.#split(address);
    return ok('device increment', run(deviceIncrement(this.#task, { driver, mirror }, vpn, word)));
  }

  /** Moves pages to device memory or back. How many moved. */
  deviceMigrate(device: Device, address: number, pages: number, to: 'device' | 'system'): number {
    const { mirror, driver } = this.#device(device);
    const start = pageOf(address);
    const move = oneOf('place', to, ['device', 'system']) === 'device' ? driver.migrateToDevice : driver.migrateToSystem;
    return ok(`migrate to ${to}`, run(move(this.#task, mirror, start, start + checkPages(pages))));
  }

  /** Brings everything on the device home, as far as it can be had. How many pages moved. */
  deviceEvict(device: Device): number {
    const { mirror, driver } = this.#device(device);
    return run(driver.evict(this.#task, mirror));
  }

  /** One byte a page that says what the CPU maps there (PROT_* values of dmirror). */
  deviceSnapshot(device: Device, address: number, pages: number): Uint8Array {
    const { mirror } = this.#device(device);
    const start = pageOf(address);
    const perm = new Uint8Array(checkPages(pages));
    ok('snapshot', run(snapshot(this.#task, mirror, start, start + pages, perm)));
    return perm;
  }

  /** Leaves the lab: from now on nobody waits for this thread's TLB. */
  leave(): void {
    store(this.#arena, this.#task.actor + Actor.state, ActorState.absent);
  }
}
