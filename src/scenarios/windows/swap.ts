/** Pages that go to swap and come back: windows E2, E39 and S1 to S7. */

import { frameStore } from '../../arena/access.ts';
import { frameAt } from '../../arena/frames.ts';
import { Violation } from '../../arena/violation.ts';
import { dmirror } from '../../drivers/dmirror/index.ts';
import { cpuLoad, cpuStore } from '../../mm/cpuAccess.ts';
import { mmput } from '../../mm/exit.ts';
import { forkMm } from '../../mm/fork.ts';
import { FOLL_WRITE, getUserPage } from '../../mm/gup.ts';
import { mmapReadLock, mmapReadUnlock } from '../../mm/mmapLock.ts';
import { mremap } from '../../mm/mremap.ts';
import { putPage } from '../../mm/zone.ts';
import { Point } from '../../steps/points.ts';
import { run } from '../../steps/steps.ts';
import {
  cpuReads,
  cpuWrites,
  deviceIncrements,
  deviceMustRead,
  deviceMustWrite,
  discards,
  forkNow,
  mapNow,
  type Operation,
  pagesOut,
  reclaims,
  toDevice,
  unmaps,
  valueIn,
  writesThroughPin,
} from '../operations.ts';
import type { Plan } from '../plan.ts';
import { FIRST, fillPage, type SmallMachine } from '../smallMachine.ts';

const SLOTS = 4;

/** Page 0 has been written with 1. */
const filled = (m: SmallMachine): void => fillPage(m, 0, 1);

/** ... and is in swap. */
function swappedOut(m: SmallMachine): void {
  filled(m);
  run(pagesOut(m, 0)(m.task));
}

/** ... and has been read since: mapped writable and clean, with its copy in the slot. */
function readBack(m: SmallMachine): void {
  swappedOut(m);
  run(cpuLoad(m.task, m.mm, FIRST, 0));
}

/** What a child finds stays as it is, whatever the parent does. */
const forksAndLooks = (m: SmallMachine): Operation =>
  function* (task) {
    const child = yield* forkMm(task, m.mm);
    if (child < 0) return;
    const first = yield* cpuLoad(task, child, FIRST, 0);
    const second = yield* cpuLoad(task, child, FIRST, 0);
    if (first !== second) throw new Violation('I-ISO', `a child reads ${first}, then ${second}: its parent writes its memory`);
    yield* mmput(task, child);
  };

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

/** A read of page 0 in an address space: whatever comes before or after it, it finds nothing else. */
const readsOneOf = (mm: number, ...allowed: readonly number[]): Operation =>
  function* (task) {
    const value = yield* cpuLoad(task, mm, FIRST, 0);
    if (!allowed.includes(value))
      throw new Violation('I-DATA', `a load from page 0 finds ${value}, allowed: ${allowed.join(', ')}`);
  };

