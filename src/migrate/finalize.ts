/** migrate_vma_finalize: migration entries become entries of the new page, or of the old one where the move failed. */
import { removeMigrationPtes } from '../mm/migrationEntries.ts';
import { isDevicePage, PG_LRU, setPageFlags } from '../mm/page.ts';
import { unlockPage } from '../mm/pageLock.ts';
import { putPage } from '../mm/zone.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { MIGRATE_PFN_MIGRATE, migratePfnToPage } from './migratePfn.ts';

/** A destination is released: the mapping's reference keeps it if it was installed, else it is freed. */
function* release(task: Task, pfn: number): Steps<void> {
  yield* unlockPage(task, pfn);
  yield* putPage(task, pfn);
}

export function* finalizePages(task: Task, src: Int32Array, dst: Int32Array, faultPage: number): Steps<void> {
  const { arena } = task;
  for (let i = 0; i < src.length; i++) {
    const slot = src[i] as number;
    const from = migratePfnToPage(slot);
    let to = migratePfnToPage(dst[i] as number);
    if (from === 0) {
      if (to !== 0) yield* release(task, to);
      continue;
    }
    if ((slot & MIGRATE_PFN_MIGRATE) === 0 || to === 0) {
      if (to !== 0) yield* release(task, to);
      to = from;
    }
    yield Point.migrateFinalize;
    if (!isDevicePage(arena, to)) setPageFlags(arena, to, PG_LRU);
    yield* removeMigrationPtes(task, from, to);
    if (from !== faultPage) yield* unlockPage(task, from);
    yield* putPage(task, from);
    if (to !== from) yield* release(task, to);
  }
}
