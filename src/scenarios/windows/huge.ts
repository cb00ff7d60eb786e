/** Huge pages: windows F15, F17, F21, F23 and F35. Paths are long, for each piece has steps of its own. */
import { get } from '../../arena/access.ts';
import { Mm } from '../../arena/structures.ts';
import { forgetRange } from '../../drivers/base/forget.ts';
import { setFlags } from '../../drivers/dmirror/commands.ts';
import { FLAG_FAIL_ALLOC } from '../../drivers/dmirror/injected.ts';
import { cpuStore } from '../../mm/fault/cpuAccess.ts';
import { forkMm } from '../../mm/syscalls/fork.ts';
import { oomReap } from '../../mm/syscalls/madvise.ts';
import { mmapAnonymous, munmap } from '../../mm/syscalls/mmap.ts';
import { PTE_PRESENT } from '../../mm/table/pte.ts';
import { hugeLeaf, lookupTable } from '../../mm/table/tables.ts';
import type { Finding } from '../../oracles/finding.ts';
import { run } from '../../steps/steps.ts';
import { adviseHuge, advisesHuge, filled, huge, LAST, lastIs, onDevice, PAGES } from '../kit/hugeMachine.ts';
import {
  cpuReads,
  cpuWrites,
  device,
  deviceMustRead,
  deviceMustWrite,
  discards,
  evicts,
  forkNow,
  makesReadOnly,
  toDevice,
  unmaps,
  valueIn,
} from '../kit/operations.ts';
import type { Plan } from '../kit/plan.ts';
import { counts, endsInSystem, stands } from '../kit/reach.ts';
import { FIRST, fillPage, type SmallMachine } from '../kit/smallMachine.ts';

/** One leaf maps all pages. */
const isHuge = ({ arena, mm }: SmallMachine): Finding[] =>
  (hugeLeaf(arena, lookupTable(arena, get(arena, mm + Mm.pgd), FIRST)) & PTE_PRESENT) !== 0
    ? []
    : [{ rule: 'I-ENTRY', message: 'small pages are mapped where nothing is left that would keep a huge one from coming' }];

