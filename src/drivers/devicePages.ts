/** The free list of a device's memory, as each driver keeps one. */
import { get, set } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { checkPoison } from '../arena/frames.ts';
import { Pgmap } from '../arena/structures.ts';
import { zoneDevicePageInit } from '../mm/devPagemap.ts';
import type { Steps } from '../steps/steps.ts';
import { LockClass } from '../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../sync/spinlock.ts';
import type { Task } from '../sync/task.ts';

/** Takes a page of device memory: locked, one reference, contents undefined. 0 when the device is full. */
export function* allocDevicePage(task: Task, pgmap: number): Steps<number> {
  const { arena } = task;
  yield* spinLock(task, pgmap + Pgmap.lock, LockClass.devicePages);
  let pfn = get(arena, pgmap + Pgmap.free);
  const recycled = pfn !== 0;
  if (recycled) {
    set(arena, pgmap + Pgmap.free, get(arena, arena.page.deviceData + pfn));
  } else if (get(arena, pgmap + Pgmap.fresh) < get(arena, pgmap + Pgmap.start) + get(arena, pgmap + Pgmap.pages)) {
    pfn = get(arena, pgmap + Pgmap.fresh);
    set(arena, pgmap + Pgmap.fresh, pfn + 1);
  }
  if (pfn !== 0) set(arena, pgmap + Pgmap.allocated, get(arena, pgmap + Pgmap.allocated) + 1);
  yield* spinUnlock(task, pgmap + Pgmap.lock, LockClass.devicePages);
  if (pfn === 0) return 0;
  if (recycled && task.checks) checkPoison(arena, pfn);
  yield* zoneDevicePageInit(task, pgmap, pfn);
  return pfn;
}

/** folio_free: back on the list. May run under a page-table lock. Afterwards the page may belong to somebody else. */
export function* freeDevicePage(task: Task, pgmap: number, pfn: number): Steps<void> {
  const { arena } = task;
  yield* spinLock(task, pgmap + Pgmap.lock, LockClass.devicePages);
  set(arena, arena.page.deviceData + pfn, get(arena, pgmap + Pgmap.free));
  set(arena, pgmap + Pgmap.free, pfn);
  set(arena, pgmap + Pgmap.freed, get(arena, pgmap + Pgmap.freed) + 1);
  yield* spinUnlock(task, pgmap + Pgmap.lock, LockClass.devicePages);
}

/** Pages of the device in use. */
export const devicePagesInUse = (arena: Arena, pgmap: number): number =>
  get(arena, pgmap + Pgmap.allocated) - get(arena, pgmap + Pgmap.freed);
