/** A device fault against what the address space does meanwhile: windows E1 to E10. */
import { clearRefs } from '../../mm/syscalls/clearRefs.ts';
import { oomReap } from '../../mm/syscalls/madvise.ts';
import { mmapAnonymous } from '../../mm/syscalls/mmap.ts';
import { mremap } from '../../mm/syscalls/mremap.ts';
import { run } from '../../steps/steps.ts';
import {
  actNow,
  cpuReads,
  cpuWrites,
  deviceFaults,
  deviceMustRead,
  deviceMustWrite,
  deviceReads,
  deviceWrites,
  discards,
  forkNow,
  forks,
  makesReadOnly,
  mapNow,
  moveNow,
  unmaps,
  valueIn,
} from '../kit/operations.ts';
import type { Plan } from '../kit/plan.ts';
import { counts, meets, stands } from '../kit/reach.ts';
import { FIRST, fillPage } from '../kit/smallMachine.ts';

export const deviceFaultPlans: readonly Plan[] = [
  {
    name: 'device-fault-vs-munmap',
    title: 'a device read against munmap of the page',
    windows: 'E1 E8 E10',
    covers: [counts('D', 'deviceFaults'), counts('D', 'readRetries'), meets('D', 'hmmWalk', 'A', 'munmapDetached')],
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceReads(m, 0)], A: [unmaps(m, 0)] }),
  },
  {
    name: 'device-fault-vs-dontneed',
    title: 'a device write against MADV_DONTNEED, which holds mmap_lock for reading only',
    windows: 'E2 E10 E21 F30',
    mirrored: true,
    covers: [counts('D', 'readRetries'), meets('D', 'hmmWalkPte', 'A', 'clearPte')],
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceMustWrite(m, 0, 2)], A: [discards(m, 0)] }),
    check: valueIn(0, 2),
  },
  {
    name: 'device-range-vs-dontneed',
    title: 'a device fault of two pages against MADV_DONTNEED of both: no mixed snapshot is believed',
    windows: 'E2 E10 F31',
    mirrored: true,
    covers: [counts('D', 'readRetries'), meets('D', 'hmmWalkPte', 'A', 'clearPte')],
    setup(m) {
      fillPage(m, 0, 1);
      fillPage(m, 1, 1);
    },
    actors: (m) => ({ D: [deviceFaults(m, 0, 2, false)], A: [discards(m, 0, 2)] }),
    check: valueIn(0),
  },
  {
    name: 'half-filled-range-vs-dontneed',
    title: 'a device fault of two pages, the second a hole, against MADV_DONTNEED of the first',
    windows: 'E2 E10',
    mirrored: true,
    covers: [counts('D', 'readRetries'), counts('D', 'hmmFaults')],
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceFaults(m, 0, 2, false)], A: [discards(m, 0)] }),
    check: valueIn(0),
  },
  {
    name: 'device-write-vs-discard',
    title: 'a device writes to a page that it maps, against MADV_DONTNEED',
    windows: 'E2',
    covers: [counts('D', 'deviceFaults'), meets('D', 'deviceTranslated', 'A', 'intervalCallback')],
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      mapNow(m, 0, true);
    },
    actors: (m) => ({ D: [deviceMustWrite(m, 0, 2)], A: [discards(m, 0)] }),
    check: valueIn(0, 2),
  },
  {
    name: 'device-tlb-vs-dontneed',
    title: 'the same with a device that has a TLB, and writes twice',
    windows: 'E2',
    covers: [counts('D', 'deviceFaults'), meets('D', 'deviceTranslated', 'A', 'flushDeviceTlb')],
    machine: { pages: 1, settings: { engine: 'tlb' } },
    setup(m) {
      fillPage(m, 0, 1);
      mapNow(m, 0, true);
    },
    actors: (m) => ({ D: [deviceMustWrite(m, 0, 2), deviceMustWrite(m, 0, 3)], A: [discards(m, 0)] }),
    check: valueIn(0, 3),
  },
  {
    name: 'device-tlb-vs-two-zaps',
    title: 'a device that has a page in its TLB writes to it, against MADV_DONTNEED by two CPUs',
    windows: 'E2 E40',
    covers: [
      meets('D', 'deviceTranslated', 'A', 'flushDeviceTlb'),
      meets('A', 'invalidateRangeStart', 'B', 'invalidateRangeStart'),
    ],
    machine: { pages: 1, settings: { engine: 'tlb' } },
    setup(m) {
      fillPage(m, 0, 1);
      actNow(m, 0, deviceMustWrite(m, 0, 1));
    },
    actors(m) {
      const disturbs = [discards(m, 0)];
      return { D: [deviceMustWrite(m, 0, 2)], A: disturbs, B: disturbs };
    },
    check: valueIn(0, 2),
  },
  {
    name: 'device-fault-vs-mprotect',
    title: 'a device write against mprotect to read-only',
    windows: 'E3',
    covers: [counts('D', 'deviceFaults'), counts('D', 'readRetries'), meets('D', 'mmuIntervalReadBegin', 'A', 'mprotectVma')],
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceWrites(m, 0, 2)], A: [makesReadOnly(m, 0)] }),
    check: valueIn(1, 2),
  },
  {
    name: 'device-fault-vs-fork',
    title: 'a device write against fork',
    windows: 'E4',
    covers: [counts('D', 'readRetries'), stands('D', 'copyPage')],
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceMustWrite(m, 0, 2)], A: [forks(m)] }),
    check: valueIn(2),
  },
  {
    name: 'device-fault-vs-cow',
    title: 'a device read against the copy-on-write of a shared page',
    windows: 'E5',
    mirrored: true,
    covers: [counts('D', 'readRetries'), meets('D', 'hmmWalkPte', 'A', 'copyPage')],
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      forkNow(m);
    },
    actors: (m) => ({ D: [deviceMustRead(m, 0)], A: [cpuWrites(m, 0, 2)] }),
    check: valueIn(2),
  },
  {
    name: 'zero-page-vs-cow',
    title: 'a device read of the zero page against the first CPU write',
    windows: 'E5',
    covers: [counts('D', 'deviceFaults'), meets('D', 'deviceTranslated', 'A', 'intervalCallback')],
    machine: { pages: 1 },
    setup: (m) => mapNow(m, 0, false),
    actors: (m) => ({ D: [deviceMustRead(m, 0)], A: [cpuWrites(m, 0, 2)] }),
    check: valueIn(2),
  },
  {
    name: 'device-fault-vs-mremap',
    title: 'a device read against mremap of the page',
    windows: 'E1 E15',
    covers: [counts('D', 'deviceFaults'), counts('D', 'readRetries'), meets('D', 'mmuIntervalReadBegin', 'A', 'clearPte')],
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceReads(m, 0)], A: [(task) => mremap(task, m.mm, FIRST, 1, { pages: 1, to: FIRST + 8 })] }),
  },
  {
    name: 'mapped-after-mremap',
    title: 'a page is moved, read by the device at its new place, and unmapped there',
    windows: 'E1',
    mirrored: true,
    covers: [counts('A', 'deviceFaults'), counts('A', 'zappedEntries')],
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({
      A: [(task) => mremap(task, m.mm, FIRST, 1, { pages: 1, to: FIRST + 8 }), deviceMustRead(m, 8), unmaps(m, 8)],
    }),
  },
  {
    name: 'device-fault-vs-clear-refs',
    title: 'a device write against the write-protection of clear_refs',
    windows: 'E3',
    mirrored: true,
    covers: [counts('D', 'readRetries'), counts('D', 'hmmFaults')],
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceMustWrite(m, 0, 2)], A: [(task) => clearRefs(task, m.mm)] }),
    check: valueIn(2),
  },
  {
    name: 'device-fault-vs-remap',
    title: 'a device read against munmap, mmap and a CPU write at the same place',
    windows: 'E1 E10',
    mirrored: true,
    covers: [counts('D', 'readRetries'), counts('D', 'hmmFaults')],
    unless: { migrateOnFault: 'on' },
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({
      D: [deviceReads(m, 0)],
      A: [unmaps(m, 0), (task) => mmapAnonymous(task, m.mm, FIRST, 1), cpuWrites(m, 0, 2)],
    }),
    check: valueIn(2),
  },
  {
    name: 'device-fault-vs-two-zaps',
    title: 'a device read against two overlapping MADV_DONTNEED',
    windows: 'E22',
    covers: [counts('D', 'readRetries'), meets('A', 'invalidateRangeStart', 'B', 'invalidateRangeStart')],
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors(m) {
      const disturbs = [discards(m, 0)];
      return { D: [deviceMustRead(m, 0)], A: disturbs, B: disturbs };
    },
    check: valueIn(0),
  },
  {
    name: 'device-fault-vs-cpu-fault',
    title: 'a device write and a CPU load touch an empty page at once',
    windows: 'E9',
    mirrored: true,
    covers: [meets('D', 'hmmFaultPage', 'A', 'faultReadPte'), counts('D', 'hmmFaults')],
    machine: { pages: 1 },
    actors: (m) => ({ D: [deviceMustWrite(m, 0, 2)], A: [cpuReads(m, 0)] }),
    check: valueIn(2),
  },
  {
    name: 'two-device-faults',
    title: 'two devices write to an empty page at once',
    windows: 'E9',
    covers: [counts('D', 'deviceFaults'), meets('D', 'hmmFaultPage', 'E', 'hmmFaultPage'), stands('D', 'freePage')],
    machine: { pages: 1, devices: 2 },
    actors: (m) => ({ D: [deviceMustWrite(m, 0, 2)], E: [deviceMustWrite(m, 0, 3, 1)] }),
    check: valueIn(2, 3),
  },
  {
    name: 'device-fault-vs-oom',
    title: 'a device write against the OOM reaper, which must not wait',
    windows: 'E2 E23',
    covers: [counts('D', 'deviceFaults'), counts('D', 'readRetries'), meets('D', 'hmmWalkPte', 'A', 'clearPte')],
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceWrites(m, 0, 2)], A: [(task) => oomReap(task, m.mm)] }),
  },
  {
    name: 'device-maps-what-is-discarded',
    title: 'one after another: the device maps two pages, and they are discarded',
    windows: 'E1 E38',
    mirrored: true,
    covers: [counts('A', 'zappedEntries')],
    setup(m) {
      fillPage(m, 0, 1);
      fillPage(m, 1, 1);
    },
    actors: (m) => ({ A: [deviceFaults(m, 0, 2, true), discards(m, 0, 2)] }),
  },
  {
    name: 'foreign-device-page',
    title: 'one after another: a device reads a page that another device holds',
    windows: 'E6',
    covers: [counts('D', 'migratedToSystem')],
    memory: true,
    machine: { pages: 1, devices: 2 },
    setup(m) {
      fillPage(m, 0, 1);
      moveNow(m, 0);
    },
    actors: (m) => ({ D: [deviceMustRead(m, 0, 1)] }),
    check: valueIn(1),
  },
  {
    name: 'device-write-to-read-only',
    title: 'one after another: an empty page is made read-only, and the device wants to write to it',
    windows: 'E3',
    covers: [counts('D', 'deviceFaults')],
    machine: { pages: 1 },
    setup: (m) => run(makesReadOnly(m, 0)(m.task)),
    actors: (m) => ({ D: [deviceWrites(m, 0, 2)] }),
    check: valueIn(0),
  },
];
