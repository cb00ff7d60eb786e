/** A device that walks the CPU's own page tables (src/drivers/sva) against everything that changes them, and against its end. */
import { Violation } from '../../arena/violation.ts';
import { deviceStore } from '../../drivers/base/deviceAccess.ts';
import { dmirror } from '../../drivers/dmirror/index.ts';
import { sva } from '../../drivers/sva/index.ts';
import { mmput } from '../../mm/syscalls/exit.ts';
import { mremap } from '../../mm/syscalls/mremap.ts';
import { run } from '../../steps/steps.ts';
import {
  actNow,
  andTells,
  closes,
  cpuWrites,
  device,
  deviceFaults,
  deviceMustRead,
  deviceMustWrite,
  deviceOf,
  deviceReads,
  deviceReadsKnown,
  deviceWrites,
  discards,
  fillNow,
  forkNow,
  forks,
  forksAndLooks,
  isKnown,
  makesReadOnly,
  type Operation,
  reclaims,
  swapOutNow,
  toDevice,
  unmaps,
  valueIn,
} from '../kit/operations.ts';
import type { Plan } from '../kit/plan.ts';
import { counts, meets, stands } from '../kit/reach.ts';
import { addMirror, FIRST, fillPage, type SmallMachine } from '../kit/smallMachine.ts';

const machine = { pages: 1, driver: sva };

/** Actor number 0 has written to the page, and the IOTLB and its engine know it as writable. */
const writesNow = (m: SmallMachine): void => actNow(m, 0, deviceMustWrite(m, 0, 1));

/** A write by the device that begins after mprotect has returned is refused. */
const writesUntilForbidden = (m: SmallMachine): Operation =>
  function* (task) {
    const forbidden = isKnown(task, 1);
    const result = yield* deviceStore(task, deviceOf(m), FIRST, 0, 2);
    if (forbidden && result === 0)
      throw new Violation('I-PERM', 'a device writes after mprotect has taken the permission away and returned');
  };

const exits =
  (m: SmallMachine): Operation =>
  (task) =>
    mmput(task, m.mm);

/** Moves page 0 behind the mapping. */
const movesAway =
  (m: SmallMachine): Operation =>
  (task) =>
    mremap(task, m.mm, FIRST, 1, { pages: 1, to: FIRST + 8 });

