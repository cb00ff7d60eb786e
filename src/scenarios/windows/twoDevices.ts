/** Two devices on the same pages: what one has, maps or wants while the other works. Windows E6, E35, F10, F38. */

import type { Mirror } from '../../arena/structures.ts';
import { deviceLoad } from '../../drivers/base/deviceAccess.ts';
import { gpusvmXe } from '../../drivers/gpusvm/index.ts';
import { run } from '../../steps/steps.ts';
import {
  deviceFaults,
  deviceIncrements,
  deviceMustIncrement,
  deviceMustRead,
  deviceMustWrite,
  discards,
  fillNow,
  incremented,
  mapNow,
  moveNow,
  type Operation,
  toDevice,
  toSystem,
  valueIn,
} from '../kit/operations.ts';
import { type Plan, pingPong } from '../kit/plan.ts';
import { counts, endsOnDevice, meets, stands } from '../kit/reach.ts';
import { addFile, FIRST, fillPage, type SmallMachine } from '../kit/smallMachine.ts';

/** The first page is there, and so is a second file of the device. */
function openedTwice(m: SmallMachine): Mirror {
  fillNow(m);
  const file = addFile(m);
  run(m.driver.open(m.task, file));
  return file;
}

const readsThrough = (m: SmallMachine, mirror: Mirror): Operation =>
  function* (task) {
    yield* deviceLoad(task, { driver: m.driver, mirror }, FIRST, 0);
  };

export const twoDevicePlans: readonly Plan[] = [
  {
    name: 'foreign-exclusive-page',
    title: 'one after another: one device works on a page atomically, and another reads it',
    windows: 'E6 E35',
    covers: [counts('D', 'exclusives'), counts('D', 'deviceFaults'), stands('D', 'hmmFaultPage')],
    atomics: true,
    machine: { pages: 1, devices: 2 },
    setup: fillNow,
    actors: (m) => ({ D: [deviceMustIncrement(m, 0), deviceMustRead(m, 0, 1)] }),
    check: incremented(1),
  },
  {
    name: 'exclusive-vs-foreign-read',
    title: 'one device increments a page that it has to itself, while another reads it',
    mayUndo: pingPong,
    windows: 'E6 E35',
    atomics: true,
    machine: { pages: 1, devices: 2 },
    setup(m) {
      fillNow(m);
      run(deviceMustIncrement(m, 0)(m.task));
    },
    actors: (m) => ({ D: [deviceIncrements(m, 0)], E: [deviceMustRead(m, 0, 1)] }),
    check: incremented(1),
    covers: [{ actor: 'E', point: 'done', while: { actor: 'D', point: 'deviceAccess' } }],
  },
  {
    name: 'foreign-page-asked-home',
    title: 'one after another: a device wants a page home that another one holds, and gets nothing; the holder writes to it',
    windows: 'F38',
    covers: [counts('D', 'deviceFaults'), endsOnDevice()],
    memory: true,
    machine: { pages: 1, devices: 2 },
    setup(m) {
      fillNow(m);
      moveNow(m, 0);
    },
    actors: (m) => ({ D: [toSystem(m, 0, 1, 1), deviceMustWrite(m, 0, 2)] }),
    check: valueIn(2),
  },
  {
    name: 'foreign-return-vs-device-write',
    title: 'a device wants a page home that another one holds, and writes to',
    windows: 'F12 F38',
    covers: [meets('D', 'deviceAccess', 'E', 'invalidateRangeStart')],
    memory: true,
    machine: { pages: 1, devices: 2 },
    setup(m) {
      fillNow(m);
      moveNow(m, 0);
    },
    actors: (m) => ({ E: [toSystem(m, 0, 1, 1)], D: [deviceMustWrite(m, 0, 2)] }),
    check: valueIn(2),
  },
  {
    name: 'two-holes-vs-other-device',
    title: 'two empty pages migrate together, and another device reads the second',
    windows: 'F14 F10',
    memory: true,
    machine: { devices: 2 },
    setup: (m) => mapNow(m, 1, false, 1),
    actors: (m) => ({ M: [toDevice(m, 0, 2)], D: [deviceMustRead(m, 1, 1)] }),
    covers: [{ actor: 'D', point: 'driverChecked', while: { actor: 'M', point: 'driverCopied' } }],
  },
  {
    name: 'hole-and-page-vs-other-device',
    title: 'a hole and a page behind it migrate together, and another device reads the page',
    windows: 'F10 F14',
    covers: [endsOnDevice(), stands('D', 'waitOnLocked')],
    unless: { migrateDevmem: 'on' },
    memory: true,
    machine: { devices: 2 },
    setup(m) {
      fillPage(m, 1, 1);
      mapNow(m, 1, false, 1);
    },
    actors: (m) => ({ M: [toDevice(m, 0, 2)], D: [deviceMustRead(m, 1, 1)] }),
  },
  {
    name: 'range-across-intervals-vs-dontneed',
    title: 'a device fault of two pages that lie in two short intervals, against MADV_DONTNEED of the second',
    windows: 'E2',
    machine: { settings: { notifierPages: '1' } },
    setup(m) {
      fillPage(m, 0, 1);
      fillPage(m, 1, 1);
    },
    actors: (m) => ({ D: [deviceFaults(m, 0, 2, true)], A: [discards(m, 1)] }),
    check: valueIn(1),
    covers: [{ actor: 'A', point: 'done', while: { actor: 'D', point: 'driverChecked' } }],
  },
  {
    name: 'two-devices-want-a-range',
    title: 'xe: two devices fault on the same two pages, and each wants both of them in its memory',
    windows: 'F10 F39',
    covers: [
      meets('D', 'hmmFaultPage', 'E', 'driverPages'),
      counts('D', 'migratedToSystem'),
      counts('E', 'migratedToDevice'),
      endsOnDevice(0),
      endsOnDevice(1),
    ],
    machine: { driver: gpusvmXe, devices: 2, settings: { migrateDevmem: 'on' } },
    setup(m) {
      // What they subscribe to, and their tables, are there; the pages are at home.
      for (const i of [0, 1]) run(deviceFaults(m, 0, 2, true, i)(m.task));
      fillPage(m, 0, 1);
      fillPage(m, 1, 1);
    },
    actors: (m) => ({ D: [deviceFaults(m, 0, 2, true)], E: [deviceFaults(m, 0, 2, true, 1)] }),
    check: valueIn(1),
  },
  {
    name: 'two-files-of-a-device',
    title: 'a process has a device open twice: it reads through the one file what it moves to the device through the other one',
    windows: 'F38',
    covers: [counts('M', 'migratedToDevice'), counts('D', 'deviceFaults')],
    memory: true,
    mirrored: true,
    machine: { pages: 1 },
    setup: openedTwice,
    actors: (m, file) => ({ D: [readsThrough(m, file)], M: [toDevice(m, 0), deviceMustWrite(m, 0, 2)] }),
    check: valueIn(2),
  },
  {
    name: 'two-files-of-a-device-exclusive',
    title: 'the same, and it makes the page exclusive through the other one',
    mayUndo: pingPong,
    windows: 'E32 F38',
    covers: [counts('E', 'exclusives'), counts('D', 'deviceFaults')],
    atomics: true,
    mirrored: true,
    machine: { pages: 1 },
    setup: openedTwice,
    actors: (m, file) => ({ D: [readsThrough(m, file)], E: [deviceMustIncrement(m, 0)] }),
    check: incremented(1),
  },
];
