/** migrate_device_range and its partners: migration by page frame, without a VMA and without mmap_lock. For eviction. */
import { PTRS_PER_TABLE } from '../arena/config.ts';
import type { Pfn } from '../arena/units.ts';
import { compoundHead, pageFolio, tryGetPage } from '../mm/page/page.ts';
import { trylockPage } from '../mm/page/pageLock.ts';
import { isFree, putPage } from '../mm/page/zone.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { commitPages } from './commit.ts';
import { finalizePages } from './finalize.ts';
import { MIGRATE_PFN_COMPOUND, MIGRATE_PFN_MIGRATE, migratePfn } from './migratePfn.ts';
import { unmapPages } from './unmapPass.ts';

/**
 * migrate_device_pfn_lock: the src word of a page frame, 0 when it is free or somebody has it locked. `locked` is what the caller has
 * locked before, if it may be a piece of that.
 *
 * @kernel mm/migrate_device.c migrate_device_pfn_lock
 */
function* lockPfn(task: Task, pfn: Pfn, locked = 0): Steps<number> {
  if (!(yield* tryGetPage(task, pfn))) return 0;
  if (locked !== 0 && pageFolio(task.arena, pfn) === locked) return migratePfn(pfn) | MIGRATE_PFN_MIGRATE;
  if (yield* trylockPage(task, pfn)) return migratePfn(pfn) | MIGRATE_PFN_MIGRATE;
  yield* putPage(task, pfn);
  return 0;
}

/** All pieces of a huge page that are in use, whose first slot is `first`; none if it is locked. */
function* lockHuge(task: Task, src: Int32Array, first: number): Steps<void> {
  const { arena } = task;
  let whole = true;
  let locked = 0;
  for (let i = first; i < first + PTRS_PER_TABLE; i++) {
    const pfn = src[i] as number;
    src[i] = yield* lockPfn(task, pfn, locked);
    if (src[i] !== 0) locked = pageFolio(arena, pfn);
    else if (locked === 0 && !isFree(arena, pfn)) {
      src.fill(0, i, first + PTRS_PER_TABLE);
      return;
    } else whole = false;
  }
  if (whole && compoundHead(arena, locked) === locked) src[first] = (src[first] as number) | MIGRATE_PFN_COMPOUND;
}

/** Is there a huge page from this slot on, or was there one, and all its frames are asked for? */
function isHugeFrom({ arena }: Task, src: Int32Array, first: number): boolean {
  const pfn = src[first] as number;
  if (!arena.hasHuge || first + PTRS_PER_TABLE > src.length || src[first + PTRS_PER_TABLE - 1] !== pfn + PTRS_PER_TABLE - 1)
    return false;
  for (let i = pfn; i < pfn + PTRS_PER_TABLE; i++) if (compoundHead(arena, i) === pfn) return true;
  return false;
}

/**
 * migrate_device_pfns: `src` holds raw page frames on entry and migration words on return; a huge page whose frames are all there is
 * taken as one. Mappings are taken away with
 * one CLEAR bracket each. Busy pages get 0: callers that must empty a device loop.
 *
 * @returns the number of slots that can move.
 * @kernel mm/migrate_device.c migrate_device_pfns
 */
export function* migrateDevicePfns(task: Task, src: Int32Array): Steps<number> {
  for (let i = 0; i < src.length; i++) {
    if (isHugeFrom(task, src, i)) {
      yield* lockHuge(task, src, i);
      i += PTRS_PER_TABLE - 1;
    } else src[i] = yield* lockPfn(task, src[i] as number);
  }
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
