/** Permission that is taken away, and permission that a page keeps on its way: windows E3, E15, F23. */
import { Violation } from '../../arena/violation.ts';
import { deviceLoad, deviceStore } from '../../drivers/base/deviceAccess.ts';
import { cpuStore } from '../../mm/fault/cpuAccess.ts';
import { mlock } from '../../mm/syscalls/mlock.ts';
import { run } from '../../steps/steps.ts';
import { adviseHuge, huge, PAGES } from '../kit/hugeMachine.ts';
import {
  actNow,
  allowsWrites,
  andTells,
  cpuReads,
  cpuWrites,
  deviceOf,
  deviceReads,
  fillNow,
  isKnown,
  makesReadOnly,
  makesUnreadable,
  moveNow,
  type Operation,
  toDevice,
  toSystem,
  valueIn,
} from '../kit/operations.ts';
import type { Plan } from '../kit/plan.ts';
import { counts, endsInSystem, endsOnDevice, meets } from '../kit/reach.ts';
import { FIRST, type SmallMachine } from '../kit/smallMachine.ts';

/** A store that begins after mprotect has returned is refused. */
const storesUntilForbidden = (m: SmallMachine): Operation =>
  function* (task) {
    const forbidden = isKnown(task, 1);
    const result = yield* cpuStore(task, m.mm, FIRST, 0, 2);
    if (forbidden && result === 0) throw new Violation('I-PERM', 'a store succeeds after mprotect has taken the permission away');
  };

/** A write by the device to a page that may only be read. */
const deviceMustNotWrite = (m: SmallMachine): Operation =>
  function* (task) {
    const result = yield* deviceStore(task, deviceOf(m), FIRST, 0, 7);
    if (result >= 0) throw new Violation('I-PERM', 'a device writes to a page that may only be read');
  };

/** A read by the device of a page that may not be read. */
const deviceMustNotRead = (m: SmallMachine): Operation =>
  function* (task) {
    const value = yield* deviceLoad(task, deviceOf(m), FIRST, 0);
    if (value !== null) throw new Violation('I-PERM', `a device reads ${value} from a page that may not be read`);
  };

export const permissionPlans: readonly Plan[] = [
  {
    name: 'cpu-store-vs-mprotect',
    title: 'a CPU that knows a page as writable stores to it, while another makes it read-only and returns',
    windows: 'E3',
    machine: { pages: 1, devices: 0 },
    setup: (m) => actNow(m, 0, cpuWrites(m, 0, 1)),
    actors: (m) => ({ C: [storesUntilForbidden(m)], A: [andTells(makesReadOnly(m, 0), 1)] }),
    check: valueIn(1, 2),
    covers: [{ actor: 'C', point: 'cpuAccess', while: { actor: 'A', point: 'done' } }],
  },
  {
    name: 'read-only-page-migrates',
    title: 'one after another: a read-only page migrates, the device may not write to it, and it comes home read-only',
    windows: 'F23',
    covers: [counts('M', 'migratedToDevice'), counts('M', 'migratedToSystem')],
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      fillNow(m);
      run(makesReadOnly(m, 0)(m.task));
    },
    actors: (m) => ({ M: [toDevice(m, 0), deviceMustNotWrite(m), deviceReads(m, 0), toSystem(m, 0), cpuReads(m, 0)] }),
    check: valueIn(1),
  },
  {
    name: 'read-only-page-on-the-device',
    title: 'one after another: a read-only page migrates to the device, which maps it',
    windows: 'F23',
    covers: [endsOnDevice()],
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      fillNow(m);
      run(makesReadOnly(m, 0)(m.task));
    },
    actors: (m) => ({ M: [toDevice(m, 0), deviceReads(m, 0)] }),
    check: valueIn(1),
  },
  {
    name: 'device-read-of-unreadable',
    title: 'one after another: a page on the device is made inaccessible, and the device wants to read it',
    windows: 'E3',
    covers: [counts('D', 'deviceFaults')],
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      fillNow(m);
      moveNow(m, 0);
    },
    actors: (m) => ({ D: [makesUnreadable(m, 0), deviceMustNotRead(m)] }),
  },
  {
    name: 'device-fault-vs-unreadable',
    title: 'a device read against mprotect to no access at all',
    windows: 'E3',
    machine: { pages: 1 },
    setup: fillNow,
    actors: (m) => ({ D: [deviceReads(m, 0)], A: [makesUnreadable(m, 0)] }),
    check: valueIn(1),
    covers: [{ actor: 'D', point: 'deviceAccess', while: { actor: 'A', point: 'mprotectVma' } }],
  },
  {
    name: 'locked-device-page-becomes-writable',
    title: 'a locked page on the device may be written again, which brings it home, while the device reads it',
    windows: 'E3',
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      fillNow(m);
      run(mlock(m.task, m.mm, FIRST, 1));
      run(makesReadOnly(m, 0)(m.task));
      moveNow(m, 0);
    },
    actors: (m) => ({ D: [deviceReads(m, 0)], A: [allowsWrites(m, 0)] }),
    check: valueIn(1),
    covers: [endsInSystem(), meets('A', 'migrateUnmapped', 'D', 'deviceAccess')],
  },
  {
    name: 'cpu-store-vs-mprotect-of-a-huge-page',
    title: 'a CPU that knows a huge page as writable stores to it, while another makes all of it read-only and returns',
    windows: 'E3',
    ...huge,
    machine: { ...huge.machine, devices: 0 },
    setup(m) {
      adviseHuge(m);
      actNow(m, 0, cpuWrites(m, 0, 1));
    },
    actors: (m) => ({ C: [storesUntilForbidden(m)], A: [andTells(makesReadOnly(m, 0, PAGES), 1)] }),
    check: valueIn(1, 2),
    covers: [{ actor: 'C', point: 'cpuAccess', while: { actor: 'A', point: 'done' } }],
  },
];
