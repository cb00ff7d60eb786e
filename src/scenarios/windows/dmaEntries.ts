/** DMA mappings that come and go with the entries of a device: one that fails, and one whose entry is replaced. */
import { load, store } from '../../arena/access.ts';
import { EFAULT, errnoName } from '../../arena/errno.ts';
import { Mirror } from '../../arena/structures.ts';
import { Violation } from '../../arena/violation.ts';
import { deviceBegin, deviceEnd } from '../../drivers/base/deviceAccess.ts';
import { DEV_WRITE, deviceEntry } from '../../drivers/base/deviceTable.ts';
import { failDmaMapping } from '../../drivers/base/dmaBuffer.ts';
import { nouveau } from '../../drivers/nouveau/index.ts';
import { mmput } from '../../mm/syscalls/exit.ts';
import { run } from '../../steps/steps.ts';
import {
  device,
  deviceMustRead,
  deviceMustWrite,
  deviceOf,
  discards,
  forkNow,
  type Operation,
  valueIn,
} from '../kit/operations.ts';
import type { Plan } from '../kit/plan.ts';
import { counts, meets } from '../kit/reach.ts';
import { FIRST, fillPage, type SmallMachine } from '../kit/smallMachine.ts';

/** A read by the device whose page cannot be mapped for DMA: it gives up, and maps nothing. */
const givesUp = (m: SmallMachine): Operation =>
  function* (task) {
    const at = yield* deviceBegin(task, deviceOf(m), FIRST, FIRST + 1, 'read');
    if (at >= 0) yield* deviceEnd(task, deviceOf(m));
    if (at !== -EFAULT)
      throw new Violation(
        'I-OUT',
        `a device reads a page that cannot be mapped for DMA: ${at >= 0 ? 'it reaches it' : errnoName(at)}, not ${errnoName(-EFAULT)}`,
      );
  };

export const dmaEntryPlans: readonly Plan[] = [
  {
    name: 'unmappable-entry',
    title: 'nouveau: a page that a device reads cannot be mapped for DMA at first, against MADV_DONTNEED',
    windows: 'E2',
    covers: [
      { end: (m) => load(m.arena, device(m) + Mirror.flags) === 0, what: 'a DMA mapping has failed' },
      counts('D', 'deviceFaults'),
      meets('D', 'driverChecked', 'A', 'intervalCallback'),
    ],
    machine: { pages: 1, driver: nouveau },
    setup(m) {
      fillPage(m, 0, 1);
      store(m.arena, device(m) + Mirror.flags, failDmaMapping(1));
    },
    actors: (m) => ({ D: [givesUp(m), deviceMustRead(m, 0)], A: [discards(m, 0)] }),
    check: valueIn(0),
  },
  {
    name: 'entry-made-writable',
    title:
      'nouveau: a device reads a page that was shared with a child until lately, and then writes to it, against MADV_DONTNEED',
    windows: 'E2',
    covers: [
      meets('D', 'setPte', 'A', 'call'),
      {
        end: (m) => (deviceEntry(m.arena, device(m), FIRST) & DEV_WRITE) !== 0,
        what: 'the device maps the page writable at last',
      },
    ],
    machine: { pages: 1, driver: nouveau },
    setup(m) {
      fillPage(m, 0, 1);
      const child = forkNow(m);
      run(mmput(m.task, child));
    },
    actors: (m) => ({ D: [deviceMustRead(m, 0), deviceMustWrite(m, 0, 2)], A: [discards(m, 0)] }),
    check: valueIn(0, 2),
  },
];
