/** A device goes while a fault is under way: its file is closed, its memory unbound, its process exits. Windows E16, E41, E43 to E45, F22, F25. */
import { add, cas, load, store } from '../../arena/access.ts';
import { Header } from '../../arena/structures.ts';
import { type DeviceHandle, deviceDel } from '../../mm/page/devres.ts';
import { mmput } from '../../mm/syscalls/exit.ts';
import { Point } from '../../steps/points.ts';
import { waitWhile, wake } from '../../sync/wait.ts';
import {
  closes,
  cpuReads,
  device,
  deviceReads,
  deviceWrites,
  evicts,
  fillNow,
  mapNow,
  moveNow,
  type Operation,
  toDevice,
  valueIn,
} from '../kit/operations.ts';
import type { Plan } from '../kit/plan.ts';
import type { SmallMachine } from '../kit/smallMachine.ts';

/** Word of a scenario: references of the device's file. Whoever faults holds one, as an ioctl does, or a fault worker. */
const FILE = Header.shared;

const opensFile = ({ arena }: SmallMachine): void => store(arena, FILE, 1);

/** Does it with a reference of the file, unless that is closed. */
const throughFile = (operation: Operation): Operation =>
  function* (task) {
    const { arena } = task;
    for (let users = load(arena, FILE); ; users = load(arena, FILE)) {
      if (users === 0) return;
      if (cas(arena, FILE, users, users + 1) === users) break;
    }
    yield* operation(task);
    yield Point.call;
    add(arena, FILE, -1);
    wake(arena, FILE);
  };

/** Drops the reference that the open file has, waits for the others, and does what the last one does. */
const lastPut = (operation: Operation): Operation =>
  function* (task) {
    const { arena } = task;
    for (let users = add(arena, FILE, -1) - 1; users !== 0; ) {
      yield* waitWhile(task, FILE, users);
      yield Point.call;
      users = load(arena, FILE);
    }
    yield Point.call;
    yield* operation(task);
  };

/** The device is closed, and its memory taken away. */
const unbinds = (m: SmallMachine): Operation =>
  function* (task) {
    yield* closes(m, () => device(m))(task);
    yield Point.call;
    yield* deviceDel(task, m.devices[0] as DeviceHandle);
  };

const onDevice = (m: SmallMachine): void => {
  fillNow(m);
  moveNow(m, 0);
};

export const teardownPlans: readonly Plan[] = [
  {
    name: 'close-vs-device-fault',
    title: 'the file of a device is closed while a fault of it is under way, or before it begins',
    windows: 'E16 E43',
    machine: { pages: 1 },
    setup(m) {
      fillNow(m);
      opensFile(m);
    },
    actors: (m) => ({ D: [throughFile(deviceReads(m, 0))], B: [lastPut(closes(m, () => device(m)))] }),
    check: valueIn(1),
    covers: [
      { actor: 'B', point: 'wait', while: { actor: 'D', point: 'hmmWalkPte' } },
      { actor: 'B', point: 'done', while: { actor: 'D', point: 'call' } },
    ],
  },
  {
    name: 'close-vs-device-fault-vs-exit',
    title: 'the same, while the process exits',
    windows: 'E16 E43',
    machine: { pages: 1 },
    setup(m) {
      fillNow(m);
      mapNow(m, 0, false);
      opensFile(m);
    },
    actors: (m) => ({
      D: [throughFile(deviceReads(m, 0))],
      B: [lastPut(closes(m, () => device(m)))],
      A: [(task) => mmput(task, m.mm)],
    }),
    covers: [{ actor: 'A', point: 'done' }],
  },
  {
    name: 'close-vs-migration',
    title: 'the file of a device is closed while it migrates a page, or before it begins',
    windows: 'E43 F25',
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      fillNow(m);
      opensFile(m);
    },
    actors: (m) => ({ M: [throughFile(toDevice(m, 0))], B: [lastPut(closes(m, () => device(m)))] }),
    check: valueIn(1),
    covers: [{ actor: 'B', point: 'wait', while: { actor: 'M', point: 'driverCopied' } }],
  },
  {
    name: 'close-vs-cpu-touch',
    title: 'a device is closed, and its pages go home, while a CPU brings the last one home',
    windows: 'E43 E45 F25',
    memory: true,
    machine: { pages: 1 },
    setup: onDevice,
    actors: (m) => ({ B: [closes(m, () => device(m))], A: [cpuReads(m, 0)] }),
    check: valueIn(1),
    covers: [{ counter: 'migratedToSystem', actor: 'A' }],
  },
  {
    name: 'unbind-vs-device-write',
    title: 'a device is closed and its memory taken away, while it writes to a page there, or before it begins',
    windows: 'E44 F25',
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      onDevice(m);
      opensFile(m);
    },
    actors: (m) => ({ D: [throughFile(deviceWrites(m, 0, 2))], B: [lastPut(unbinds(m))] }),
    check: valueIn(1, 2),
    covers: [{ actor: 'B', point: 'done' }],
  },
  {
    name: 'unbind-vs-cpu-fault',
    title: 'a device is closed and its memory taken away, while a CPU touches a page there',
    windows: 'E44 E45 F25',
    memory: true,
    machine: { pages: 1 },
    setup: onDevice,
    actors: (m) => ({ B: [unbinds(m)], A: [cpuReads(m, 0)] }),
    check: valueIn(1),
    covers: [{ counter: 'migratedToSystem', actor: 'A' }],
  },
  {
    name: 'exit-vs-fault-on-the-device',
    title: 'a device write to a page in its memory against the exit of the process',
    windows: 'E41 E42',
    memory: true,
    machine: { pages: 1 },
    setup: onDevice,
    actors: (m) => ({ D: [deviceWrites(m, 0, 2)], A: [(task) => mmput(task, m.mm)] }),
    covers: [{ actor: 'A', point: 'done', while: { actor: 'D', point: 'deviceAccess' } }],
  },
  {
    name: 'exit-vs-migration',
    title: 'the migration of a page to the device against the exit of the process',
    windows: 'E41 F22',
    memory: true,
    machine: { pages: 1 },
    setup: fillNow,
    actors: (m) => ({ M: [toDevice(m, 0)], A: [(task) => mmput(task, m.mm)] }),
    covers: [{ actor: 'A', point: 'done', while: { actor: 'M', point: 'driverCopied' } }],
  },
  {
    name: 'exit-vs-eviction',
    title: 'an eviction by page frame against the exit of the process',
    windows: 'E41 F22',
    memory: true,
    machine: { pages: 1 },
    setup: onDevice,
    actors: (m) => ({ E: [evicts(m)], A: [(task) => mmput(task, m.mm)] }),
    covers: [{ actor: 'A', point: 'done' }],
  },
];
