/** What is left of a huge page in device memory, mapped piece by piece, and splits against migrations: windows E14, F17, F18, F21 and F35. */

import { setFlags } from '../../drivers/dmirror/commands.ts';
import { FLAG_FAIL_ALLOC } from '../../drivers/dmirror/injected.ts';
import { cpuStore } from '../../mm/fault/cpuAccess.ts';
import { madvise } from '../../mm/syscalls/madvise.ts';
import { munmap } from '../../mm/syscalls/mmap.ts';
import { run } from '../../steps/steps.ts';
import { filled, huge, LAST, lastIs, onDevice, PAGES } from '../kit/hugeMachine.ts';
import { cpuReads, cpuWrites, device, evicts, forkNow, toDevice, toSystem, unmaps, valueIn } from '../kit/operations.ts';
import type { Plan } from '../kit/plan.ts';
import { counts, endsOnDevice, stands } from '../kit/reach.ts';
import { FIRST, fillPage, type SmallMachine } from '../kit/smallMachine.ts';

/** All but the last `pieces` of a huge page on the device are unmapped: it is still one page, and mapped piece by piece. */
const cutTo = (pieces: number) => (m: SmallMachine) => {
  onDevice(m);
  run(unmaps(m, 0, PAGES - pieces)(m.task));
};

export const hugePiecePlans: readonly Plan[] = [
  {
    name: 'huge-pieces-touched-at-both-ends',
    title: 'two CPUs touch the two pieces that are left of a huge page in device memory',
    windows: 'E14 F17 F18',
    covers: [counts('A', 'migratedToSystem'), counts('B', 'migratedToSystem'), stands('B', 'waitOnLocked')],
    memory: true,
    ...huge,
    setup: cutTo(2),
    actors: (m) => ({ A: [cpuReads(m, LAST - 1)], B: [cpuWrites(m, LAST, 6)] }),
    check: (m) => lastIs(m, 6),
  },
  {
    name: 'huge-pieces-of-two-processes',
    title: 'parent and child touch the two pieces that are left of a huge page in device memory, each another one',
    windows: 'E14 F17 F21 F35',
    covers: [counts('A', 'migratedToSystem'), counts('B', 'migratedToSystem'), stands('B', 'waitOnLocked')],
    memory: true,
    ...huge,
    setup(m) {
      cutTo(2)(m);
      return forkNow(m);
    },
    actors: (m, child) => ({ A: [cpuReads(m, LAST - 1)], B: [(task) => cpuStore(task, child, FIRST + LAST, 0, 6)] }),
    check: (m) => lastIs(m, 5),
  },
  {
    name: 'huge-tail-vs-munmap',
    title: 'a CPU touches the last piece of a huge page in device memory while what else is left of it is unmapped',
    windows: 'F17 F35',
    covers: [counts('B', 'migratedToSystem'), stands('A', 'munmapDetached')],
    memory: true,
    ...huge,
    setup: cutTo(2),
    actors: (m) => ({ A: [unmaps(m, LAST - 1)], B: [cpuWrites(m, LAST, 6)] }),
    check: (m) => lastIs(m, 6),
  },
  {
    name: 'huge-tail-vs-eviction',
    title: 'a CPU touches the last piece that is left of a huge page in device memory, against an eviction of all of it',
    windows: 'F17 F18 F35',
    covers: [counts('B', 'migratedToSystem'), counts('E', 'evictions')],
    memory: true,
    ...huge,
    setup: cutTo(2),
    actors: (m) => ({ E: [evicts(m)], B: [cpuWrites(m, LAST, 6)] }),
    check: (m) => lastIs(m, 6),
  },
  {
    name: 'huge-split-vs-cpu',
    title: 'the first piece of a huge page in device memory is brought home, which splits it, while a CPU touches the last one',
    windows: 'F17 F18 F35',
    covers: [counts('M', 'migratedToSystem'), counts('B', 'migratedToSystem')],
    memory: true,
    ...huge,
    setup: onDevice,
    actors: (m) => ({ M: [toSystem(m, 0)], B: [cpuWrites(m, LAST, 6)] }),
    check: (m) => [...valueIn(1)(m), ...lastIs(m, 6)],
  },
  {
    name: 'huge-page-short-of-memory',
    title:
      'one after another: a CPU touches a huge page in device memory, and there are only single pages for it in system memory',
    windows: 'F17',
    covers: [counts('A', 'migratedToSystem'), endsOnDevice(0)],
    memory: true,
    ...huge,
    machine: { ...huge.machine, pages: 2 * PAGES, hugePages: 2 },
    setup(m) {
      onDevice(m);
      // The only other huge page is what this gets.
      run(madvise(m.task, m.mm, FIRST + PAGES, PAGES, 'hugepage'));
      fillPage(m, PAGES, 2);
    },
    actors: (m) => ({ A: [cpuWrites(m, LAST, 6)] }),
    check: (m) => [...valueIn(1)(m), ...lastIs(m, 6)],
  },
  {
    name: 'huge-page-of-two-in-pieces',
    title:
      'one after another: a huge page of parent and child migrates to a device that has single pages only; then the child unmaps it',
    windows: 'F17 F21',
    covers: [counts('M', 'migratedToDevice'), endsOnDevice(0), endsOnDevice(LAST)],
    memory: true,
    ...huge,
    setup(m) {
      filled(m);
      setFlags(m.arena, device(m), FLAG_FAIL_ALLOC);
      return forkNow(m);
    },
    actors: (m, child) => ({ M: [toDevice(m, 0, PAGES), (task) => munmap(task, child, FIRST, PAGES)] }),
    check: (m) => [...valueIn(1)(m), ...lastIs(m, 5)],
  },
];
