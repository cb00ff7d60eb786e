/** Device-exclusive access: windows E31 to E35, F28, F29, F37. */
import { forkMm } from '../../mm/syscalls/fork.ts';
import { run } from '../../steps/steps.ts';
import {
  cpuReads,
  cpuWrites,
  deviceIncrements,
  deviceMustIncrement,
  discards,
  forgetIncrements,
  forkNow,
  forks,
  incremented,
  makesReadOnly,
  mapNow,
  toDevice,
  unmaps,
  valueIn,
} from '../kit/operations.ts';
import { type Plan, pingPong } from '../kit/plan.ts';
import { counts, meets } from '../kit/reach.ts';
import { fillPage, readPage } from '../kit/smallMachine.ts';

const plans: readonly Plan[] = [
  {
    name: 'exclusive-alone',
    title: 'one after another: two atomic increments by the device',
    windows: 'E32',
    covers: [counts('D', 'exclusives'), counts('D', 'deviceFaults')],
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceMustIncrement(m, 0), deviceMustIncrement(m, 0)] }),
    check: valueIn(3),
  },
  {
    name: 'exclusive-vs-dontneed',
    title: 'device-exclusive access against MADV_DONTNEED',
    windows: 'E31 F28 F29',
    covers: [counts('D', 'exclusives'), meets('D', 'deviceAccess', 'A', 'clearPte')],
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceIncrements(m, 0)], A: [discards(m, 0)] }),
  },
  {
    name: 'exclusive-vs-cpu',
    title: 'an atomic increment by the device against a store by the CPU',
    mayUndo: pingPong,
    windows: 'E33',
    covers: [counts('D', 'exclusives'), meets('D', 'deviceAtomic', 'A', 'cpuAccess')],
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceIncrements(m, 0)], A: [cpuWrites(m, 0, 10)] }),
    check: (m) => [...valueIn(10, 11)(m), ...(readPage(m, 0) === 11 ? incremented(10)(m) : [])],
  },
  {
    name: 'exclusive-vs-mprotect',
    title: 'device-exclusive access against mprotect to read-only',
    windows: 'E31',
    covers: [counts('D', 'exclusives'), meets('D', 'deviceAccess', 'A', 'mprotectVma')],
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceIncrements(m, 0)], A: [makesReadOnly(m, 0)] }),
    check: incremented(1),
  },
  {
    name: 'exclusive-restore-vs-another',
    title: 'a CPU takes exclusive access away, while the page is discarded and another one becomes exclusive in its place',
    mayUndo: pingPong,
    windows: 'F20',
    covers: [counts('A', 'exclusives'), meets('C', 'faultReadPte', 'A', 'clearPte')],
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      run(deviceMustIncrement(m, 0)(m.task));
      forgetIncrements(m);
    },
    actors: (m) => ({ C: [cpuReads(m, 0)], A: [discards(m, 0), deviceIncrements(m, 0)] }),
    check: incremented(0),
  },
  {
    name: 'exclusive-vs-munmap',
    title: 'device-exclusive access against munmap',
    windows: 'E31',
    covers: [counts('D', 'exclusives'), meets('D', 'deviceAccess', 'A', 'munmapDetached')],
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceIncrements(m, 0)], A: [unmaps(m, 0)] }),
  },
  {
    name: 'exclusive-vs-fork',
    title: 'device-exclusive access against fork, which may fail but not share the entry',
    windows: 'E34 F37',
    covers: [counts('D', 'exclusives'), meets('D', 'deviceAccess', 'A', 'forkBegin')],
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceIncrements(m, 0)], A: [forks(m)] }),
    check: incremented(1),
  },
  {
    name: 'exclusive-then-fork',
    title: 'one after another: device-exclusive access, then a fork whose child lives on',
    windows: 'E34',
    covers: [counts('A', 'exclusives'), counts('A', 'deviceFaults')],
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ A: [deviceMustIncrement(m, 0), (task) => forkMm(task, m.mm)] }),
    check: valueIn(2),
  },
  {
    name: 'exclusive-of-shared-page',
    title: 'device-exclusive access to a page shared with a child, against a CPU write',
    mayUndo: pingPong,
    windows: 'F28',
    covers: [counts('D', 'exclusives'), meets('D', 'copyPage', 'A', 'copyPage')],
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      forkNow(m);
    },
    actors: (m) => ({ D: [deviceIncrements(m, 0)], A: [cpuWrites(m, 0, 10)] }),
    check: valueIn(10, 11),
  },
  {
    name: 'exclusive-vs-migration',
    title: 'device-exclusive access by one device against the migration to another',
    windows: 'E35 F28',
    covers: [counts('D', 'exclusives'), counts('M', 'migratedToDevice')],
    memory: true,
    machine: { pages: 1, devices: 2 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceIncrements(m, 0)], M: [toDevice(m, 0, 1, 1)] }),
    check: incremented(1),
  },
  {
    name: 'two-exclusives',
    title: 'two devices increment the same word atomically',
    mayUndo: pingPong,
    windows: 'E32 E35',
    covers: [counts('D', 'exclusives'), counts('E', 'exclusives'), counts('D', 'deviceFaults')],
    machine: { pages: 1, devices: 2 },
    setup(m) {
      fillPage(m, 0, 1);
      mapNow(m, 0, true, 1);
    },
    actors: (m) => ({ D: [deviceIncrements(m, 0)], E: [deviceIncrements(m, 0, 1)] }),
    check: incremented(1),
  },
];

export const exclusivePlans: readonly Plan[] = plans.map((plan) => ({ ...plan, atomics: true }));
