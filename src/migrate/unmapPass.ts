/** migrate_device_unmap: takes the collected pages away from everybody else; gives up those that cannot be had alone. */

import { PTRS_PER_TABLE } from '../arena/config.ts';
import type { Pfn } from '../arena/units.ts';
import { addLru } from '../mm/page/memcg.ts';
import { isDevicePage, isFilePage, isolateLru, pageCount, pageMapcount, pageMapping, pageSwap } from '../mm/page/page.ts';
import { putPage } from '../mm/page/zone.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { MIGRATE_PFN_COMPOUND, MIGRATE_PFN_MIGRATE, migratePfnToPage } from './migratePfn.ts';
import { removeMigrationPtes, tryToMigrate } from './migrationEntries.ts';
import { removeMigrationLeaves, tryToMigrateHuge } from './migrationLeaf.ts';
import { isOfFault, unlockSlot } from './slotLock.ts';

/**
 * migrate_vma_check_page: nobody but the transaction, and the fault path if it is about this page, holds a reference.
 * Device pages get one reference of slack, a relic of the time when a free one had a count of 1; the commit is exact.
 *
 * @kernel mm/migrate_device.c migrate_vma_check_page
 */
function isAlone(task: Task, pfn: Pfn, faultPage: Pfn): boolean {
  const { arena } = task;
  const cached = isFilePage(arena, pfn) ? pageMapping(arena, pfn) !== 0 : pageSwap(arena, pfn) !== 0;
  const extra = 1 + (pfn === faultPage ? 1 : 0) + (isDevicePage(arena, pfn) ? 1 : 0) + (cached ? 1 : 0);
  return pageCount(arena, pfn) - extra <= pageMapcount(arena, pfn);
}

/** Isolates from the LRU and unmaps everywhere. False when the page must go back. */
function* unmapPage(task: Task, pfn: Pfn, faultPage: Pfn): Steps<boolean> {
  const { arena } = task;
  const system = !isDevicePage(arena, pfn);
  yield Point.isolateLru;
  // Test and clear decides against reclaim and other migrations; the reference of the isolation replaces collect's.
  if (system && !isolateLru(arena, pfn)) return false;
  if (pageMapcount(arena, pfn) > 0) yield* tryToMigrate(task, pfn);
  yield Point.migrateUnmapped;
  if (pageMapcount(arena, pfn) === 0 && isAlone(task, pfn, faultPage)) return true;
  if (system) addLru(arena, pfn);
  return false;
}

/** The pieces go back on the LRU, as far as they are system memory. */
function putBack({ arena }: Task, first: Pfn, end: Pfn): void {
  for (let pfn = first; pfn < end; pfn++) if (!isDevicePage(arena, pfn)) addLru(arena, pfn);
}

/** The same for a huge page together: all of it, or nothing. */
function* unmapHuge(task: Task, head: Pfn, faultPage: Pfn): Steps<boolean> {
  const { arena } = task;
  const end = head + PTRS_PER_TABLE;
  yield Point.isolateLru;
  if (!isDevicePage(arena, head)) {
    for (let pfn = head; pfn < end; pfn++) {
      if (isolateLru(arena, pfn)) continue;
      putBack(task, head, pfn);
      return false;
    }
  }
  yield* tryToMigrateHuge(task, head);
  yield Point.migrateUnmapped;
  let alone = true;
  for (let pfn = head; pfn < end && alone; pfn++) alone = pageMapcount(arena, pfn) === 0 && isAlone(task, pfn, faultPage);
  if (!alone) putBack(task, head, end);
  return alone;
}

/**
 * Clears the slots that cannot migrate, restoring their entries, and counts the rest into `result.cpages`.
 *
 * @kernel mm/migrate_device.c migrate_device_unmap
 */
export function* unmapPages(task: Task, src: Int32Array, result: { cpages: number }, faultPage: Pfn): Steps<void> {
  let moving = 0;
  const restore: number[] = [];
  const whole: number[] = [];
  for (let i = 0; i < src.length; i++) {
    const slot = src[i] as number;
    const pfn = migratePfnToPage(slot);
    if ((slot & MIGRATE_PFN_COMPOUND) !== 0 && pfn !== 0) {
      // All of a huge page or nothing.
      if (yield* unmapHuge(task, pfn, faultPage)) moving += PTRS_PER_TABLE;
      else whole.push(i);
      i += PTRS_PER_TABLE - 1;
    } else if (pfn === 0) {
      if ((slot & MIGRATE_PFN_MIGRATE) !== 0) moving++;
    } else if (yield* unmapPage(task, pfn, faultPage)) {
      moving++;
    } else {
      src[i] = slot & ~MIGRATE_PFN_MIGRATE;
      restore.push(i);
    }
  }
  for (const first of whole) {
    const head = migratePfnToPage(src[first] as number);
    yield* removeMigrationLeaves(task, head, head);
    for (let i = first; i < first + PTRS_PER_TABLE; i++) restore.push(i);
  }
  for (const i of restore) {
    const pfn = migratePfnToPage(src[i] as number);
    yield* removeMigrationPtes(task, pfn, pfn);
    src[i] = 0;
    if (!isOfFault(task.arena, pfn, faultPage)) yield* unlockSlot(task, pfn, src, 0);
    yield* putPage(task, pfn);
  }
  result.cpages = moving;
}