export const hugePlans: readonly Plan[] = [
  {
    name: 'huge-page-in-pieces',
    title: 'one after another: a huge page migrates to a device that has single pages only',
    windows: 'F17 F35',
    covers: [counts('M', 'migratedToDevice')],
    memory: true,
    ...huge,
    setup(m) {
      filled(m);
      setFlags(m.arena, device(m), FLAG_FAIL_ALLOC);
    },
    actors: (m) => ({ M: [toDevice(m, 0, PAGES)] }),
    check: (m) => [...valueIn(1)(m), ...lastIs(m, 5)],
  },
  {
    name: 'huge-page-in-pieces-vs-cpu',
    title: 'the same, while a CPU writes to its last page',
    windows: 'F17',
    covers: [counts('M', 'migratedToDevice'), counts('A', 'mmFaults')],
    memory: true,
    ...huge,
    setup(m) {
      filled(m);
      setFlags(m.arena, device(m), FLAG_FAIL_ALLOC);
    },
    actors: (m) => ({ M: [toDevice(m, 0, PAGES)], A: [cpuWrites(m, LAST, 6)] }),
    check: (m) => [...valueIn(1)(m), ...lastIs(m, 6)],
  },
  {
    name: 'huge-page-touched-at-both-ends',
    title: 'two CPUs touch the first and the last page of a huge page in device memory',
    windows: 'E14 F17 F18',
    covers: [counts('A', 'migratedToSystem'), counts('B', 'migratedToSystem')],
    memory: true,
    ...huge,
    setup: onDevice,
    actors: (m) => ({ A: [cpuReads(m, 0)], B: [cpuWrites(m, LAST, 6)] }),
    check: (m) => [...valueIn(1)(m), ...lastIs(m, 6)],
  },
  {
    name: 'huge-page-partly-unmapped',
    title: 'the first half of a huge page in device memory is unmapped while a CPU touches its end',
    windows: 'F17 F35',
    covers: [counts('B', 'migratedToSystem'), stands('A', 'munmapDetached')],
    memory: true,
    ...huge,
    setup: onDevice,
    actors: (m) => ({ A: [unmaps(m, 0, PAGES / 2)], B: [cpuWrites(m, LAST, 6)] }),
    check: (m) => lastIs(m, 6),
  },
  {
    name: 'huge-page-of-two-processes',
    title: 'parent and child share a huge page in device memory; one unmaps half of it, the other writes',
    windows: 'F17 F21 F35',
    covers: [counts('B', 'migratedToSystem'), stands('A', 'munmapDetached')],
    memory: true,
    ...huge,
    setup(m) {
      onDevice(m);
      return forkNow(m);
    },
    actors: (m, child) => ({
      A: [(task) => munmap(task, m.mm, FIRST, PAGES / 2)],
      B: [(task) => cpuStore(task, child, FIRST + LAST, 0, 6)],
    }),
    check: (m) => lastIs(m, 5),
  },
  {
    name: 'huge-migration-vs-discard',
    title: 'a huge page migrates to the device, against MADV_DONTNEED of a part of it',
    windows: 'F2 F17 F22',
    covers: [counts('M', 'migratedToDevice'), stands('A', 'clearPte')],
    memory: true,
    ...huge,
    setup: filled,
    actors: (m) => ({ M: [toDevice(m, 0, PAGES)], A: [discards(m, 0, 8)] }),
    check: (m) => [...valueIn(0)(m), ...lastIs(m, 5)],
  },
  {
    name: 'huge-return-vs-discard',
    title: 'a CPU touches the end of a huge page in device memory, against MADV_DONTNEED of all of it',
    windows: 'F12 F17',
    covers: [counts('A', 'migratedToSystem'), stands('B', 'clearPte')],
    memory: true,
    ...huge,
    setup: onDevice,
    actors: (m) => ({ A: [cpuReads(m, LAST)], B: [discards(m, 0, PAGES)] }),
    check: (m) => valueIn(0)(m),
  },
  {
    name: 'huge-page-read-by-device',
    title: 'a device reads a piece of its own huge page while a CPU brings it home',
    windows: 'F12 F17',
    covers: [counts('D', 'deviceFaults'), counts('A', 'migratedToSystem')],
    memory: true,
    ...huge,
    setup: onDevice,
    actors: (m) => ({ D: [deviceMustRead(m, LAST)], A: [cpuWrites(m, LAST, 6)] }),
    check: (m) => [...valueIn(1)(m), ...lastIs(m, 6)],
  },
  {
    name: 'huge-page-piece-written-by-device',
    title: 'one after another: a device that maps nothing yet writes to the last piece of its own huge page',
    windows: 'F17',
    covers: [counts('D', 'deviceFaults')],
    memory: true,
    ...huge,
    setup(m) {
      onDevice(m);
      run(forgetRange(m.task, m.driver, device(m), FIRST, FIRST + PAGES));
    },
    actors: (m) => ({ D: [deviceMustWrite(m, LAST, 7)] }),
    check: (m) => [...valueIn(1)(m), ...lastIs(m, 7)],
  },
  {
    name: 'huge-fault-vs-discard',
    title: 'a CPU writes to empty memory that is advised to be huge, against MADV_DONTNEED of a part of it',
    windows: 'F17',
    covers: [counts('A', 'mmFaults'), counts('B', 'invalidations')],
    ...huge,
    setup: adviseHuge,
    actors: (m) => ({ A: [cpuWrites(m, 0, 2)], B: [discards(m, 0, 8)] }),
    check: valueIn(0, 2),
  },
  {
    name: 'huge-eviction-vs-mprotect',
    title: 'a huge page goes home in pieces, against mprotect of all of it',
    windows: 'F17 F23',
    covers: [stands('E', 'copyPage'), stands('A', 'mprotectVma')],
    memory: true,
    ...huge,
    setup: onDevice,
    actors: (m) => ({ E: [evicts(m)], A: [makesReadOnly(m, 0, PAGES)] }),
    check: (m) => [...valueIn(1)(m), ...lastIs(m, 5)],
  },
  {
    name: 'huge-eviction-vs-fork',
    title: 'a huge page goes home in pieces, against fork',
    windows: 'F17 F21',
    covers: [stands('E', 'copyPage'), stands('A', 'forkBegin')],
    memory: true,
    ...huge,
    setup: onDevice,
    // The child stays: its exit is no part of the race.
    actors: (m) => ({ E: [evicts(m)], A: [(task) => forkMm(task, m.mm)] }),
    check: (m) => [...valueIn(1)(m), ...lastIs(m, 5)],
  },
  {
    name: 'huge-hole-vs-oom',
    title: 'a huge page is made on the device where nothing was, against the OOM reaper',
    windows: 'F15 F17',
    covers: [counts('M', 'migratedToDevice'), stands('A', 'oomReap')],
    memory: true,
    ...huge,
    setup: adviseHuge,
    actors: (m) => ({ M: [toDevice(m, 0, PAGES)], A: [(task) => oomReap(task, m.mm)] }),
  },
  {
    name: 'huge-page-where-small-ones-were',
    title: 'one after another: memory of small pages is unmapped, and mapped anew for huge ones',
    windows: 'F15',
    covers: [endsInSystem(LAST)],
    ...huge,
    machine: { ...huge.machine, devices: 0 },
    setup(m) {
      for (const page of [0, LAST]) fillPage(m, page, 1);
    },
    actors: (m) => ({
      A: [unmaps(m, 0, PAGES), (task) => mmapAnonymous(task, m.mm, FIRST, PAGES), advisesHuge(m), cpuWrites(m, LAST, 6)],
    }),
    check: (m) => [...isHuge(m), ...lastIs(m, 6)],
  },
];
