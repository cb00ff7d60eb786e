/** Pages on their way to the device: windows F1 to F10, F14, F24. */
import { load, store } from '../../arena/access.ts';
import { EBUSY, errnoName } from '../../arena/errno.ts';
import { Header, Mm } from '../../arena/structures.ts';
import { Violation } from '../../arena/violation.ts';
import { dmirror } from '../../drivers/dmirror/index.ts';
import { getLongtermPage } from '../../migrate/longterm.ts';
import { FOLL_PIN, FOLL_WRITE, getUserPage } from '../../mm/fault/gup.ts';
import { userfaultfdRegister } from '../../mm/fault/userfaultfd.ts';
import { putPage } from '../../mm/page/zone.ts';
import { oomReap } from '../../mm/syscalls/madvise.ts';
import { munmap } from '../../mm/syscalls/mmap.ts';
import { mmapReadLock, mmapReadUnlock } from '../../mm/vma/mmapLock.ts';
import { run } from '../../steps/steps.ts';
import {
  cpuReads,
  cpuWrites,
  deviceFaults,
  deviceMustRead,
  deviceMustWrite,
  discards,
  forkNow,
  mapNow,
  moveNow,
  type Operation,
  toDevice,
  valueIn,
  writesThroughPin,
} from '../kit/operations.ts';
import { MOVES_FIRST, type Plan } from '../kit/plan.ts';
import { counts, endsInSystem, endsOnDevice, meets, stands } from '../kit/reach.ts';
import { FIRST, fillPage, readPage, type SmallMachine } from '../kit/smallMachine.ts';

/** A pin for ever is refused while there is another reference: the page cannot leave the device. */
const pinsWhatIsReferenced = (m: SmallMachine): Operation =>
  function* (task) {
    yield* mmapReadLock(task, m.mm);
    const reference = yield* getUserPage(task, m.mm, FIRST, 0);
    const pinned = yield* getLongtermPage(task, m.mm, FIRST, FOLL_WRITE | FOLL_PIN);
    if (pinned !== -EBUSY)
      throw new Violation('I-OUT', `a pin for ever on a page of a device ends with ${errnoName(pinned)}, not -EBUSY`);
    yield* putPage(task, reference);
    yield* mmapReadUnlock(task, m.mm);
  };

/** Set when the reaper could take everything. */
const REAPED = Header.shared;

const reaps = (m: SmallMachine): Operation =>
  function* (task) {
    if ((yield* oomReap(task, m.mm)) === 0) store(task.arena, REAPED, 1);
  };

/** Page 0 is in the only page of device memory, page 1 wants it, and keeps what was written to it. */
const oneDevicePage: Pick<Plan, 'machine' | 'setup' | 'check'> = {
  machine: { pages: 2, deviceMemory: 1 },
  setup(m) {
    fillPage(m, 0, 1);
    fillPage(m, 1, 2);
    moveNow(m, 0);
  },
  check: (m) => (readPage(m, 1) === 2 ? [] : [{ rule: 'I-DATA', message: `page 1 holds ${readPage(m, 1)}, 2 was written` }]),
};

