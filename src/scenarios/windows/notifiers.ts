import type { Mirror } from '../../arena/structures.ts';
import { deviceLoad } from '../../drivers/base/deviceAccess.ts';
import { closes, device, discards, evicts, forkNow, mapNow, moveNow, type Operation } from '../kit/operations.ts';
import type { Plan } from '../kit/plan.ts';
import { counts, meets, stands } from '../kit/reach.ts';
import { addMirror, FIRST, fillPage, type SmallMachine } from '../kit/smallMachine.ts';

/** Subscribes a mirror and reads page 0 through it. */
const opensAndReads = (m: SmallMachine, mirror: Mirror): Operation =>
  function* (task) {
    if ((yield* m.driver.open(task, mirror)) === 0) yield* deviceLoad(task, { driver: m.driver, mirror }, FIRST, 0);
  };

export const notifierPlans: readonly Plan[] = [
  {
    name: 'remove-vs-bracket',
    title: 'an interval is removed, and freed, while an invalidation runs',
    windows: 'E16',
    covers: [meets('A', 'invalidateRangeStart', 'B', 'wait')],
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      mapNow(m, 0, false);
    },
    actors: (m) => ({ B: [closes(m, () => device(m))], A: [discards(m, 0)] }),
  },
  {
    name: 'insert-vs-bracket',
    title: 'a device subscribes, and reads, while an invalidation runs',
    windows: 'E18',
    mirrored: true,
    covers: [counts('B', 'readRetries'), counts('B', 'hmmFaults')],
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      return addMirror(m, m.mm);
    },
    actors: (m, mirror) => ({ B: [opensAndReads(m, mirror)], A: [discards(m, 0)] }),
  },
  {
    name: 'insert-remove-vs-bracket',
    title: 'a device subscribes and unsubscribes at once while an invalidation runs',
    windows: 'E20',
    covers: [counts('A', 'invalidations'), meets('A', 'invalidateRangeStart', 'B', 'lock')],
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      return addMirror(m, m.mm);
    },
    actors: (m, mirror) => ({
      B: [(task) => m.driver.open(task, mirror), closes(m, () => mirror)],
      A: [discards(m, 0)],
    }),
  },
  {
    name: 'insert-vs-walk',
    title: 'a device subscribes while an invalidation walks the tree of two others that map the page',
    windows: 'E19',
    mirrored: true,
    covers: [counts('B', 'readRetries'), meets('B', 'hmmWalk', 'A', 'clearPte')],
    machine: { pages: 1, devices: 2 },
    setup(m) {
      fillPage(m, 0, 1);
      mapNow(m, 0, false);
      mapNow(m, 0, false, 1);
      return addMirror(m, m.mm);
    },
    actors: (m, mirror) => ({ B: [opensAndReads(m, mirror)], A: [discards(m, 0)] }),
  },
  {
    name: 'register-vs-evict',
    title: 'the first subscription of a child while an eviction invalidates through the rmap, without mmap_lock',
    windows: 'E17',
    covers: [meets('B', 'lock', 'E', 'intervalCallback'), stands('E', 'copyPage')],
    memory: true,
    machine: { pages: 1 },
    setup(m) {
      fillPage(m, 0, 1);
      moveNow(m, 0);
      return addMirror(m, forkNow(m));
    },
    actors: (m, mirror) => ({ B: [(task) => m.driver.open(task, mirror)], E: [evicts(m)] }),
  },
];
