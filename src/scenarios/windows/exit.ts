/** The end of an address space against the drivers of it: windows E41 to E44. */
import { mmput } from '../../mm/syscalls/exit.ts';
import { device, deviceReads } from '../kit/operations.ts';
import type { Plan } from '../kit/plan.ts';
import { meets, stands } from '../kit/reach.ts';
import { addMirror, fillPage } from '../kit/smallMachine.ts';

export const exitPlans: readonly Plan[] = [
  {
    name: 'device-fault-vs-exit',
    title: 'a device read against the exit of the process',
    windows: 'E41 E42',
    mirrored: true,
    covers: [stands('D', 'freePage'), meets('D', 'hmmWalk', 'A', 'done')],
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ D: [deviceReads(m, 0)], A: [(task) => mmput(task, m.mm)] }),
  },
  {
    name: 'close-vs-exit',
    title: 'a device is closed while the process exits',
    windows: 'E43 E25',
    covers: [meets('B', 'wait', 'A', 'driverInvalidate'), stands('A', 'freePage')],
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ B: [(task) => m.driver.close(task, device(m))], A: [(task) => mmput(task, m.mm)] }),
  },
  {
    name: 'close-after-exit',
    title: 'one after another: the process exits, then the device is closed',
    windows: 'E43',
    covers: [stands('A', 'freePage')],
    machine: { pages: 1 },
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({ A: [(task) => mmput(task, m.mm), (task) => m.driver.close(task, device(m))] }),
  },
  {
    name: 'open-after-exit',
    title: 'one after another: the process exits, and a second device subscribes too late',
    windows: 'E41',
    covers: [stands('A', 'freePage')],
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      return addMirror(m, m.mm);
    },
    actors: (m, mirror) => ({ A: [(task) => mmput(task, m.mm), (task) => m.driver.open(task, mirror)] }),
  },
];
