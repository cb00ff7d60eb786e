/** Migrations whose pages are copied by an engine of the device, by DMA mappings of them; and mappings that are not to be had. */
import { load, store } from '../../arena/access.ts';
import { Mirror } from '../../arena/structures.ts';
import { Violation } from '../../arena/violation.ts';
import { failDmaMapping } from '../../drivers/base/dmaBuffer.ts';
import type { Driver } from '../../drivers/base/driver.ts';
import { gpusvmXe } from '../../drivers/gpusvm/index.ts';
import { kfdSvm } from '../../drivers/kfd/index.ts';
import { nouveau } from '../../drivers/nouveau/index.ts';
import { cpuBegin, cpuEnd, faultName } from '../../mm/fault/cpuAccess.ts';
import { VM_FAULT_SIGBUS } from '../../mm/table/vmFault.ts';
import type { Finding } from '../../oracles/finding.ts';
import { run } from '../../steps/steps.ts';
import { cpuReads, device, deviceReads, type Operation, toDevice, toSystem } from '../kit/operations.ts';
import type { Plan } from '../kit/plan.ts';
import { counts, endsOnDevice, stands } from '../kit/reach.ts';
import { FIRST, fillPage, readPage, type SmallMachine } from '../kit/smallMachine.ts';

/** Pages 0 and 1 hold 1 and 2. */
const fill = (m: SmallMachine): void => {
  fillPage(m, 0, 1);
  fillPage(m, 1, 2);
};

/** The same, in device memory. Which of the mappings on the way home fails is counted from 1. */
const onDevice =
  (which: number) =>
  (m: SmallMachine): void => {
    fill(m);
    run(m.driver.migrateToDevice(m.task, device(m), FIRST, FIRST + 2));
    store(m.arena, device(m) + Mirror.flags, failDmaMapping(which));
  };

/** A load that may find that its page cannot come home, and nothing else. */
const readsOrFails = (m: SmallMachine): Operation =>
  function* (task) {
    const at = yield* cpuBegin(task, m.mm, FIRST, false);
    if (at >= 0) cpuEnd(task);
    else if (-at !== VM_FAULT_SIGBUS)
      throw new Violation('I-OUT', `a load from a page that cannot be mapped for DMA ended with ${faultName(-at)}`);
  };

const contents = (m: SmallMachine): Finding[] =>
  [0, 1]
    .filter((page) => readPage(m, page) !== page + 1)
    .map((page) => ({ rule: 'I-DATA', message: `page ${page} holds ${readPage(m, page)}, ${page + 1} was written` }));

/** Was the fault that was injected met? */
const met = {
  end: (m: SmallMachine): boolean => load(m.arena, device(m) + Mirror.flags) === 0,
  what: 'a DMA mapping has failed',
};

const unmappableHome = (driver: Driver, short: string): Plan => ({
  name: `unmappable-home-${short}`,
  title: `${short}: two pages are to come home, the second cannot be mapped for DMA, and a CPU and a device touch the first`,
  windows: 'F12',
  covers: [met, stands('A', 'driverCollected')],
  memory: true,
  machine: { driver },
  setup: onDevice(2),
  actors: (m) => ({ A: [readsOrFails(m), cpuReads(m, 0)], D: [deviceReads(m, 0)] }),
  check: contents,
});

export const dmaBufferPlans: readonly Plan[] = [
  unmappableHome(kfdSvm, 'kfd'),
  unmappableHome(gpusvmXe, 'xe'),
  {
    name: 'unmappable-home-nouveau',
    title: 'nouveau: the page that a CPU brings home cannot be mapped for DMA at first',
    windows: 'F12',
    covers: [met, counts('A', 'migratedToSystem')],
    memory: true,
    machine: { driver: nouveau },
    setup: onDevice(1),
    actors: (m) => ({ A: [readsOrFails(m), cpuReads(m, 0)], D: [deviceReads(m, 0)] }),
    check: contents,
  },
  {
    name: 'unmappable-source',
    title: 'nouveau: one of two pages on their way to the device cannot be mapped for DMA and stays, while a CPU reads it',
    windows: 'F1',
    covers: [met, endsOnDevice(0)],
    memory: true,
    machine: { driver: nouveau },
    setup(m) {
      fill(m);
      store(m.arena, device(m) + Mirror.flags, failDmaMapping(2));
    },
    actors: (m) => ({ M: [toDevice(m, 0, 2)], A: [cpuReads(m, 1)] }),
    check: contents,
  },
  {
    name: 'copy-engine-both-ways',
    title: 'nouveau: a page is copied to the device and home, by an engine each way',
    windows: 'F12',
    covers: [counts('M', 'migratedToDevice'), counts('S', 'migratedToSystem')],
    memory: true,
    machine: { driver: nouveau },
    setup: fill,
    actors: (m) => ({ M: [toDevice(m, 0)], S: [toSystem(m, 0)] }),
    check: contents,
  },
];
