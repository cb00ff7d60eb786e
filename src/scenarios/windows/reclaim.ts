/** Pages that are reclaimed while others use them: windows E2, E39, S1, S2, S6 and S7. */
import { frameStore } from '../../arena/access.ts';
import { frameAt } from '../../arena/frames.ts';
import { FOLL_WRITE, getUserPage } from '../../mm/fault/gup.ts';
import { putPage } from '../../mm/page/zone.ts';
import { mmapReadLock, mmapReadUnlock } from '../../mm/vma/mmapLock.ts';
import { Point } from '../../steps/points.ts';
import {
  cpuReads,
  cpuWrites,
  deviceIncrements,
  deviceMustRead,
  deviceMustWrite,
  fillNow,
  forksAndLooks,
  incremented,
  mapNow,
  type Operation,
  reclaims,
  swapInNow,
  toDevice,
  valueIn,
  writesThroughPin,
} from '../kit/operations.ts';
import { MOVES_FIRST, type Plan } from '../kit/plan.ts';
import { counts, endsInSystem, endsOnDevice, meets, stands } from '../kit/reach.ts';
import { FIRST, fillPage, type SmallMachine } from '../kit/smallMachine.ts';

const SLOTS = 4;

/** A reference that is no pin: a page is written through it a moment later. */
const writesThroughReference = (m: SmallMachine, value: number): Operation =>
  function* (task) {
    const { arena } = task;
    yield* mmapReadLock(task, m.mm);
    const pfn = yield* getUserPage(task, m.mm, FIRST, FOLL_WRITE);
    yield* mmapReadUnlock(task, m.mm);
    yield Point.deviceAccess;
    frameStore(arena, frameAt(arena, pfn), value);
    yield* putPage(task, pfn);
  };

/** A reference that stands in the way of a migration, and goes. */
const looksOn = (m: SmallMachine): Operation =>
  function* (task) {
    yield* mmapReadLock(task, m.mm);
    const pfn = yield* getUserPage(task, m.mm, FIRST, 0);
    yield* mmapReadUnlock(task, m.mm);
    yield* putPage(task, pfn);
  };

