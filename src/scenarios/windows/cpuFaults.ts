/** CPU faults against each other, against zaps, and on device memory: windows E9 to E15. */
import { load, store } from '../../arena/access.ts';
import { Header } from '../../arena/structures.ts';
import { Violation } from '../../arena/violation.ts';
import { cpuLoad, cpuStore } from '../../mm/fault/cpuAccess.ts';
import { madviseDontneed } from '../../mm/syscalls/madvise.ts';
import { mremap } from '../../mm/syscalls/mremap.ts';
import {
  actNow,
  cpuReads,
  cpuWrites,
  discards,
  forkNow,
  forks,
  makesReadOnly,
  moveNow,
  type Operation,
  toDevice,
  valueIn,
} from '../kit/operations.ts';
import type { Plan } from '../kit/plan.ts';
import { counts, endsOnDevice, meets, stands } from '../kit/reach.ts';
import { FIRST, fillPage, type SmallMachine } from '../kit/smallMachine.ts';

/** Set when the discard has returned. */
const DISCARDED = Header.shared;

const discardsAndTells = (m: SmallMachine): Operation =>
  function* (task) {
    yield* madviseDontneed(task, m.mm, FIRST, 1);
    store(task.arena, DISCARDED, 1);
  };

/** A load that began after the discard had returned finds zeroes. */
const readsNothingOld = (m: SmallMachine): Operation =>
  function* (task) {
    const after = load(task.arena, DISCARDED) === 1;
    const value = yield* cpuLoad(task, m.mm, FIRST, 0);
    if (after && value !== 0) throw new Violation('I-DATA', `a load after the discard finds ${value}`);
  };

export const cpuFaultPlans: readonly Plan[] = [
  {
    name: 'two-cpu-faults',
    title: 'two CPUs write to an empty page at once',
    windows: 'E9 F4',
    covers: [meets('A', 'faultReadPte', 'B', 'setPte'), stands('A', 'freePage')],
    machine: { pages: 1, devices: 0 },
    actors: (m) => ({ A: [cpuWrites(m, 0, 2)], B: [cpuWrites(m, 0, 3)] }),
    check: valueIn(2, 3),
  },
  {
    name: 'cow-in-two-processes',
    title: 'parent and child write to a shared page at once',
    windows: 'E5',
    covers: [meets('A', 'copyPage', 'B', 'copyPage')],
    machine: { pages: 1, devices: 0 },
    setup(m) {
      fillPage(m, 0, 1);
      return forkNow(m);
    },
    actors: (m, child) => ({ A: [cpuWrites(m, 0, 2)], B: [(task) => cpuStore(task, child, FIRST, 0, 3)] }),
    check: valueIn(2),
  },
  {
    name: 'two-faults-on-a-device-page',
    title: 'two CPUs touch one page in device memory',
    windows: 'E13 E14 F18 F34',
    covers: [counts('A', 'migratedToSystem'), counts('B', 'migratedToSystem'), meets('A', 'faultReadPte', 'B', 'copyPage')],
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      moveNow(m, 0);
    },
    actors: (m) => ({ A: [cpuReads(m, 0)], B: [cpuWrites(m, 0, 2)] }),
    check: valueIn(2),
  },
  {
    name: 'device-page-vs-dontneed',
    title: 'a CPU touches a page in device memory, another discards it',
    windows: 'E15 F19',
    covers: [counts('A', 'migratedToSystem'), meets('A', 'copyPage', 'B', 'invalidateRangeStart')],
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      moveNow(m, 0);
    },
    actors: (m) => ({ A: [cpuReads(m, 0)], B: [discards(m, 0)] }),
    check: valueIn(0),
  },
  {
    name: 'device-page-vs-fork',
    title: 'a CPU writes to a page in device memory while the process forks',
    windows: 'E15',
    covers: [counts('A', 'migratedToSystem'), meets('A', 'cpuAccess', 'B', 'forkBegin')],
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      moveNow(m, 0);
    },
    actors: (m) => ({ A: [cpuWrites(m, 0, 2)], B: [forks(m)] }),
    check: valueIn(2),
  },
  {
    name: 'device-page-vs-mremap',
    title: 'a CPU touches a page in device memory while it is moved',
    windows: 'E15',
    covers: [counts('A', 'migratedToSystem'), meets('A', 'cpuAccess', 'B', 'clearPte')],
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      moveNow(m, 0);
    },
    actors: (m) => ({
      A: [(task) => cpuLoad(task, m.mm, FIRST, 0)],
      B: [(task) => mremap(task, m.mm, FIRST, 1, { pages: 1, to: FIRST + 8 })],
    }),
  },
  {
    name: 'device-page-made-read-only',
    title: 'one after another: a page in device memory is made read-only, then read by the CPU',
    windows: 'E15',
    covers: [counts('A', 'migratedToSystem')],
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      moveNow(m, 0);
    },
    actors: (m) => ({ A: [makesReadOnly(m, 0), cpuReads(m, 0)] }),
    check: valueIn(1),
  },
  {
    name: 'cpu-store-vs-migration',
    title: 'a CPU that knows the page stores to it while it migrates',
    windows: 'E12 E13 F7',
    covers: [stands('A', 'waitOnLocked'), endsOnDevice(), meets('A', 'cpuTranslated', 'M', 'flushTlb')],
    memory: true,
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ A: [cpuReads(m, 0), cpuWrites(m, 0, 2), cpuWrites(m, 0, 3)], M: [toDevice(m, 0)] }),
    check: valueIn(3),
  },
  {
    name: 'stale-tlb-vs-discard',
    title: 'a CPU knows the page; it migrates; a discard that finds no present entry has returned',
    windows: 'E12 F7',
    covers: [meets('C', 'cpuTranslated', 'M', 'flushTlb'), counts('M', 'migratedToDevice')],
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      actNow(m, 0, cpuReads(m, 0));
    },
    actors: (m) => ({ C: [readsNothingOld(m)], M: [toDevice(m, 0)], B: [discardsAndTells(m)] }),
    check: valueIn(0),
  },
];
