/**
 * migrate_vma: moving pages to and from device memory in three calls, always in this order and by one thread, with mmap_lock
 * held for reading from before the first to after the last:
 *
 * 1. {@link migrateVmaSetup} locks and unmaps what can move; then the driver allocates destinations, fills `dst`, revokes
 *    its own mappings of the sources, and copies;
 * 2. {@link migrateVmaPages} commits; then the driver looks at `src` again, because a slot may have lost its MIGRATE bit;
 * 3. {@link migrateVmaFinalize} puts real entries back and releases everything.
 *
 * After a setup that left `cpages` above 0, the other two calls must follow, even if the driver wants nothing any more.
 */

import { EINVAL } from '../arena/errno.ts';
import type { Mm, Vma } from '../arena/structures.ts';
import type { Errno, Vpn } from '../arena/units.ts';
import { Violation } from '../arena/violation.ts';
import { isDevicePrivatePage, pgmapOwner } from '../mm/page/devPagemap.ts';
import { isDevicePage } from '../mm/page/page.ts';
import { isPageLocked } from '../mm/page/pageLock.ts';
import { mmapAssertLocked } from '../mm/vma/mmapLock.ts';
import { VM_HUGETLB, VM_SPECIAL, vmaEnd, vmaFlags, vmaStart } from '../mm/vma/vma.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { collect } from './collect.ts';
import { commitPages } from './commit.ts';
import { finalizePages } from './finalize.ts';
import {
  MIGRATE_VMA_SELECT_DEVICE_COHERENT,
  MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
  MIGRATE_VMA_SELECT_SYSTEM,
  migratePfnToPage,
} from './migratePfn.ts';
import type { MigrateState, MigrateVma } from './transaction.ts';
import { unmapPages } from './unmapPass.ts';

/** What the caller of a transaction chooses. */
export interface MigrateArgs {
  readonly mm: Mm;
  readonly vma: Vma;
  readonly start: Vpn;
  readonly end: Vpn;
  readonly pgmapOwner: number;
  readonly flags: number;
  readonly faultPage?: number;
}

/** A transaction with fresh arrays. */
export function migrateVma({ mm, vma, start, end, pgmapOwner, flags, faultPage = 0 }: MigrateArgs): MigrateVma {
  const pages = Math.max(0, end - start);
  const src = new Int32Array(pages);
  const dst = new Int32Array(pages);
  return { mm, vma, start, end, src, dst, pgmapOwner, flags, faultPage, npages: 0, cpages: 0, state: 'new' };
}

function turn(task: Task, migrate: MigrateVma, expected: MigrateState, what: string): void {
  if (migrate.state !== expected) {
    throw new Violation('I-MIG', `actor ${task.id} calls ${what} on a transaction that is ${migrate.state}, not ${expected}`);
  }
}

/** I-MIG: what was collected is what the caller selects, whatever the walk thinks of it. */
function checkSources({ arena }: Task, { src, flags, pgmapOwner: owner }: MigrateVma): void {
  for (const slot of src) {
    const pfn = migratePfnToPage(slot);
    if (pfn === 0) continue;
    const device = isDevicePage(arena, pfn);
    const select = !device
      ? MIGRATE_VMA_SELECT_SYSTEM
      : isDevicePrivatePage(arena, pfn)
        ? MIGRATE_VMA_SELECT_DEVICE_PRIVATE
        : MIGRATE_VMA_SELECT_DEVICE_COHERENT;
    if ((flags & select) === 0) throw new Violation('I-MIG', `page ${pfn} is collected, and is of a kind nobody asked for`);
    if (device && pgmapOwner(arena, pfn) !== owner)
      throw new Violation('I-MIG', `page ${pfn} of device ${pgmapOwner(arena, pfn)} is collected for device ${owner}`);
  }
}

/**
 * migrate_vma_setup.
 *
 * @returns 0 (with `cpages` 0 when nothing can move: then nothing is held), or -EINVAL: special or hugetlb VMA, empty
 * range, range not inside the VMA, or a fault page that is no locked device page.
 *
 * @kernel mm/migrate_device.c migrate_vma_setup
 */
export function* migrateVmaSetup(task: Task, migrate: MigrateVma): Steps<Errno> {
  const { arena } = task;
  const { mm, vma, start, end, faultPage } = migrate;
  turn(task, migrate, 'new', 'migrateVmaSetup');
  if (vma === 0 || (vmaFlags(arena, vma) & (VM_SPECIAL | VM_HUGETLB)) !== 0) return -EINVAL;
  if (start >= end || start < vmaStart(arena, vma) || end > vmaEnd(arena, vma)) return -EINVAL;
  if (faultPage !== 0 && (!isDevicePage(arena, faultPage) || !isPageLocked(arena, faultPage))) return -EINVAL;
  mmapAssertLocked(task, mm);
  migrate.src.fill(0);
  yield* collect(task, migrate);
  if (task.checks) checkSources(task, migrate);
  if (migrate.cpages !== 0) yield* unmapPages(task, migrate.src, migrate, faultPage);
  // Also with nothing collected: a driver may stop then, or make the other calls all the same.
  migrate.state = 'collected';
  return 0;
}

/**
 * migrate_vma_pages: moves page state to the destinations and fills holes. Slots that fail lose their MIGRATE bit.
 *
 * @kernel mm/migrate_device.c migrate_vma_pages
 */
export function* migrateVmaPages(task: Task, migrate: MigrateVma): Steps<void> {
  turn(task, migrate, 'collected', 'migrateVmaPages');
  yield* commitPages(task, migrate.src, migrate.dst, migrate.faultPage, migrate);
  migrate.state = 'committed';
}

/**
 * migrate_vma_finalize: real entries again, locks and references dropped; destinations of failed slots are freed.
 *
 * @kernel mm/migrate_device.c migrate_vma_finalize
 */
export function* migrateVmaFinalize(task: Task, migrate: MigrateVma): Steps<void> {
  turn(task, migrate, 'committed', 'migrateVmaFinalize');
  yield* finalizePages(task, migrate.src, migrate.dst, migrate.faultPage);
  migrate.state = 'done';
}
