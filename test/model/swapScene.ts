/** The scene of the swap tests. */
import { get } from '../../src/arena/access.ts';
import type { Arena } from '../../src/arena/arena.ts';
import { Header } from '../../src/arena/structures.ts';
import { cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { reclaimPage } from '../../src/mm/swap/reclaim.ts';
import { madvise } from '../../src/mm/syscalls/madvise.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { run } from '../../src/steps/steps.ts';
import { pfnOf } from './look.ts';
import { machine, soloTask } from './machine.ts';
import { record } from './recorder.ts';

export const AT = 16;

/** Eight pages, AT written with 7, and a swap device of four slots. */
export function scene(config = {}) {
  const { arena, task, mm } = machine({ swapSlots: 4, ...config });
  const other = soloTask(arena, 1);
  run(mmapAnonymous(task, mm, AT, 8));
  run(cpuStore(task, mm, AT, 0, 7));
  const events = record(task, mm, 0, 5000);
  return {
    arena,
    task,
    other,
    mm,
    events,
    pageout: (pages = 1, start = AT) => run(madvise(task, mm, start, pages, 'pageout')),
    reclaim: (vpn = AT) => run(reclaimPage(task, pfnOf(arena, mm, vpn))),
    read: (vpn = AT, space = mm) => run(cpuLoad(task, space, vpn, 0)),
    write: (value: number, vpn = AT, space = mm) => run(cpuStore(task, space, vpn, 0, value)),
  };
}

/** Slots that are not in use. */
export const freeSlots = (arena: Arena): number => get(arena, Header.swapFree);
/** Entries that name a slot, and the page that stands for it in the swap cache. */
export const slotOf = (arena: Arena, slot: number): [number, number] => [
  get(arena, arena.swap.count + slot),
  get(arena, arena.swap.cache + slot),
];
