/** Pages on their way home, by fault, by request, by eviction: windows F12, F21 to F27. */
import { store } from '../../arena/access.ts';
import { POISON } from '../../arena/config.ts';
import { Mirror } from '../../arena/structures.ts';
import { Violation } from '../../arena/violation.ts';
import { eraseDeviceEntries } from '../../drivers/base/deviceTable.ts';
import { mirrorPgmap } from '../../drivers/base/mirror.ts';
import { FLAG_FAIL_ALLOC, FLAG_FAIL_COPY } from '../../drivers/dmirror/injected.ts';
import { cpuBegin, cpuEnd, cpuStore, faultName } from '../../mm/fault/cpuAccess.ts';
import { memunmapPages } from '../../mm/page/devPagemap.ts';
import { forkMm } from '../../mm/syscalls/fork.ts';
import { mremap } from '../../mm/syscalls/mremap.ts';
import { VM_FAULT_OOM } from '../../mm/table/vmFault.ts';
import { run } from '../../steps/steps.ts';
import {
  closes,
  cpuReads,
  cpuWrites,
  device,
  deviceFaults,
  deviceMustWrite,
  discards,
  evicts,
  forkNow,
  makesReadOnly,
  moveNow,
  type Operation,
  toDevice,
  toSystem,
  valueIn,
} from '../kit/operations.ts';
import type { Plan } from '../kit/plan.ts';
import { counts, endsInSystem, endsOnDevice, meets, stands } from '../kit/reach.ts';
import { FIRST, fillPage, readPage, type SmallMachine } from '../kit/smallMachine.ts';

const onDevice = (m: SmallMachine): void => {
  fillPage(m, 0, 1);
  moveNow(m, 0);
};

/** A load that may end for want of memory, and with nothing else. */
const readsOrRunsOut = (m: SmallMachine): Operation =>
  function* (task) {
    const at = yield* cpuBegin(task, m.mm, FIRST, false);
    if (at >= 0) cpuEnd(task);
    else if (-at !== VM_FAULT_OOM) throw new Violation('I-OUT', `a load that found no memory ended with ${faultName(-at)}`);
  };