export const migrationPlans: readonly Plan[] = [
  {
    name: 'device-write-vs-migration',
    title: 'a device write against the migration of the page to the same device',
    windows: 'E7 F1 F3',
    covers: [endsOnDevice(), meets('D', 'deviceTranslated', 'M', 'intervalCallback')],
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      mapNow(m, 0, true);
    },
    actors: (m) => ({ D: [deviceMustWrite(m, 0, 2)], M: [toDevice(m, 0)] }),
    check: valueIn(2),
  },
  {
    name: 'fault-pass-vs-migration',
    title: 'a device fault of two pages, the second a hole, against the migration of the first to the same device',
    windows: 'E7 F3',
    covers: [counts('D', 'readRetries'), counts('M', 'migratedToDevice')],
    memory: true,
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceFaults(m, 0, 2, true)], M: [toDevice(m, 0)] }),
    check: valueIn(1),
  },
  {
    name: 'migration-vs-dontneed',
    title: 'the migration of a page to the device against MADV_DONTNEED',
    windows: 'F2 F22',
    covers: [endsOnDevice(), meets('M', 'migrateFinalize', 'A', 'clearPte')],
    memory: true,
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ M: [toDevice(m, 0)], A: [discards(m, 0)] }),
    check: valueIn(0),
  },
  {
    name: 'migration-vs-dontneed-under-way',
    title: 'the same, with a MADV_DONTNEED of two pages that may have called the driver long before it clears the entry',
    windows: 'F2',
    covers: [endsOnDevice(1), meets('M', 'migrateFinalize', 'A', 'clearPte')],
    memory: true,
    setup(m) {
      fillPage(m, 0, 1);
      fillPage(m, 1, 1);
    },
    actors: (m) => ({ M: [toDevice(m, 1)], A: [discards(m, 0, 2)] }),
    check: valueIn(0),
  },
  {
    name: 'hole-to-device',
    title: 'one after another: an empty page is migrated and read',
    windows: 'F14',
    covers: [counts('M', 'migratedToDevice')],
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      // Device memory that held something else before.
      fillPage(m, 0, 7);
      moveNow(m, 0);
    },
    actors: (m) => ({ M: [discards(m, 0), toDevice(m, 0)] }),
    check: valueIn(0),
  },
  {
    name: 'hole-vs-cpu-fault',
    title: 'the migration of an empty page against a CPU write to it',
    windows: 'E11 F14',
    covers: [endsOnDevice(), meets('M', 'zoneDevicePageInit', 'A', 'faultReadPte')],
    memory: true,
    machine: { pages: 1 },
    actors: (m) => ({ M: [toDevice(m, 0)], A: [cpuWrites(m, 0, 2)] }),
    check: valueIn(2),
  },
  {
    name: 'hole-vs-oom',
    title: 'the migration of an empty page against the OOM reaper: nothing appears behind the reaper',
    windows: 'F15',
    covers: [endsOnDevice(), meets('M', 'zoneDevicePageInit', 'A', 'oomReap')],
    memory: true,
    machine: { pages: 1 },
    actors: (m) => ({ M: [toDevice(m, 0)], A: [reaps(m)] }),
    check({ arena, mm }) {
      const left = load(arena, mm + Mm.rssAnon);
      return load(arena, REAPED) === 0 || left === 0
        ? []
        : [{ rule: 'I-QUIET', message: `${left} pages are left behind an OOM reaper that took everything` }];
    },
  },
  {
    name: 'hole-in-userfaultfd',
    title: 'an empty page that a monitor wants to hear of does not come to be by migration',
    windows: 'F16',
    covers: [stands('M', 'zoneDevicePageInit')],
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      run(userfaultfdRegister(m.task, m.mm, FIRST, 1));
    },
    actors: (m) => ({ M: [toDevice(m, 0)] }),
    check: ({ arena, mm }) =>
      load(arena, mm + Mm.rssAnon) === 0
        ? []
        : [{ rule: 'I-QUIET', message: 'a page came to be behind the back of its monitor' }],
  },
  {
    name: 'pin-vs-migration',
    title: 'DMA writes through a pin while the page wants to migrate',
    windows: 'F6 F9 F33',
    covers: [endsOnDevice(), endsInSystem()],
    memory: true,
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ M: [toDevice(m, 0)], A: [writesThroughPin(m, 2)] }),
    check: valueIn(2),
  },
  {
    name: 'two-devices',
    title: 'one device migrates a page that the other reads',
    windows: 'E6 F10 F38',
    covers: [stands('D', 'waitOnLocked'), counts('D', 'migratedToSystem'), counts('M', 'migratedToDevice')],
    unless: MOVES_FIRST,
    memory: true,
    machine: { pages: 1, devices: 2 },
    setup(m) {
      fillPage(m, 0, 1);
      mapNow(m, 0, false, 1);
    },
    actors: (m) => ({ M: [toDevice(m, 0)], D: [deviceMustRead(m, 0, 1)] }),
    check: valueIn(1),
  },
  {
    name: 'two-migrations',
    title: 'two devices migrate the same two pages',
    windows: 'F5 F39',
    covers: [
      counts('M', 'migratedToDevice'),
      counts('N', 'migratedToDevice'),
      meets('M', 'copyPage', 'N', 'invalidateRangeStart'),
    ],
    memory: true,
    machine: { devices: 2 },
    setup(m) {
      fillPage(m, 0, 1);
      fillPage(m, 1, 1);
    },
    actors: (m) => ({ M: [toDevice(m, 0, 2)], N: [toDevice(m, 0, 2, 1)] }),
    check: valueIn(1),
  },
  {
    name: 'migration-vs-munmap',
    title: 'a migration beside a writer that waits for mmap_lock',
    windows: 'F40',
    covers: [counts('M', 'migratedToDevice'), stands('A', 'wait')],
    memory: true,
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ M: [toDevice(m, 0)], A: [(task) => munmap(task, m.mm, FIRST, 1)] }),
  },
  {
    name: 'device-page-reused',
    title: 'one CPU discards a page in device memory, and a migration takes the freed page at once',
    windows: 'F24',
    covers: [counts('M', 'migratedToDevice'), endsOnDevice(1)],
    memory: true,
    ...oneDevicePage,
    actors: (m) => ({ A: [discards(m, 0)], M: [toDevice(m, 1)] }),
  },
  {
    name: 'device-page-reused-after-return',
    title: 'a CPU brings a page home, and a migration takes the freed device page at once',
    windows: 'F24',
    covers: [counts('A', 'migratedToSystem'), endsOnDevice(1)],
    memory: true,
    ...oneDevicePage,
    actors: (m) => ({ A: [cpuReads(m, 0)], M: [toDevice(m, 1)] }),
  },
  {
    name: 'page-beside-that-of-a-child',
    title: 'one after another: a child has a page in device memory, and the parent migrates another one at the same address',
    windows: 'F35',
    covers: [endsOnDevice()],
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      moveNow(m, 0);
      const child = forkNow(m);
      run(discards(m, 0)(m.task));
      fillPage(m, 0, 2);
      return child;
    },
    actors: (m) => ({ M: [toDevice(m, 0)] }),
    check: valueIn(2),
  },
  {
    name: 'longterm-pin-of-a-busy-page',
    title:
      'one after another: a pin that may last for ever is wanted on a page of a coherent device that somebody else refers to',
    windows: 'F9',
    covers: [stands('A', 'migrateUnmapped'), endsOnDevice()],
    // A device without memory would have nothing to refuse.
    machine: { pages: 1, coherent: true, driver: dmirror },
    setup(m) {
      fillPage(m, 0, 1);
      moveNow(m, 0);
    },
    actors: (m) => ({ A: [pinsWhatIsReferenced(m)] }),
    check: valueIn(1),
  },
  {
    name: 'device-page-recycled',
    title: 'one after another: to the device, discarded, written, to the device again, touched',
    windows: 'F24',
    covers: [counts('A', 'migratedToDevice'), counts('A', 'migratedToSystem')],
    memory: true,
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ A: [toDevice(m, 0), discards(m, 0), cpuWrites(m, 0, 2), toDevice(m, 0), cpuReads(m, 0)] }),
    check: valueIn(2),
  },
];
