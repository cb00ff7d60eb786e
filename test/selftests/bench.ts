/** What the self-tests need of a machine: processes with files and memory, a device by number, and words of assertion. */
import assert from 'node:assert/strict';
import { load, store } from '../../src/arena/access.ts';
import { type Arena, createArena } from '../../src/arena/arena.ts';
import { errnoName } from '../../src/arena/errno.ts';
import { Actor, ActorState, Header } from '../../src/arena/structures.ts';
import { mirrorAlloc, mirrorFree } from '../../src/drivers/base/mirror.ts';
import { type DriverSettings, optionWords, storeOptions } from '../../src/drivers/base/options.ts';
import type { CommandResult } from '../../src/drivers/dmirror/commands.ts';
import { dmirror } from '../../src/drivers/dmirror/index.ts';
import { registerDriver } from '../../src/drivers/registry.ts';
import { cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { MEMORY_DEVICE_COHERENT, MEMORY_DEVICE_PRIVATE, memremapPages } from '../../src/mm/page/devPagemap.ts';
import { mmput } from '../../src/mm/syscalls/exit.ts';
import { forkMm } from '../../src/mm/syscalls/fork.ts';
import { mmapAnonymous, munmap } from '../../src/mm/syscalls/mmap.ts';
import { mprotect } from '../../src/mm/syscalls/mprotect.ts';
import { mmAlloc } from '../../src/mm/vma/mmStruct.ts';
import { VM_READ, VM_WRITE } from '../../src/mm/vma/vma.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { Task } from '../../src/sync/task.ts';
import { parkAlone, waitWhile, wake } from '../../src/sync/wait.ts';

export type Kind = 'private' | 'coherent';

/** How large a case is. The ratios hold at every size: more than two batches and two windows, and a remainder where it matters. */
export interface Size {
  /** HMM_BUFFER_SIZE in pages. */
  readonly buf: number;
  /** NTIMES. */
  readonly times: number;
  readonly batch: number;
  readonly window: number;
  readonly frameWords: number;
  /** All inner repetitions of the tests that have some, or one of each kind. */
  readonly rounds: 'all' | 'few';
}

/** As in the kernel's test, but for the frames: 16 words stand for 1024. */
export const FULL: Size = { buf: 1024, times: 10, batch: 512, window: 32, frameWords: 16, rounds: 'all' };
/** For the explorer, where every step counts. */
export const SMALL: Size = { buf: 9, times: 2, batch: 4, window: 4, frameWords: 2, rounds: 'few' };

export const PMD = 512;
export const RW = VM_READ | VM_WRITE;

export interface Machine {
  readonly arena: Arena;
  readonly size: Size;
  /** Tasks 0 and 1 act in the cases, the last one sets up. */
  readonly setup: Task;
  readonly driver: number;
  readonly pgmaps: readonly number[];
  readonly mm: number;
  readonly settings: DriverSettings;
}

const DEVICES = 4;
export const ACTORS = 3;

/** Devices 0 and 1 have private memory, 2 and 3 coherent. */
export function bootMachine(size: Size, huge: boolean, settings: DriverSettings = {}): Machine {
  const hugePages = huge ? 24 : 0;
  // Where a huge page cannot be had, small ones take its place.
  const systemPages = 4 * size.buf + 64 + PMD * (hugePages + (huge ? 5 : 0));
  const devicePages = 2 * size.buf + (huge ? 6 * PMD : 0);
  const arena = createArena({
    systemPages,
    hugePages,
    devicePages,
    devices: DEVICES,
    tables: 192,
    actors: ACTORS + 1,
    mms: 6,
    vmas: 48,
    mirrors: 8,
    intervals: 16,
    frameWords: size.frameWords,
  });
  const setup = new Task(arena, ACTORS, { park: parkAlone, clock: () => 0 });
  store(arena, setup.actor + Actor.state, ActorState.running);
  const driver = registerDriver(dmirror);
  const pgmaps = Array.from({ length: DEVICES }, (_, device) =>
    memremapPages(arena, {
      type: device < 2 ? MEMORY_DEVICE_PRIVATE : MEMORY_DEVICE_COHERENT,
      owner: device + 1,
      ops: driver,
      start: systemPages + device * devicePages,
      pages: devicePages,
    }),
  );
  const mm = mmAlloc(arena);
  return { arena, size, setup, driver, pgmaps, mm, settings };
}

export interface Process {
  readonly mm: number;
}

export interface DeviceFile {
  readonly mirror: number;
}

/** Word i of a buffer. */
export type Pattern = (i: number) => number;
export const P: Pattern = (i) => i;
export const N: Pattern = (i) => -i;
export const Z: Pattern = () => 0;
export const plus =
  (c: number): Pattern =>
  (i) =>
    i + c;

/** How the two threads of a case talk to each other. */
const [ROUND, DONE, WHERE] = [Header.shared, Header.shared + 1, Header.shared + 2];

/** One case under way, in one task. */
export class Bench {
  readonly machine: Machine;
  readonly arena: Arena;
  readonly task: Task;
  readonly kind: Kind;
  readonly size: Size;
  readonly self: Process;
  /** Is there a second thread, for the cases that have one? */
  readonly threaded: boolean;

  constructor(machine: Machine, task: Task, kind: Kind, threaded = false) {
    this.threaded = threaded;
    this.machine = machine;
    this.arena = machine.arena;
    this.task = task;
    this.kind = kind;
    this.size = machine.size;
    this.self = { mm: machine.mm };
  }

  /** Words of a page. */
  get words(): number {
    return this.arena.frameWords;
  }

  /** Opens device `number` of the kind under test; of the other kind with `kind`. */
  *open(process: Process = this.self, number = 0, kind: Kind = this.kind): Steps<DeviceFile> {
    const { driver, pgmaps, settings, size } = this.machine;
    const device = number + (kind === 'private' ? 0 : 2);
    const mirror = mirrorAlloc(this.arena, { driver, mm: process.mm, pgmap: pgmaps[device] as number, device: device + 1 });
    assert.notEqual(mirror, 0, 'a mirror is left');
    const sizes = { window: `${size.window}`, batch: `${size.batch}`, engine: 'mutex' };
    storeOptions(this.arena, mirror, optionWords(dmirror, { ...sizes, ...settings }));
    assert.equal(yield* dmirror.open(this.task, mirror), 0);
    return { mirror };
  }

  *close(file: DeviceFile): Steps<void> {
    yield* dmirror.close(this.task, file.mirror);
    mirrorFree(this.arena, file.mirror);
  }

  /** mmap of anonymous memory wherever there is room. */
  *map(pages: number, flags = RW, process: Process = this.self): Steps<number> {
    const at = yield* mmapAnonymous(this.task, process.mm, -1, pages, flags);
    assert.ok(at >= 0, `mmap: ${errnoName(at)}`);
    return at;
  }

  /** mmap of two PMDs; the first page of the one that lies wholly inside. */
  *mapHuge(flags = RW, pmds = 2): Steps<{ readonly at: number; readonly start: number }> {
    const at = yield* this.map(pmds * PMD, flags);
    return { at, start: Math.ceil(at / PMD) * PMD };
  }

  *unmap(at: number, pages: number, process: Process = this.self): Steps<void> {
    assert.equal(yield* munmap(this.task, process.mm, at, pages), 0);
  }

  *protect(at: number, pages: number, access: number): Steps<void> {
    assert.equal(yield* mprotect(this.task, this.self.mm, at, pages, access), 0);
  }

  *load(at: number, word = 0, process: Process = this.self): Steps<number | null> {
    return yield* cpuLoad(this.task, process.mm, at + Math.floor(word / this.words), word % this.words);
  }

  *store(at: number, word: number, value: number, process: Process = this.self): Steps<void> {
    const error = yield* cpuStore(this.task, process.mm, at + Math.floor(word / this.words), word % this.words, value);
    assert.equal(error, 0, `store to word ${word}`);
  }

  /** Writes words [from, to) of the buffer by CPU. */
  *fill(at: number, pages: number, pattern: Pattern, process: Process = this.self): Steps<void> {
    for (let i = 0; i < pages * this.words; i++) yield* this.store(at, i, pattern(i), process);
  }

  /** Reads every word of the buffer by CPU; `first` is the number of the first one within its pattern. */
  *verify(at: number, pages: number, pattern: Pattern, process: Process = this.self, first = 0): Steps<void> {
    for (let i = 0; i < pages * this.words; i++) {
      const value = yield* this.load(at, i, process);
      if (value !== (pattern(first + i) | 0)) assert.equal(value, pattern(first + i) | 0, `word ${i} as the CPU sees it`);
    }
  }

  /** Words that a WRITE delivers. */
  data(pages: number, pattern: Pattern): Int32Array {
    return Int32Array.from({ length: pages * this.words }, (_, i) => pattern(i));
  }

  /** Lets the second thread go on with what it does in this round, at page `at`. Without one, it is done here and now. */
  *release(round: number, at: number, body: (bench: Bench, at: number) => Steps<void>): Steps<void> {
    if (!this.threaded) {
      yield* body(this, at);
      return;
    }
    store(this.arena, WHERE, at);
    store(this.arena, ROUND, round + 1);
    wake(this.arena, ROUND);
  }

  /** pthread_join. */
  *join(round: number): Steps<void> {
    if (this.threaded) yield* waitWhile(this.task, DONE, round);
  }

  /** The other side: waits for its round, does its part, reports. */
  *follow(round: number, body: (bench: Bench, at: number) => Steps<void>): Steps<void> {
    yield* waitWhile(this.task, ROUND, round);
    yield* body(this, load(this.arena, WHERE));
    store(this.arena, DONE, round + 1);
    wake(this.arena, DONE);
  }

  *fork(process: Process = this.self): Steps<Process> {
    const mm = yield* forkMm(this.task, process.mm);
    assert.ok(mm > 0, `fork: ${errnoName(mm)}`);
    return { mm };
  }

  *exit(process: Process): Steps<void> {
    yield* mmput(this.task, process.mm);
  }
}

/** What a command must give back: 0 or a negative errno; pages and passes where the table says so. */
export function expectResult(result: CommandResult, error: number, cpages?: number, faults?: number): void {
  assert.equal(result.error, error, `ret is ${errnoName(result.error)}`);
  if (error !== 0) return;
  if (cpages !== undefined) assert.equal(result.cpages, cpages, 'cpages');
  if (faults !== undefined) assert.equal(result.faults, faults, 'faults');
}

/** The mirror buffer of a command. */
export function expectWords({ data }: CommandResult, pattern: Pattern): void {
  assert.ok(data instanceof Int32Array);
  const at = data.findIndex((word, i) => word !== (pattern(i) | 0));
  assert.equal(at, -1, `word ${at} of the mirror is ${data[at]}, not ${pattern(at)}`);
}

export const expectBytes = ({ data }: CommandResult, bytes: readonly number[]): void =>
  assert.deepEqual([...(data ?? [])].map(hex), bytes.map(hex));

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