export const svaPlans: readonly Plan[] = [
  {
    name: 'sva-write-vs-munmap',
    title: 'SVA: a device writes to a page it has in its TLB, against munmap of it',
    windows: 'V1 V2 V3',
    covers: [meets('D', 'deviceTranslated', 'A', 'flushIotlb'), meets('D', 'deviceTranslated', 'A', 'flushDeviceTlb')],
    machine,
    setup: writesNow,
    actors: (m) => ({ D: [deviceWrites(m, 0, 2)], A: [unmaps(m, 0)] }),
  },
  {
    name: 'sva-write-vs-dontneed',
    title:
      'SVA: a device writes to a page it has in its TLB, against MADV_DONTNEED of it; the CPU writes the page that takes its place',
    windows: 'V1 V2 V3',
    covers: [counts('D', 'deviceFaults'), meets('D', 'deviceTranslated', 'A', 'flushIotlb')],
    machine,
    setup: writesNow,
    actors: (m) => ({ D: [deviceMustWrite(m, 0, 2)], A: [discards(m, 0), cpuWrites(m, 0, 3)] }),
    check: valueIn(2, 3),
  },
  {
    name: 'sva-miss-vs-munmap',
    title: 'SVA: a device reads a page that was never touched, against munmap of it',
    windows: 'V2',
    covers: [counts('D', 'mmFaults'), meets('D', 'lock', 'A', 'munmapDetached')],
    machine,
    actors: (m) => ({ D: [deviceReads(m, 0)], A: [unmaps(m, 0)] }),
  },
  {
    name: 'sva-write-vs-mprotect',
    title: 'SVA: a device writes to a page it has in its TLB, while a CPU makes it read-only and returns',
    windows: 'V1 V2',
    covers: [meets('D', 'deviceAccess', 'A', 'done'), meets('D', 'deviceTranslated', 'A', 'flushIotlb')],
    machine,
    setup: writesNow,
    actors: (m) => ({ D: [writesUntilForbidden(m)], A: [andTells(makesReadOnly(m, 0), 1)] }),
    check: valueIn(1, 2),
  },
  {
    name: 'sva-write-vs-fork',
    title: 'SVA: a device writes to a page it has in its TLB, against fork; the child looks twice',
    windows: 'V1',
    covers: [counts('D', 'deviceFaults'), meets('D', 'deviceTranslated', 'A', 'flushIotlb')],
    machine,
    setup: writesNow,
    actors: (m) => ({ D: [deviceMustWrite(m, 0, 2)], A: [forksAndLooks(m)] }),
    check: valueIn(2),
  },
  {
    name: 'sva-read-vs-cow',
    title: 'SVA: a device has a page in its TLB that a forked child shares; a CPU writes, and gets a copy',
    windows: 'V1 V2',
    covers: [meets('D', 'deviceAccess', 'A', 'done'), meets('D', 'deviceTranslated', 'A', 'flushIotlb')],
    machine,
    setup(m) {
      fillNow(m);
      forkNow(m);
      actNow(m, 0, deviceMustRead(m, 0));
    },
    actors: (m) => ({ D: [deviceReadsKnown(m)], A: [andTells(cpuWrites(m, 0, 2), 2)] }),
    check: valueIn(2),
  },
  {
    name: 'sva-write-vs-reuse',
    title: 'SVA: a device has a page in its TLB as read-only, and writes; the CPU makes it writable, which needs no flush',
    windows: 'V8',
    covers: [counts('D', 'deviceFaults'), meets('D', 'deviceAccess', 'A', 'done')],
    machine,
    setup(m) {
      fillNow(m);
      run(forks(m)(m.task));
      actNow(m, 0, deviceMustRead(m, 0));
    },
    actors: (m) => ({ D: [deviceMustWrite(m, 0, 2)], A: [cpuWrites(m, 0, 3)] }),
    check: valueIn(2, 3),
  },
  {
    name: 'sva-write-vs-mremap',
    title: 'SVA: a device writes to a page it has in its TLB, while the page moves to another address',
    windows: 'V1 V2',
    covers: [meets('D', 'deviceTranslated', 'A', 'flushIotlb')],
    machine,
    setup: writesNow,
    actors: (m) => ({ D: [deviceWrites(m, 0, 2)], A: [movesAway(m)] }),
  },
  {
    name: 'sva-write-vs-reclaim',
    title: 'SVA: a device has a clean page in its TLB, and writes to it, against its reclaim',
    windows: 'V1 V7',
    covers: [counts('D', 'deviceFaults'), meets('D', 'deviceTranslated', 'R', 'flushIotlb')],
    machine: { ...machine, swapSlots: 2 },
    setup(m) {
      swapOutNow(m);
      actNow(m, 0, deviceMustRead(m, 0));
    },
    actors: (m) => ({ D: [deviceMustWrite(m, 0, 2)], R: [reclaims(m, 0)] }),
    check: valueIn(2),
  },
  {
    name: 'sva-write-vs-migration',
    title: 'SVA: a device writes to a page it has in its TLB, while the page migrates to a GPU of the same process',
    windows: 'V1 V2 V3',
    covers: [counts('M', 'migratedToDevice'), counts('D', 'migratedToSystem'), meets('D', 'deviceTranslated', 'M', 'flushIotlb')],
    machine: { ...machine, beside: dmirror },
    setup: writesNow,
    actors: (m) => ({ D: [deviceMustWrite(m, 0, 2)], M: [toDevice(m, 0, 1, 1)] }),
    check: valueIn(2),
  },
  {
    name: 'sva-two-devices-vs-dontneed',
    title: 'SVA: two devices of one process have a page in their TLBs, and the second one reads, against MADV_DONTNEED of it',
    windows: 'V1',
    covers: [counts('D', 'deviceFaults'), meets('D', 'deviceTranslated', 'A', 'flushIotlb')],
    machine: { ...machine, devices: 2 },
    setup(m) {
      fillNow(m);
      actNow(m, 0, deviceMustRead(m, 0, 1));
      run(deviceMustRead(m, 0)(m.task));
    },
    actors: (m) => ({ D: [deviceMustRead(m, 0, 1)], A: [discards(m, 0)] }),
  },
  {
    name: 'sva-write-vs-exit',
    title: 'SVA: a device writes to a page it has in its TLB, against the exit of the process',
    windows: 'V4 E41',
    covers: [
      stands('A', 'freePage'),
      meets('D', 'deviceTranslated', 'A', 'flushIotlb'),
      meets('D', 'deviceAccess', 'A', 'clearPte'),
    ],
    machine,
    setup: writesNow,
    actors: (m) => ({ D: [deviceWrites(m, 0, 2)], A: [exits(m)] }),
  },
  {
    name: 'sva-miss-vs-exit',
    title: 'SVA: a device asks for a page, against the exit of the process',
    windows: 'V4 E41 E42',
    covers: [stands('D', 'freePage'), counts('D', 'mmFaults'), meets('D', 'deviceAccess', 'A', 'done')],
    machine,
    actors: (m) => ({ D: [deviceWrites(m, 0, 1)], A: [exits(m)] }),
  },
  {
    name: 'sva-write-vs-unbind',
    title: 'SVA: a device writes, against its unbinding: no walk begins afterwards, and page requests are waited for',
    windows: 'V6',
    covers: [meets('D', 'deviceTranslated', 'B', 'flushIotlb'), meets('B', 'wait', 'D', 'faultReadPte')],
    machine,
    actors: (m) => ({ D: [deviceWrites(m, 0, 2)], B: [(task) => m.driver.close(task, device(m))] }),
  },
  {
    name: 'sva-page-request-vs-unbind',
    title: 'SVA: a page request of a device that has stopped is handled, while the device is unbound and goes',
    windows: 'V6',
    covers: [counts('W', 'mmFaults'), meets('B', 'wait', 'W', 'faultReadPte')],
    machine,
    actors: (m) => ({ W: [deviceFaults(m, 0, 1, true)], B: [closes(m, () => device(m))] }),
  },
  {
    name: 'sva-unbind-vs-exit',
    title: 'SVA: a device that writes is unbound while the process exits: both take the page tables from it',
    windows: 'V5 E25',
    covers: [meets('B', 'flushIotlb', 'A', 'driverInvalidate'), meets('D', 'deviceTranslated', 'A', 'flushIotlb')],
    machine,
    setup: writesNow,
    actors: (m) => ({ D: [deviceWrites(m, 0, 2)], B: [(task) => m.driver.close(task, device(m))], A: [exits(m)] }),
  },
  {
    name: 'sva-bind-vs-dontneed',
    title: 'SVA: a second device is bound and reads, while the page is discarded',
    windows: 'V1 E17',
    covers: [meets('B', 'deviceTranslated', 'A', 'flushIotlb'), counts('B', 'deviceFaults')],
    machine,
    setup(m) {
      fillPage(m, 0, 1);
      return addMirror(m, m.mm);
    },
    actors: (m, mirror) => ({
      B: [(task) => m.driver.open(task, mirror), (task) => deviceStore(task, { driver: m.driver, mirror }, FIRST, 0, 2)],
      A: [discards(m, 0)],
    }),
    check: valueIn(0, 2),
  },
];
