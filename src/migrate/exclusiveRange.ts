/** make_device_exclusive_range, the form that kernels before 6.15 have: a whole range is collected first, then converted. */
import { FOLL_WRITE, getUserPage } from '../mm/gup.ts';
import { PG_FILE, pageFlags } from '../mm/page.ts';
import { trylockPage, unlockPage } from '../mm/pageLock.ts';
import { putPage } from '../mm/zone.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../notifier/invalidate.ts';
import { MMU_NOTIFY_EXCLUSIVE, notifierRange } from '../notifier/range.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { convert } from './exclusive.ts';

/** Makes one collected page exclusive. False when it is locked, not anonymous, or no longer mapped there writable. */
function* convertPage(task: Task, mm: number, vpn: number, pfn: number, owner: number): Steps<boolean> {
  if ((pageFlags(task.arena, pfn) & PG_FILE) !== 0 || !(yield* trylockPage(task, pfn))) return false;
  const range = notifierRange(MMU_NOTIFY_EXCLUSIVE, mm, vpn, vpn + 1, owner);
  yield* mmuNotifierInvalidateRangeStart(task, range);
  yield Point.makeDeviceExclusive;
  const converted = yield* convert(task, mm, vpn, pfn);
  yield* mmuNotifierInvalidateRangeEnd(task, range);
  if (!converted) yield* unlockPage(task, pfn);
  return converted;
}

/**
 * make_device_exclusive_range for [start, start + pages.length). mmap_lock is held for reading. Faults in and collects pages
 * up to the first that cannot be had, then converts each; `pages` gets the page frames, locked and referenced, or 0 where the
 * conversion failed.
 *
 * @returns the number of pages collected, or the error of the first page when there are none.
 */
export function* makeDeviceExclusiveRange(
  task: Task,
  mm: number,
  start: number,
  pages: Int32Array,
  owner: number,
): Steps<number> {
  pages.fill(0);
  let collected = 0;
  for (; collected < pages.length; collected++) {
    const pfn = yield* getUserPage(task, mm, start + collected, FOLL_WRITE);
    if (pfn < 0) {
      if (collected === 0) return pfn;
      break;
    }
    pages[collected] = pfn;
  }
  for (let i = 0; i < collected; i++) {
    const pfn = pages[i] as number;
    if (yield* convertPage(task, mm, start + i, pfn, owner)) continue;
    yield* putPage(task, pfn);
    pages[i] = 0;
  }
  return collected;
}
