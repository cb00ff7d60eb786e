/** migrate_device_range and its partners: migration by page frame, without a VMA and without mmap_lock. For eviction. */
import type { Pfn } from '../arena/units.ts';
import { tryGetPage } from '../mm/page/page.ts';
import { trylockPage } from '../mm/page/pageLock.ts';
import { putPage } from '../mm/page/zone.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { commitPages } from './commit.ts';
import { finalizePages } from './finalize.ts';
import { MIGRATE_PFN_MIGRATE, migratePfn } from './migratePfn.ts';
import { unmapPages } from './unmapPass.ts';

/** migrate_device_pfn_lock: the src word of a page frame, 0 when it is free or somebody has it locked. */
function* lockPfn(task: Task, pfn: Pfn): Steps<number> {
  if (!(yield* tryGetPage(task, pfn))) return 0;
  if (yield* trylockPage(task, pfn)) return migratePfn(pfn) | MIGRATE_PFN_MIGRATE;
  yield* putPage(task, pfn);
  return 0;
}

/**
 * migrate_device_pfns: `src` holds raw page frames on entry and migration words on return. Mappings are taken away with
 * one CLEAR bracket each. Busy pages get 0: callers that must empty a device loop.
 *
 * @returns the number of slots that can move.
 * @kernel mm/migrate_device.c migrate_device_pfns
 */
export function* migrateDevicePfns(task: Task, src: Int32Array): Steps<number> {
  for (let i = 0; i < src.length; i++) src[i] = yield* lockPfn(task, src[i] as number);
  const result = { cpages: 0 };
  yield* unmapPages(task, src, result, 0);
  return result.cpages;
}

/**
 * migrate_device_range: the same for `pages` page frames from `start`.
 *
 * @kernel mm/migrate_device.c migrate_device_range
 */
export function* migrateDeviceRange(task: Task, start: Pfn, pages: number): Steps<Int32Array> {
  const src = Int32Array.from({ length: pages }, (_, i) => start + i);
  yield* migrateDevicePfns(task, src);
  return src;
}

/**
 * migrate_device_pages.
 *
 * @kernel mm/migrate_device.c migrate_device_pages
 */
export function* migrateDevicePages(task: Task, src: Int32Array, dst: Int32Array): Steps<void> {
  yield* commitPages(task, src, dst, 0, null);
}

/**
 * migrate_device_finalize.
 *
 * @kernel mm/migrate_device.c migrate_device_finalize
 */
export function* migrateDeviceFinalize(task: Task, src: Int32Array, dst: Int32Array): Steps<void> {
  yield* finalizePages(task, src, dst, 0);
}