export const returnPlans: readonly Plan[] = [
  {
    name: 'device-write-vs-cpu-touch',
    title: 'a device write to its own page against a CPU read that brings the page home',
    windows: 'F12',
    covers: [counts('A', 'migratedToSystem'), meets('D', 'deviceTranslated', 'A', 'intervalCallback')],
    memory: true,
    machine: { pages: 1 },
    setup: onDevice,
    actors: (m) => ({ D: [deviceMustWrite(m, 0, 2)], A: [cpuReads(m, 0)] }),
    check: valueIn(2),
  },
  {
    name: 'device-write-vs-return',
    title: 'a device write to its own page against its migration home on request',
    windows: 'F12',
    covers: [endsInSystem(), meets('D', 'deviceTranslated', 'S', 'intervalCallback')],
    memory: true,
    machine: { pages: 1 },
    setup: onDevice,
    actors: (m) => ({ D: [deviceMustWrite(m, 0, 2)], S: [toSystem(m, 0)] }),
    check: valueIn(2),
  },
  {
    name: 'own-pfn-reused',
    title: 'a fault pass that holds the pfn of a page on the device; the page goes home, another takes its place',
    windows: 'F3 F12',
    covers: [counts('A', 'migratedToSystem'), endsOnDevice(1), counts('D', 'deviceFaults')],
    memory: true,
    machine: { pages: 2, deviceMemory: 1 },
    setup(m) {
      onDevice(m);
      fillPage(m, 1, 5);
    },
    actors: (m) => ({ D: [deviceFaults(m, 0, 1, true), deviceMustWrite(m, 0, 2)], A: [cpuReads(m, 0)], M: [toDevice(m, 1)] }),
    check: (m) => [
      ...valueIn(2)(m),
      ...(readPage(m, 1) === 5 ? [] : [{ rule: 'I-DATA', message: `page 1 holds ${readPage(m, 1)}, 5 was written` }]),
    ],
  },
  {
    name: 'evict-vs-cpu-touch',
    title: 'an eviction by page frame against a CPU write to the page',
    windows: 'F27 F41',
    covers: [stands('E', 'copyPage'), counts('A', 'migratedToSystem'), meets('E', 'copyPage', 'A', 'faultReadPte')],
    memory: true,
    machine: { pages: 1 },
    setup: onDevice,
    actors: (m) => ({ E: [evicts(m)], A: [cpuWrites(m, 0, 2)] }),
    check: valueIn(2),
  },
  {
    name: 'evict-vs-return',
    title: 'an eviction by page frame against the migration home of the page on request',
    windows: 'F27 F41',
    covers: [stands('E', 'copyPage'), counts('S', 'migratedToSystem')],
    memory: true,
    machine: { pages: 1 },
    setup: onDevice,
    actors: (m) => ({ E: [evicts(m)], S: [toSystem(m, 0)] }),
    check: valueIn(1),
  },
  {
    name: 'two-evictions',
    title: 'two evictions by page frame, while a CPU writes to the page',
    windows: 'F27 F41',
    covers: [meets('E', 'copyPage', 'F', 'trylockPage'), counts('A', 'migratedToSystem')],
    memory: true,
    machine: { pages: 1 },
    setup: onDevice,
    actors(m) {
      const evictions = [evicts(m)];
      return { E: evictions, F: evictions, A: [cpuWrites(m, 0, 2)] };
    },
    check: valueIn(2),
  },
  {
    name: 'evict-vs-device-write',
    title: 'an eviction by page frame against a device write to the page',
    windows: 'F12 F27',
    covers: [meets('E', 'copyPage', 'D', 'hmmWalk'), counts('D', 'deviceFaults')],
    memory: true,
    machine: { pages: 1 },
    setup: onDevice,
    actors: (m) => ({ E: [evicts(m)], D: [deviceMustWrite(m, 0, 2)] }),
    check: valueIn(2),
  },
  {
    name: 'evict-vs-device-fault',
    title: 'an eviction by page frame against a device fault on the page, which the device holds and does not map',
    windows: 'F12 F27',
    covers: [meets('E', 'copyPage', 'D', 'hmmWalk'), counts('D', 'deviceFaults')],
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      onDevice(m);
      run(eraseDeviceEntries(m.task, m.mirrors[0] as number, FIRST, FIRST + 1));
    },
    actors: (m) => ({ E: [evicts(m)], D: [deviceMustWrite(m, 0, 2)] }),
    check: valueIn(2),
  },
  {
    name: 'evict-vs-fork',
    title: 'an eviction by page frame against a fork whose child lives on',
    windows: 'F21',
    covers: [endsInSystem(), meets('E', 'copyPage', 'A', 'forkBegin')],
    memory: true,
    machine: { pages: 1 },
    setup: onDevice,
    actors: (m) => ({ E: [evicts(m)], A: [(task) => forkMm(task, m.mm)] }),
    check: valueIn(1),
  },
  {
    name: 'evict-vs-mprotect',
    title: 'an eviction by page frame against mprotect to read-only',
    windows: 'F23',
    covers: [endsInSystem(), meets('E', 'copyPage', 'A', 'mprotectVma')],
    memory: true,
    machine: { pages: 1 },
    setup: onDevice,
    actors: (m) => ({ E: [evicts(m)], A: [makesReadOnly(m, 0)] }),
    check: valueIn(1),
  },
  {
    name: 'evict-vs-mremap',
    title: 'an eviction by page frame against mremap',
    windows: 'F21',
    covers: [stands('E', 'copyPage'), meets('E', 'copyPage', 'A', 'clearPte')],
    memory: true,
    machine: { pages: 1 },
    setup: onDevice,
    actors: (m) => ({ E: [evicts(m)], A: [(task) => mremap(task, m.mm, FIRST, 1, { pages: 1, to: FIRST + 8 })] }),
  },
  {
    name: 'evict-vs-dontneed',
    title: 'an eviction by page frame against MADV_DONTNEED',
    windows: 'F22',
    covers: [stands('E', 'copyPage'), meets('E', 'copyPage', 'A', 'clearPte')],
    memory: true,
    machine: { pages: 1 },
    setup: onDevice,
    actors: (m) => ({ E: [evicts(m)], A: [discards(m, 0)] }),
    check: valueIn(0),
  },
  {
    name: 'evict-mapped-page',
    title: 'one after another: the device maps its page, and it is evicted',
    windows: 'F11',
    covers: [stands('E', 'copyPage'), endsInSystem()],
    memory: true,
    machine: { pages: 1 },
    setup: onDevice,
    actors: (m) => ({ E: [deviceFaults(m, 0, 1, true), evicts(m)] }),
    check: valueIn(1),
  },
  {
    name: 'shared-device-page-written',
    title: 'parent and child share a page in device memory; the device writes for the parent, the child reads',
    windows: 'F21',
    covers: [counts('D', 'deviceFaults'), stands('B', 'copyPage')],
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      onDevice(m);
      return forkNow(m);
    },
    actors: (m, child) => ({ D: [deviceMustWrite(m, 0, 2)], B: [(task) => cpuStore(task, child, FIRST, 0, 3)] }),
    check: valueIn(2),
  },
  {
    name: 'close-and-unbind',
    title: 'one after another: the device is closed and its memory taken away; the page has gone home',
    windows: 'F25 E44',
    covers: [stands('B', 'copyPage'), endsInSystem()],
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      onDevice(m);
      return mirrorPgmap(m.arena, device(m));
    },
    actors: (m, pgmap) => ({ B: [closes(m, () => device(m)), (task) => memunmapPages(task, pgmap)] }),
    check: valueIn(1),
  },
  {
    name: 'return-without-memory',
    title: 'a CPU touches a page on the device, and there is no memory for it: it is told so, and the page stays where it is',
    windows: 'F12',
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      onDevice(m);
      store(m.arena, device(m) + Mirror.flags, FLAG_FAIL_ALLOC);
    },
    actors: (m) => ({ A: [readsOrRunsOut(m), cpuReads(m, 0)], D: [deviceMustWrite(m, 0, 2)] }),
    check: valueIn(2),
    covers: [{ actor: 'A', point: 'driverCollected' }],
  },
  {
    name: 'failed-copy-home',
    title: 'one after another: a CPU touches a page on the device, and the copy engine fails',
    windows: 'F12',
    covers: [stands('A', 'migrateFinalize')],
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      onDevice(m);
      store(m.arena, device(m) + Mirror.flags, FLAG_FAIL_COPY);
    },
    actors: (m) => ({ A: [cpuReads(m, 0)] }),
    check: (m) =>
      readPage(m, 0) === POISON ? [{ rule: 'I-ISO', message: 'a CPU can read what the last owner of a page left in it' }] : [],
  },
  {
    name: 'unbind-vs-cpu-touch',
    title: 'device memory is emptied and taken away while a CPU brings its last page home',
    windows: 'F25 E44',
    covers: [stands('B', 'copyPage'), counts('A', 'migratedToSystem')],
    memory: true,
    machine: { pages: 1 },
    setup: onDevice,
    actors: (m) => ({
      B: [evicts(m), (task) => memunmapPages(task, mirrorPgmap(m.arena, device(m)))],
      A: [cpuReads(m, 0)],
    }),
  },
];
