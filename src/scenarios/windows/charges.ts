/** Pages that are charged to a memory cgroup while they move to a device and home. */

import { load } from '../../arena/access.ts';
import { liveObjects } from '../../arena/pool.ts';
import { Memcg } from '../../arena/structures.ts';
import type { PageNumber } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import { gpusvmXe } from '../../drivers/gpusvm/index.ts';
import { cpuBegin, cpuEnd, faultName } from '../../mm/fault/cpuAccess.ts';
import { VM_FAULT_OOM } from '../../mm/table/vmFault.ts';
import type { Finding } from '../../oracles/finding.ts';
import {
  cpuReads,
  cpuWrites,
  discards,
  evicts,
  fillNow,
  moveNow,
  type Operation,
  toDevice,
  toSystem,
  valueIn,
} from '../kit/operations.ts';
import type { Plan } from '../kit/plan.ts';
import { counts, endsInSystem, meets, stands } from '../kit/reach.ts';
import { FIRST, type SmallMachine } from '../kit/smallMachine.ts';

const onDevice = (m: SmallMachine): void => {
  fillNow(m);
  moveNow(m, 0);
};

/** A store that may end because the limit of the cgroup is reached, and with nothing else. */
const writesOrRunsOut = (m: SmallMachine, page: PageNumber): Operation =>
  function* (task) {
    const at = yield* cpuBegin(task, m.mm, FIRST + page, true);
    if (at >= 0) cpuEnd(task);
    else if (-at !== VM_FAULT_OOM) throw new Violation('I-OUT', `a store at the limit ended with ${faultName(-at)}`);
  };

/** What the cgroup of the process counts at the end. */
const chargedIs =
  (...pages: readonly number[]) =>
  ({ arena }: SmallMachine): Finding[] => {
    const usage = liveObjects(arena, arena.pools.memcg).reduce((sum, memcg) => sum + load(arena, memcg + Memcg.usage), 0);
    if (pages.includes(usage)) return [];
    return [{ rule: 'I-MEMCG', message: `the memory cgroup counts ${usage} pages, the process has ${pages.join(' or ')}` }];
  };

export const chargePlans: readonly Plan[] = [
  {
    name: 'charged-evict-vs-cpu-touch',
    title: 'xe: an eviction by page frame against a CPU write to the page; it is charged to a memory cgroup',
    windows: 'F27 F41',
    covers: [stands('E', 'copyPage'), counts('A', 'migratedToSystem'), meets('E', 'copyPage', 'A', 'faultReadPte')],
    memory: true,
    machine: { pages: 1, memoryMax: 2, driver: gpusvmXe },
    setup: onDevice,
    actors: (m) => ({ E: [evicts(m)], A: [cpuWrites(m, 0, 2)] }),
    check: (m) => [...valueIn(2)(m), ...chargedIs(1)(m)],
  },
  {
    name: 'charged-migration-vs-return',
    title: 'a charged page moves to the device against its migration home, one after the other or at once',
    windows: 'F8',
    covers: [counts('M', 'migratedToDevice'), counts('S', 'migratedToSystem'), endsInSystem()],
    memory: true,
    machine: { pages: 1, memoryMax: 1 },
    setup: fillNow,
    actors: (m) => ({ M: [toDevice(m, 0)], S: [toSystem(m, 0)] }),
    check: (m) => [...valueIn(1)(m), ...chargedIs(1)(m)],
  },
  {
    name: 'charged-hole-vs-cpu-touch',
    title: 'a migration fills a hole with a page of the device, and a CPU writes to it: one of the two pages stays charged',
    windows: 'F14',
    covers: [stands('M', 'memcgCharge'), meets('M', 'memcgCharge', 'A', 'memcgCharge')],
    memory: true,
    machine: { pages: 1, memoryMax: 2 },
    actors: (m) => ({ M: [toDevice(m, 0)], A: [cpuWrites(m, 0, 2)] }),
    check: (m) => [...valueIn(2)(m), ...chargedIs(1)(m)],
  },
  {
    name: 'home-at-the-limit',
    title: 'a CPU brings a page home whose memory cgroup is at its limit, while another one wants one page more',
    windows: 'F12',
    covers: [counts('A', 'migratedToSystem'), stands('B', 'memcgCharge')],
    memory: true,
    machine: { pages: 2, memoryMax: 1 },
    setup: onDevice,
    actors: (m) => ({ A: [cpuReads(m, 0)], B: [writesOrRunsOut(m, 1)] }),
    check: (m) => [...valueIn(1)(m), ...chargedIs(1)(m)],
  },
  {
    name: 'charged-migration-vs-dontneed',
    title: 'a charged page moves to the device and is discarded',
    windows: 'F2',
    covers: [counts('M', 'migratedToDevice'), meets('M', 'migrateFinalize', 'A', 'clearPte')],
    memory: true,
    machine: { pages: 1, memoryMax: 1 },
    setup: fillNow,
    actors: (m) => ({ M: [toDevice(m, 0)], A: [discards(m, 0, 1)] }),
    check: chargedIs(0, 1),
  },
];
