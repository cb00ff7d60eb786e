import type { Mm } from '../../arena/structures.ts';
import { Violation } from '../../arena/violation.ts';
import { cpuLoad, cpuStore } from '../../mm/fault/cpuAccess.ts';
import { getUserPage } from '../../mm/fault/gup.ts';
import { putPage } from '../../mm/page/zone.ts';
import { forkMm } from '../../mm/syscalls/fork.ts';
import { mremap } from '../../mm/syscalls/mremap.ts';
import { mmapReadLock, mmapReadUnlock } from '../../mm/vma/mmapLock.ts';
import { run } from '../../steps/steps.ts';
import {
  cpuReads,
  cpuWrites,
  deviceMustRead,
  discards,
  fillNow,
  forkNow,
  forksAndLooks,
  type Operation,
  pagesOut,
  reclaims,
  swapOutNow,
  unmaps,
  valueIn,
} from '../kit/operations.ts';
import type { Plan } from '../kit/plan.ts';
import { counts, meets, stands } from '../kit/reach.ts';
import { FIRST, fillPage } from '../kit/smallMachine.ts';

const SLOTS = 4;

/** A read of page 0 in an address space: whatever comes before or after it, it finds nothing else. */
const readsOneOf = (mm: Mm, ...allowed: readonly number[]): Operation =>
  function* (task) {
    const value = yield* cpuLoad(task, mm, FIRST, 0);
    if (value === null || !allowed.includes(value))
      throw new Violation('I-DATA', `a load from page 0 finds ${value ?? 'nothing'}, allowed: ${allowed.join(', ')}`);
  };

export const swapInPlans: readonly Plan[] = [
  {
    name: 'device-fault-vs-swap-in',
    title: 'a device read and a CPU write touch a page that is in swap',
    windows: 'E9 S3',
    covers: [meets('D', 'swapCache', 'A', 'swapCache')],
    machine: { pages: 1, swapSlots: SLOTS },
    setup: swapOutNow,
    actors: (m) => ({ D: [deviceMustRead(m, 0)], A: [cpuWrites(m, 0, 2)] }),
    check: valueIn(2),
  },
  {
    name: 'two-swap-ins',
    title: 'two CPUs touch a page that is in swap',
    windows: 'S3',
    covers: [meets('A', 'swapCache', 'B', 'swapCache')],
    machine: { pages: 1, devices: 0, swapSlots: SLOTS },
    setup: swapOutNow,
    actors: (m) => ({ A: [cpuReads(m, 0)], B: [cpuWrites(m, 0, 2)] }),
    check: valueIn(2),
  },
  {
    name: 'swap-in-in-two-processes',
    title: 'parent and child write to a page that both have in swap',
    windows: 'S3 S4',
    covers: [meets('A', 'swapCache', 'B', 'swapCache')],
    machine: { pages: 1, devices: 0, swapSlots: SLOTS },
    setup(m) {
      swapOutNow(m);
      return forkNow(m);
    },
    actors: (m, child) => ({ A: [cpuWrites(m, 0, 2)], B: [(task) => cpuStore(task, child, FIRST, 0, 3)] }),
    check: valueIn(2),
  },
  {
    name: 'unwritten-page-of-two-processes',
    title: 'reclaim unmapped a page that parent and child share, and could not write it; both touch it',
    windows: 'S4',
    covers: [meets('A', 'swapCache', 'B', 'swapCache')],
    machine: { pages: 1, devices: 0, swapSlots: SLOTS },
    setup(m) {
      fillNow(m);
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
    covers: [stands('A', 'swapCache'), meets('A', 'cpuAccess', 'B', 'forkBegin')],
    machine: { pages: 1, devices: 0, swapSlots: SLOTS },
    setup: swapOutNow,
    actors: (m) => ({ A: [cpuWrites(m, 0, 2)], B: [forksAndLooks(m)] }),
    check: valueIn(2),
  },
  {
    name: 'swapped-page-forked',
    title: 'one after another: a process with a page in swap forks',
    windows: 'S2',
    covers: [stands('A', 'swapCache')],
    machine: { pages: 1, devices: 0, swapSlots: SLOTS },
    setup: swapOutNow,
    actors: (m) => ({ A: [(task) => forkMm(task, m.mm)] }),
    check: valueIn(1),
  },
  {
    name: 'swap-in-vs-dontneed',
    title: 'a CPU touches a page that is in swap while it is discarded, and its slot is used again',
    windows: 'S5',
    covers: [meets('A', 'swapCache', 'B', 'clearPte'), stands('B', 'reclaimUnmapped')],
    machine: { pages: 2, devices: 0, swapSlots: SLOTS },
    setup(m) {
      swapOutNow(m);
      fillPage(m, 1, 7);
    },
    actors: (m) => ({ A: [readsOneOf(m.mm, 0, 1)], B: [discards(m, 0), pagesOut(m, 1)] }),
    check: valueIn(0),
  },
  {
    name: 'swap-in-vs-munmap',
    title: 'a device fault on a page that is in swap against munmap',
    windows: 'E1 S5',
    mirrored: true,
    covers: [counts('D', 'hmmFaults'), counts('D', 'readRetries')],
    machine: { pages: 1, swapSlots: SLOTS },
    setup: swapOutNow,
    actors: (m) => ({ D: [(task) => m.driver.fault(task, m.mirrors[0] as number, FIRST, FIRST + 1, false)], A: [unmaps(m, 0)] }),
  },
  {
    name: 'swap-in-vs-mremap',
    title: 'a CPU touches a page that is in swap while it is moved',
    windows: 'S5',
    covers: [stands('A', 'swapCache'), meets('A', 'cpuAccess', 'B', 'setPte')],
    machine: { pages: 1, devices: 0, swapSlots: SLOTS },
    setup: swapOutNow,
    actors: (m) => ({
      A: [(task) => cpuLoad(task, m.mm, FIRST, 0)],
      B: [(task) => mremap(task, m.mm, FIRST, 1, { pages: 1, to: FIRST + 8 })],
    }),
  },
];