export const reclaimPlans: readonly Plan[] = [
  {
    name: 'device-fault-vs-reclaim',
    title: 'a device write against the reclaim of the page, which holds no mmap_lock',
    windows: 'E2 S1',
    covers: [counts('D', 'readRetries'), stands('D', 'swapCache')],
    machine: { pages: 1, swapSlots: SLOTS },
    setup: fillNow,
    actors: (m) => ({ D: [deviceMustWrite(m, 0, 2)], R: [reclaims(m, 0)] }),
    check: valueIn(2),
  },
  {
    name: 'device-write-vs-reclaim',
    title: 'a device writes to a page that it maps and that is clean for the CPU; reclaim has an old copy of it in swap',
    windows: 'E39 S1',
    mirrored: true,
    covers: [counts('D', 'hmmFaults'), meets('D', 'deviceTranslated', 'R', 'intervalCallback')],
    unless: MOVES_FIRST,
    machine: { pages: 1, swapSlots: SLOTS },
    setup(m) {
      swapInNow(m);
      mapNow(m, 0, true);
    },
    actors: (m) => ({ D: [deviceMustWrite(m, 0, 2)], R: [reclaims(m, 0)] }),
    check: valueIn(2),
  },
  {
    name: 'device-read-vs-reclaim',
    title: 'a page that a CPU has written since it came from swap is read by the device, and reclaimed: no device write marks it',
    windows: 'E39 S6',
    machine: { pages: 1, swapSlots: SLOTS },
    setup(m) {
      swapInNow(m);
      fillPage(m, 0, 2);
    },
    actors: (m) => ({ D: [deviceMustRead(m, 0)], R: [reclaims(m, 0)] }),
    check: valueIn(2),
    covers: [{ actor: 'R', point: 'reclaimUnmapped' }],
  },
  {
    name: 'exclusive-vs-reclaim',
    title: 'a device increments a page atomically, and reclaim takes it away',
    windows: 'E31 S1',
    covers: [counts('D', 'exclusives'), stands('R', 'reclaimUnmapped')],
    atomics: true,
    machine: { pages: 1, swapSlots: SLOTS },
    setup: fillNow,
    actors: (m) => ({ D: [deviceIncrements(m, 0)], R: [reclaims(m, 0)] }),
    check: incremented(1),
  },
  {
    name: 'fork-vs-reclaim',
    title: 'a fork against the reclaim of a page: the child has it, wherever it is',
    windows: 'S2',
    covers: [stands('A', 'swapCache'), meets('A', 'populateTable', 'R', 'reclaimUnmapped')],
    machine: { pages: 1, devices: 0, swapSlots: SLOTS },
    setup: fillNow,
    actors: (m) => ({ A: [forksAndLooks(m)], R: [reclaims(m, 0)] }),
    check: valueIn(1),
  },
  {
    name: 'cpu-store-vs-reclaim',
    title: 'a CPU writes to a page whose copy is in swap, against its reclaim',
    windows: 'E39 S6',
    covers: [stands('A', 'swapCache'), meets('A', 'cpuTranslated', 'R', 'flushTlb')],
    machine: { pages: 1, devices: 0, swapSlots: SLOTS },
    setup: swapInNow,
    actors: (m) => ({ A: [cpuWrites(m, 0, 2)], R: [reclaims(m, 0)] }),
    check: valueIn(2),
  },
  {
    name: 'reference-vs-reclaim',
    title: 'a page is written through a reference that is no pin, against its reclaim',
    windows: 'S7',
    covers: [meets('A', 'deviceAccess', 'R', 'reclaimUnmapped')],
    machine: { pages: 1, devices: 0, swapSlots: SLOTS },
    setup: fillNow,
    actors: (m) => ({ A: [writesThroughReference(m, 2)], R: [reclaims(m, 0)] }),
    check: valueIn(2),
  },
  {
    name: 'pin-vs-reclaim',
    title: 'DMA writes through a pin, against the reclaim of the page',
    windows: 'F6 S7',
    covers: [meets('A', 'deviceAccess', 'R', 'trylockPage'), stands('A', 'swapCache')],
    machine: { pages: 1, devices: 0, swapSlots: SLOTS },
    setup: fillNow,
    actors: (m) => ({ A: [writesThroughPin(m, 2)], R: [reclaims(m, 0)] }),
    check: valueIn(2),
  },
  {
    name: 'migration-vs-reclaim',
    title: 'a page migrates to the device, and is reclaimed',
    windows: 'F8 S1',
    covers: [counts('M', 'migratedToDevice'), stands('R', 'reclaimUnmapped')],
    memory: true,
    machine: { pages: 1, swapSlots: SLOTS },
    setup: fillNow,
    actors: (m) => ({ M: [toDevice(m, 0)], R: [reclaims(m, 0)] }),
    check: valueIn(1),
  },
  {
    name: 'failed-migration-then-reclaim',
    title: 'a page that was written since it came from swap does not migrate, for a reference; then it is reclaimed',
    windows: 'F9 S6',
    covers: [endsOnDevice(), stands('R', 'reclaimUnmapped')],
    memory: true,
    machine: { pages: 1, swapSlots: SLOTS },
    setup(m) {
      swapInNow(m);
      fillPage(m, 0, 2);
    },
    actors: (m) => ({ M: [toDevice(m, 0)], R: [looksOn(m), reclaims(m, 0)] }),
    check: valueIn(2),
  },
  {
    name: 'failed-migration',
    title: 'a page that was written since it came from swap does not migrate, for a reference',
    windows: 'F9 S6',
    covers: [endsOnDevice(), endsInSystem()],
    memory: true,
    machine: { pages: 1, swapSlots: SLOTS },
    setup(m) {
      swapInNow(m);
      fillPage(m, 0, 2);
    },
    actors: (m) => ({ M: [toDevice(m, 0)], B: [looksOn(m)] }),
    check: valueIn(2),
  },
  {
    name: 'swap-cache-page-migrates',
    title: 'one after another: a page that is in the swap cache migrates to the device, and is touched',
    windows: 'F9',
    covers: [counts('M', 'migratedToDevice'), counts('M', 'migratedToSystem')],
    memory: true,
    machine: { pages: 1, swapSlots: SLOTS },
    setup: swapInNow,
    actors: (m) => ({ M: [toDevice(m, 0), cpuReads(m, 0)] }),
    check: valueIn(1),
  },
];
