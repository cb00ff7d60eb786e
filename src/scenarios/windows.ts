/** Scenarios for the race windows of docs/windows.md: two or three actors, an operation or two each. */
import { deviceIncrement, deviceLoad, deviceStore } from '../drivers/deviceAccess.ts';
import type { DriverSettings } from '../drivers/options.ts';
import { cpuLoad, cpuStore } from '../mm/cpuAccess.ts';
import { mmput } from '../mm/exit.ts';
import { forkMm } from '../mm/fork.ts';
import { madviseDontneed } from '../mm/madvise.ts';
import { munmap } from '../mm/mmap.ts';
import { mprotect } from '../mm/mprotect.ts';
import { mremap } from '../mm/mremap.ts';
import { VM_READ } from '../mm/vma.ts';
import type { Finding } from '../oracles/finding.ts';
import { run, type Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import type { Scenario, Script } from './scenario.ts';
import { endSetup, FIRST, fillPage, readPage, type SmallMachine, type SmallOptions, smallMachine } from './smallMachine.ts';

type Operation = (task: Task) => Steps<unknown>;

interface Plan {
  readonly name: string;
  readonly title: string;
  readonly windows: string;
  readonly machine?: Omit<SmallOptions, 'actors'>;
  /** Before the actors begin. */
  readonly setup?: (m: SmallMachine) => void;
  readonly actors: (m: SmallMachine) => Readonly<Record<string, readonly Operation[]>>;
  /** What must hold at the end beside the oracles. */
  readonly check?: (m: SmallMachine) => Finding[];
}

function scenario({ name, title, windows, machine, setup, actors, check }: Plan, settings: DriverSettings = {}): Scenario {
  return {
    name,
    title,
    windows,
    prepare() {
      const names = Object.keys(actors({ arena: null } as unknown as SmallMachine));
      const m = smallMachine({ actors: names.length, ...machine, settings: { ...machine?.settings, ...settings } });
      setup?.(m);
      endSetup(m);
      const scripts: Script[] = Object.entries(actors(m)).map(([actor, operations]) => ({ name: actor, operations }));
      return { arena: m.arena, actors: scripts, check: () => [...m.check(), ...(check?.(m) ?? [])] };
    },
  };
}

const device = (m: SmallMachine, i = 0): number => m.mirrors[i] as number;
const deviceReads =
  (m: SmallMachine, page: number, i = 0): Operation =>
  (task) =>
    deviceLoad(task, m.driver, device(m, i), FIRST + page, 0);
const deviceWrites =
  (m: SmallMachine, page: number, value: number, i = 0): Operation =>
  (task) =>
    deviceStore(task, m.driver, device(m, i), FIRST + page, 0, value);
const toDevice =
  (m: SmallMachine, page: number, pages = 1, i = 0): Operation =>
  (task) =>
    m.driver.migrateToDevice(task, device(m, i), FIRST + page, FIRST + page + pages);
const onDevice = (m: SmallMachine, page: number): void => {
  run(m.driver.migrateToDevice(m.task, device(m), FIRST + page, FIRST + page + 1));
};

/** Page 0 must hold one of `allowed` at the end; 0 where it is not mapped. */
const valueIn =
  (...allowed: readonly number[]) =>
  (m: SmallMachine): Finding[] => {
    const value = readPage(m, 0);
    return allowed.includes(value) ? [] : [{ rule: 'I-DATA', message: `page 0 holds ${value}, allowed: ${allowed.join(', ')}` }];
  };

/** A child made beside other actors; it reads what was there at the fork. */
function* forkAndExit(task: Task, mm: number): Steps<void> {
  const child = yield* forkMm(task, mm);
  if (child > 0) yield* mmput(task, child);
}

const plans: readonly Plan[] = [
  {
    name: 'device-fault-vs-munmap',
    title: 'a device read against munmap of the page',
    windows: 'E1 E8 E10',
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceReads(m, 0)], A: [(task) => munmap(task, m.mm, FIRST, 1)] }),
  },
  {
    name: 'device-fault-vs-dontneed',
    title: 'a device write against MADV_DONTNEED, which holds mmap_lock for reading only',
    windows: 'E2 E10',
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceWrites(m, 0, 2)], A: [(task) => madviseDontneed(task, m.mm, FIRST, 1)] }),
    check: valueIn(0, 2),
  },
  {
    name: 'device-fault-vs-mprotect',
    title: 'a device write against mprotect to read-only',
    windows: 'E3',
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceWrites(m, 0, 2)], A: [(task) => mprotect(task, m.mm, FIRST, 1, VM_READ)] }),
    check: valueIn(1, 2),
  },
  {
    name: 'device-fault-vs-fork',
    title: 'a device write against fork',
    windows: 'E4',
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceWrites(m, 0, 2)], A: [(task) => forkAndExit(task, m.mm)] }),
    check: valueIn(2),
  },
  {
    name: 'device-fault-vs-cow',
    title: 'a device read against the copy-on-write of a shared page',
    windows: 'E5',
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      run(forkMm(m.task, m.mm));
    },
    actors: (m) => ({ D: [deviceReads(m, 0)], A: [(task) => cpuStore(task, m.mm, FIRST, 0, 2)] }),
    check: valueIn(2),
  },
  {
    name: 'device-fault-vs-mremap',
    title: 'a device read against mremap of the page',
    windows: 'E1 E15',
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceReads(m, 0)], A: [(task) => mremap(task, m.mm, FIRST, 1, 1, FIRST + 8)] }),
  },
  {
    name: 'device-write-vs-migration',
    title: 'a device write against the migration of the page to the same device',
    windows: 'E7 F1 F3',
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      run(m.driver.fault(m.task, device(m), FIRST, FIRST + 1, true));
    },
    actors: (m) => ({ D: [deviceWrites(m, 0, 2)], M: [toDevice(m, 0)] }),
    check: valueIn(2),
  },
  {
    name: 'migration-vs-dontneed',
    title: 'the migration of a page to the device against MADV_DONTNEED, then a device read',
    windows: 'F2 F22',
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ M: [toDevice(m, 0)], A: [(task) => madviseDontneed(task, m.mm, FIRST, 1)] }),
    check: valueIn(0, 1),
  },
  {
    name: 'hole-vs-cpu-fault',
    title: 'the migration of an empty page against a CPU write to it',
    windows: 'E11 F14',
    machine: { pages: 1 },
    actors: (m) => ({ M: [toDevice(m, 0)], A: [(task) => cpuStore(task, m.mm, FIRST, 0, 2)] }),
    check: valueIn(2),
  },
  {
    name: 'two-faults-on-a-device-page',
    title: 'two CPUs touch one page in device memory',
    windows: 'E13 E14 F18 F34',
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      onDevice(m, 0);
    },
    actors: (m) => ({ A: [(task) => cpuLoad(task, m.mm, FIRST, 0)], B: [(task) => cpuStore(task, m.mm, FIRST, 0, 2)] }),
    check: valueIn(2),
  },
  {
    name: 'device-write-vs-cpu-touch',
    title: 'a device write to its own page against a CPU read that brings the page home',
    windows: 'F12',
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      onDevice(m, 0);
    },
    actors: (m) => ({ D: [deviceWrites(m, 0, 2)], A: [(task) => cpuLoad(task, m.mm, FIRST, 0)] }),
    check: valueIn(2),
  },
  {
    name: 'exclusive-vs-dontneed',
    title: 'device-exclusive access against MADV_DONTNEED',
    windows: 'E31 F29',
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({
      D: [(task) => deviceIncrement(task, m.driver, device(m), FIRST, 0)],
      A: [(task) => madviseDontneed(task, m.mm, FIRST, 1)],
    }),
    check: valueIn(0, 1, 2),
  },
  {
    name: 'exclusive-vs-cpu',
    title: 'an atomic increment by the device against a store by the CPU',
    windows: 'E33',
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({
      D: [(task) => deviceIncrement(task, m.driver, device(m), FIRST, 0)],
      A: [(task) => cpuStore(task, m.mm, FIRST, 0, 10)],
    }),
    check: valueIn(10, 11),
  },
  {
    name: 'two-devices',
    title: 'one device migrates a page that the other reads',
    windows: 'E6 F10 F38',
    machine: { pages: 1, devices: 2 },
    setup(m) {
      fillPage(m, 0, 1);
      run(m.driver.fault(m.task, device(m, 1), FIRST, FIRST + 1, false));
    },
    actors: (m) => ({ M: [toDevice(m, 0)], D: [deviceReads(m, 0, 1)] }),
    check: valueIn(1),
  },
];

/** The scenarios of the race windows; `settings` are given to dmirror. */
export const windowScenarios = (settings: DriverSettings = {}): readonly Scenario[] =>
  plans.map((plan) => scenario(plan, settings));
