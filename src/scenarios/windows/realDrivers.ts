/** What real drivers do beside the in-tree test driver: workers that take ranges apart, queued faults, evictions. */

import { PTRS_PER_TABLE } from '../../arena/config.ts';
import { EBUSY, errnoName } from '../../arena/errno.ts';
import { Mirror } from '../../arena/structures.ts';
import type { PageNumber } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import { evictionWork } from '../../drivers/kfd/evict.ts';
import { handleRetryFault, retryFault } from '../../drivers/kfd/fault.ts';
import { kfdSvm } from '../../drivers/kfd/index.ts';
import { queueRetryFault, waitForRetryFault } from '../../drivers/kfd/retryFaults.ts';
import { mmput } from '../../mm/syscalls/exit.ts';
import { madvise } from '../../mm/syscalls/madvise.ts';
import { mmapAnonymous, munmap } from '../../mm/syscalls/mmap.ts';
import { run } from '../../steps/steps.ts';
import { queueWork } from '../../sync/workqueue.ts';
import {
  closes,
  cpuReads,
  cpuWrites,
  device,
  deviceMustRead,
  deviceReads,
  discards,
  mapNow,
  moveNow,
  type Operation,
  toDevice,
  unmaps,
  valueIn,
  works,
} from '../kit/operations.ts';
import type { Plan } from '../kit/plan.ts';
import { counts, endsInSystem, meets, stands } from '../kit/reach.ts';
import { FIRST, fillPage, type SmallMachine } from '../kit/smallMachine.ts';

/** Hardware queues another copy of a fault whose access was served long ago. */
const repeatsFault = (m: SmallMachine): Operation =>
  function* (task) {
    queueRetryFault(task.arena, device(m));
  };

/** The handler meets that copy: whatever was unmapped since, it must not end the process. */
const handlesRepeated = (m: SmallMachine, page: PageNumber): Operation =>
  function* (task) {
    yield* waitForRetryFault(task, device(m));
    const result = yield* handleRetryFault(task, retryFault(device(m), FIRST + page, FIRST + page + 1, false));
    if (result < 0 && result !== -EBUSY)
      throw new Violation('I-OUT', `a repeated fault of a legal access to page ${page} ends the process: ${errnoName(result)}`);
  };

/** Both pages are mapped, and the first is unmapped again: its range waits for the worker. */
function mapBothUnmapFirst(m: SmallMachine): void {
  for (const page of [0, 1]) {
    fillPage(m, page, 1);
    mapNow(m, page, false);
  }
  run(unmaps(m, 0)(m.task));
}