export const swapPlans: readonly Plan[] = [
  {
    name: 'device-fault-vs-reclaim',
    title: 'a device write against the reclaim of the page, which holds no mmap_lock',
    windows: 'E2 S1',
    machine: { pages: 1, swapSlots: SLOTS },
    setup: filled,
    actors: (m) => ({ D: [deviceMustWrite(m, 0, 2)], R: [reclaims(m, 0)] }),
    check: valueIn(2),
  },
  {
    name: 'device-write-vs-reclaim',
    title: 'a device writes to a page that it maps and that is clean for the CPU; reclaim has an old copy of it in swap',
    windows: 'E39 S1',
    machine: { pages: 1, swapSlots: SLOTS },
    setup(m) {
      readBack(m);
      mapNow(m, 0, true);
    },
    actors: (m) => ({ D: [deviceMustWrite(m, 0, 2)], R: [reclaims(m, 0)] }),
    check: valueIn(2),
  },
  {
    name: 'exclusive-vs-reclaim',
    title: 'a device increments a page atomically, and reclaim takes it away',
    windows: 'E31 S1',
    // A device whose atomics need its own memory may give up.
    machine: { pages: 1, swapSlots: SLOTS, driver: dmirror },
    setup: filled,
    actors: (m) => ({ D: [deviceIncrements(m, 0)], R: [reclaims(m, 0)] }),
    check: valueIn(2),
  },
  {
    name: 'device-fault-vs-swap-in',
    title: 'a device read and a CPU write touch a page that is in swap',
    windows: 'E9 S3',
    machine: { pages: 1, swapSlots: SLOTS },
    setup: swappedOut,
    actors: (m) => ({ D: [deviceMustRead(m, 0)], A: [cpuWrites(m, 0, 2)] }),
    check: valueIn(2),
  },
  {
    name: 'two-swap-ins',
    title: 'two CPUs touch a page that is in swap',
    windows: 'S3',
    machine: { pages: 1, devices: 0, swapSlots: SLOTS },
    setup: swappedOut,
    actors: (m) => ({ A: [cpuReads(m, 0)], B: [cpuWrites(m, 0, 2)] }),
    check: valueIn(2),
  },
  {
    name: 'swap-in-in-two-processes',
    title: 'parent and child write to a page that both have in swap',
    windows: 'S3 S4',
    machine: { pages: 1, devices: 0, swapSlots: SLOTS },
    setup(m) {
      swappedOut(m);
      return forkNow(m);
    },
    actors: (m, child) => ({ A: [cpuWrites(m, 0, 2)], B: [(task) => cpuStore(task, child, FIRST, 0, 3)] }),
    check: valueIn(2),
  },
  {
    name: 'unwritten-page-of-two-processes',
    title: 'reclaim unmapped a page that parent and child share, and could not write it; both touch it',
    windows: 'S4',
    machine: { pages: 1, devices: 0, swapSlots: SLOTS },
    setup(m) {
      filled(m);
      const child = forkNow(m);
      run(mmapReadLock(m.task, m.mm));
      const pfn = run(getUserPage(m.task, m.mm, FIRST, 0));
      run(mmapReadUnlock(m.task, m.mm));
      run(reclaims(m, 0)(m.task));
      run(putPage(m.task, pfn));
      return child;
    },
    actors: (m, child) => ({ A: [cpuWrites(m, 0, 2)], B: [readsOneOf(child, 1)] }),
    check: valueIn(2),
  },
  {
    name: 'swap-in-vs-fork',
    title: 'a CPU writes to a page that is in swap while the process forks',
    windows: 'S2',
    machine: { pages: 1, devices: 0, swapSlots: SLOTS },
    setup: swappedOut,
    actors: (m) => ({ A: [cpuWrites(m, 0, 2)], B: [forksAndLooks(m)] }),
    check: valueIn(2),
  },
  {
    name: 'swapped-page-forked',
    title: 'one after another: a process with a page in swap forks',
    windows: 'S2',
    machine: { pages: 1, devices: 0, swapSlots: SLOTS },
    setup: swappedOut,
    actors: (m) => ({ A: [(task) => forkMm(task, m.mm)] }),
    check: valueIn(1),
  },
  {
    name: 'fork-vs-reclaim',
    title: 'a fork against the reclaim of a page: the child has it, wherever it is',
    windows: 'S2',
    machine: { pages: 1, devices: 0, swapSlots: SLOTS },
    setup: filled,
    actors: (m) => ({ A: [forksAndLooks(m)], R: [reclaims(m, 0)] }),
    check: valueIn(1),
  },
  {
    name: 'cpu-store-vs-reclaim',
    title: 'a CPU writes to a page whose copy is in swap, against its reclaim',
    windows: 'E39 S6',
    machine: { pages: 1, devices: 0, swapSlots: SLOTS },
    setup: readBack,
    actors: (m) => ({ A: [cpuWrites(m, 0, 2)], R: [reclaims(m, 0)] }),
    check: valueIn(2),
  },
  {
    name: 'swap-in-vs-dontneed',
    title: 'a CPU touches a page that is in swap while it is discarded, and its slot is used again',
    windows: 'S5',
    machine: { pages: 2, devices: 0, swapSlots: SLOTS },
    setup(m) {
      swappedOut(m);
      fillPage(m, 1, 7);
    },
    actors: (m) => ({ A: [readsOneOf(m.mm, 0, 1)], B: [discards(m, 0), pagesOut(m, 1)] }),
    check: valueIn(0),
  },
  {
    name: 'swap-in-vs-munmap',
    title: 'a device fault on a page that is in swap against munmap',
    windows: 'E1 S5',
    machine: { pages: 1, swapSlots: SLOTS },
    setup: swappedOut,
    actors: (m) => ({ D: [(task) => m.driver.fault(task, m.mirrors[0] as number, FIRST, FIRST + 1, false)], A: [unmaps(m, 0)] }),
  },
  {
    name: 'swap-in-vs-mremap',
    title: 'a CPU touches a page that is in swap while it is moved',
    windows: 'S5',
    machine: { pages: 1, devices: 0, swapSlots: SLOTS },
    setup: swappedOut,
    actors: (m) => ({
      A: [(task) => cpuLoad(task, m.mm, FIRST, 0)],
      B: [(task) => mremap(task, m.mm, FIRST, 1, 1, FIRST + 8)],
    }),
  },
  {
    name: 'reference-vs-reclaim',
    title: 'a page is written through a reference that is no pin, against its reclaim',
    windows: 'S7',
    machine: { pages: 1, devices: 0, swapSlots: SLOTS },
    setup: filled,
    actors: (m) => ({ A: [writesThroughReference(m, 2)], R: [reclaims(m, 0)] }),
    check: valueIn(2),
  },
  {
    name: 'pin-vs-reclaim',
    title: 'DMA writes through a pin, against the reclaim of the page',
    windows: 'F6 S7',
    machine: { pages: 1, devices: 0, swapSlots: SLOTS },
    setup: filled,
    actors: (m) => ({ A: [writesThroughPin(m, 2)], R: [reclaims(m, 0)] }),
    check: valueIn(2),
  },
  {
    name: 'migration-vs-reclaim',
    title: 'a page migrates to the device, and is reclaimed',
    windows: 'F8 S1',
    machine: { pages: 1, swapSlots: SLOTS },
    setup: filled,
    actors: (m) => ({ M: [toDevice(m, 0)], R: [reclaims(m, 0)] }),
    check: valueIn(1),
  },
  {
    name: 'failed-migration-then-reclaim',
    title: 'a page that was written since it came from swap does not migrate, for a reference; then it is reclaimed',
    windows: 'F9 S6',
    machine: { pages: 1, swapSlots: SLOTS },
    setup(m) {
      readBack(m);
      fillPage(m, 0, 2);
    },
    actors: (m) => ({ M: [toDevice(m, 0)], R: [looksOn(m), reclaims(m, 0)] }),
    check: valueIn(2),
  },
  {
    name: 'failed-migration',
    title: 'a page that was written since it came from swap does not migrate, for a reference',
    windows: 'F9 S6',
    machine: { pages: 1, swapSlots: SLOTS },
    setup(m) {
      readBack(m);
      fillPage(m, 0, 2);
    },
    actors: (m) => ({ M: [toDevice(m, 0)], B: [looksOn(m)] }),
    check: valueIn(2),
  },
  {
    name: 'swap-cache-page-migrates',
    title: 'one after another: a page that is in the swap cache migrates to the device, and is touched',
    windows: 'F9',
    machine: { pages: 1, swapSlots: SLOTS },
    setup: readBack,
    actors: (m) => ({ M: [toDevice(m, 0), cpuReads(m, 0)] }),
    check: valueIn(1),
  },
];
