/** The scene of the migration tests. */

import { MIGRATE_VMA_SELECT_SYSTEM } from '../../src/migrate/migratePfn.ts';
import type { MigrateVma } from '../../src/migrate/transaction.ts';
import { cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { PG_LOCKED, PG_LRU, pageFlags } from '../../src/mm/page/page.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { mmapReadLock, mmapReadUnlock } from '../../src/mm/vma/mmapLock.ts';
import { run } from '../../src/steps/steps.ts';
import { countsOf } from './look.ts';
import { machine, soloTask } from './machine.ts';
import { record } from './recorder.ts';
import { testDevice, transaction } from './testDevice.ts';

export const AT = 16;

/** Eight pages; AT is written with 7. mmap_lock is held for reading, as it is over a transaction. */
export function scene(config = {}) {
  const { arena, task, mm } = machine(config);
  const other = soloTask(arena, 1);
  run(mmapAnonymous(task, mm, AT, 8));
  run(cpuStore(task, mm, AT, 0, 7));
  const events = record(task, mm, 0, 1000);
  const pgmap = testDevice(arena);
  const begin = (pages = 1, flags = MIGRATE_VMA_SELECT_SYSTEM): MigrateVma => {
    run(mmapReadLock(task, mm));
    return transaction(task, mm, AT, AT + pages, 1, flags);
  };
  const end = () => run(mmapReadUnlock(task, mm));
  return { arena, task, other, mm, events, pgmap, begin, end };
}

/** `[references, mappings, locked, on the LRU]` */
export const stateOf = (arena: ReturnType<typeof scene>['arena'], pfn: number): [number, number, boolean, boolean] => {
  const [references, mappings] = countsOf(arena, pfn);
  const flags = pageFlags(arena, pfn);
  return [references, mappings, (flags & PG_LOCKED) !== 0, (flags & PG_LRU) !== 0];
};