export const realDriverPlans: readonly Plan[] = [
  {
    name: 'repeated-fault-vs-munmap',
    title: 'amdkfd: a copy of a fault that was served long ago, against munmap of its page',
    windows: 'E1',
    covers: [stands('B', 'driverPages'), meets('A', 'munmapDetached', 'B', 'lock')],
    machine: { pages: 1, driver: kfdSvm },
    setup(m) {
      fillPage(m, 0, 1);
      mapNow(m, 0, false);
      queueRetryFault(m.arena, device(m));
    },
    actors: (m) => ({ B: [handlesRepeated(m, 0)], A: [unmaps(m, 0)] }),
  },
  {
    name: 'drain-vs-second-munmap',
    title: 'amdkfd: a worker drains faults for one munmap, and a second one asks for the same',
    windows: 'E1',
    covers: [stands('W', 'driverDrained'), stands('B', 'driverChecked')],
    machine: { pages: 2, driver: kfdSvm },
    setup: mapBothUnmapFirst,
    actors: (m) => ({ W: [works(m)], A: [repeatsFault(m), unmaps(m, 1)], B: [handlesRepeated(m, 1)] }),
  },
  {
    name: 'worker-vs-second-munmap',
    title: 'amdkfd: a worker takes a range apart while more of it is unmapped',
    windows: 'E1',
    covers: [meets('W', 'driverDrained', 'A', 'munmapDetached')],
    machine: { pages: 2, driver: kfdSvm },
    setup: mapBothUnmapFirst,
    actors: (m) => ({ W: [works(m)], A: [unmaps(m, 1)] }),
  },
  {
    name: 'worker-vs-another-range',
    title: 'amdkfd: a worker takes a range apart, and another one joins the list; its page is mapped again and read',
    windows: 'E1',
    covers: [counts('A', 'deviceFaults'), meets('W', 'driverDrained', 'A', 'munmapDetached')],
    machine: { pages: 2, driver: kfdSvm, settings: { notifierPages: '1' } },
    setup: mapBothUnmapFirst,
    actors: (m) => ({
      W: [works(m)],
      A: [unmaps(m, 1), (task) => mmapAnonymous(task, m.mm, FIRST + 1, 1), deviceMustRead(m, 1)],
    }),
  },
  {
    name: 'worker-vs-device-fault',
    title: 'amdkfd: a worker takes a range apart while the device faults on what is left of it',
    windows: 'E1',
    covers: [counts('D', 'deviceFaults'), meets('W', 'driverDrained', 'D', 'driverQueued')],
    machine: { pages: 2, driver: kfdSvm },
    setup(m) {
      mapBothUnmapFirst(m);
      run(discards(m, 1)(m.task));
    },
    actors: (m) => ({ W: [works(m)], D: [deviceMustRead(m, 1)] }),
  },
  {
    name: 'restore-vs-exit',
    title: 'amdkfd without retry faults: two workers, one of which waits for the other, while the process exits',
    windows: 'E41 E42',
    covers: [stands('W', 'driverDrained'), meets('W', 'runWork', 'V', 'runWork'), meets('W', 'hmmFaultPage', 'A', 'mmput')],
    machine: { pages: 2, driver: kfdSvm, settings: { xnack: 'off' } },
    setup(m) {
      mapBothUnmapFirst(m);
      run(discards(m, 1)(m.task));
      queueRetryFault(m.arena, device(m));
    },
    actors: (m) => ({
      W: [works(m)],
      V: [works(m)],
      A: [(task) => mmput(task, m.mm)],
      B: [handlesRepeated(m, 1)],
    }),
  },
  {
    name: 'queues-vs-dontneed',
    title: 'amdkfd without retry faults: the device reads while its queues are stopped and restored',
    windows: 'E2',
    covers: [counts('D', 'hmmFaults'), meets('D', 'driverQueued', 'A', 'clearPte')],
    unless: { migrateOnFault: 'on' },
    machine: { pages: 1, driver: kfdSvm, settings: { xnack: 'off' } },
    setup(m) {
      fillPage(m, 0, 1);
      mapNow(m, 0, false);
    },
    actors: (m) => ({ D: [deviceMustRead(m, 0)], A: [discards(m, 0), cpuWrites(m, 0, 2)] }),
    check: valueIn(2),
  },
  {
    name: 'eviction-worker-vs-exit',
    title: 'amdkfd: a worker that was asked for an eviction, against the exit of the process',
    windows: 'E41 F22',
    covers: [counts('W', 'migratedToSystem'), meets('W', 'copyPage', 'A', 'done')],
    machine: { pages: 1, driver: kfdSvm },
    setup(m) {
      fillPage(m, 0, 1);
      moveNow(m, 0);
      queueWork(m.task, device(m) + Mirror.work, evictionWork);
    },
    actors: (m) => ({ W: [works(m)], A: [(task) => mmput(task, m.mm)] }),
  },
  {
    name: 'eviction-worker-vs-cpu-touch',
    title: 'amdkfd: a worker that was asked for an eviction, against a CPU write to the page',
    windows: 'F27',
    covers: [counts('W', 'migratedToSystem'), counts('A', 'migratedToSystem')],
    machine: { pages: 1, driver: kfdSvm },
    setup(m) {
      fillPage(m, 0, 1);
      moveNow(m, 0);
      queueWork(m.task, device(m) + Mirror.work, evictionWork);
    },
    actors: (m) => ({ W: [works(m)], A: [cpuWrites(m, 0, 2)] }),
    check: valueIn(2),
  },
  {
    name: 'granule-comes-home-to-two-faults',
    title: 'amdkfd: two pages of one granule are on the device, and two CPUs touch one each',
    windows: 'F18 F36',
    covers: [counts('A', 'migratedToSystem'), counts('B', 'migratedToSystem'), meets('A', 'driverCollected', 'B', 'driverFound')],
    machine: { pages: 2, driver: kfdSvm },
    setup(m) {
      for (const page of [0, 1]) {
        fillPage(m, page, 1);
        moveNow(m, page);
      }
    },
    actors: (m) => ({ A: [cpuWrites(m, 0, 2)], B: [cpuReads(m, 1)] }),
    check: valueIn(2),
  },
  {
    name: 'granule-of-a-split-huge-page',
    title:
      'amdkfd: one after another: a huge page on the device has lost its last piece, and a CPU touches its second: the first is in the granule that comes home',
    windows: 'F17 F36',
    covers: [counts('A', 'migratedToSystem')],
    machine: { pages: PTRS_PER_TABLE, hugePages: 3, deviceMemory: PTRS_PER_TABLE, driver: kfdSvm },
    stepLimit: 200_000,
    setup(m) {
      run(madvise(m.task, m.mm, FIRST, PTRS_PER_TABLE, 'hugepage'));
      for (let page = 0; page < PTRS_PER_TABLE; page++) fillPage(m, page, 1);
      run(toDevice(m, 0, PTRS_PER_TABLE)(m.task));
      run(munmap(m.task, m.mm, FIRST + PTRS_PER_TABLE - 1, 1));
    },
    actors: (m) => ({ A: [cpuReads(m, 1)] }),
    check: valueIn(1),
  },
  {
    name: 'close-with-work',
    title: 'amdkfd: a device is closed while a worker has something left to do for it',
    windows: 'E43',
    covers: [stands('W', 'driverDrained'), stands('B', 'driverDrained')],
    machine: { pages: 2, driver: kfdSvm },
    setup: mapBothUnmapFirst,
    actors: (m) => ({ W: [works(m)], B: [closes(m, () => device(m))] }),
  },
  {
    name: 'close-then-touch',
    title: 'one after another: a device file is closed, and a CPU touches what was on the device',
    windows: 'F25 E44',
    covers: [stands('A', 'copyPage'), endsInSystem()],
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      moveNow(m, 0);
    },
    actors: (m) => ({ A: [closes(m, () => device(m)), cpuReads(m, 0)] }),
    check: valueIn(1),
  },
  {
    name: 'two-device-reads-vs-munmap',
    title: 'two threads of one device read a page against its munmap',
    windows: 'E1',
    mirrored: true,
    covers: [counts('D', 'readRetries'), meets('D', 'hmmWalkPte', 'E', 'hmmWalkPte')],
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceReads(m, 0)], E: [deviceReads(m, 0)], A: [unmaps(m, 0)] }),
  },
];
