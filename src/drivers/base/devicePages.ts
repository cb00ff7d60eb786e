/** The free list of a device's memory, as each driver keeps one. */

import { get, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { PTRS_PER_TABLE } from '../../arena/config.ts';
import { checkPoison } from '../../arena/frames.ts';
import { Pgmap } from '../../arena/structures.ts';
import type { Pfn } from '../../arena/units.ts';
import { zoneDevicePageInit } from '../../mm/page/devPagemap.ts';
import { unlockedBlock } from '../../mm/page/page.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';

/** zone_device_data of a page in use whose driver does not say whose it is: not 0, which stands for a page that has moved. */
const UNNAMED_OWNER = -1;

/** Takes a page of device memory: locked, one reference, contents undefined. 0 when the device is full. */
export function* allocDevicePage(task: Task, pgmap: Pgmap): Steps<Pfn> {
  const { arena } = task;
  yield* spinLock(task, pgmap + Pgmap.lock, LockClass.devicePages);
  let pfn = get(arena, pgmap + Pgmap.free);
  const recycled = pfn !== 0;
  if (recycled) {
    set(arena, pgmap + Pgmap.free, get(arena, arena.page.deviceData + pfn));
  } else if (get(arena, pgmap + Pgmap.fresh) < get(arena, pgmap + Pgmap.hugeLow)) {
    pfn = get(arena, pgmap + Pgmap.fresh);
    set(arena, pgmap + Pgmap.fresh, pfn + 1);
  }
  if (pfn !== 0) set(arena, pgmap + Pgmap.allocated, get(arena, pgmap + Pgmap.allocated) + 1);
  yield* spinUnlock(task, pgmap + Pgmap.lock, LockClass.devicePages);
  if (pfn === 0) return 0;
  if (recycled && task.checks) checkPoison(arena, pfn);
  yield* zoneDevicePageInit(task, pgmap, pfn);
  set(arena, arena.page.deviceData + pfn, UNNAMED_OWNER);
  return pfn;
}

/** A piece comes back; the last one makes the block free. Under the lock. */
function freePiece(arena: Arena, pgmap: Pgmap, pfn: Pfn): void {
  const head = pfn - ((pfn - get(arena, pgmap + Pgmap.hugeLow)) % PTRS_PER_TABLE);
  const left = get(arena, arena.page.pieces + head) - 1;
  set(arena, arena.page.pieces + head, left);
  if (left > 0) return;
  unlockedBlock(arena, head);
  set(arena, arena.page.deviceData + head, get(arena, pgmap + Pgmap.hugeFree));
  set(arena, pgmap + Pgmap.hugeFree, head);
}

/** Takes a block off the list of free ones, or from the end of what was never used; 0 when there is none. Under the lock. */
function takeBlock(arena: Arena, pgmap: Pgmap): number {
  const free = get(arena, pgmap + Pgmap.hugeFree);
  if (free !== 0) {
    set(arena, pgmap + Pgmap.hugeFree, get(arena, arena.page.deviceData + free));
    return free;
  }
  const low = get(arena, pgmap + Pgmap.hugeLow) - PTRS_PER_TABLE;
  if (low < get(arena, pgmap + Pgmap.fresh)) return 0;
  set(arena, pgmap + Pgmap.hugeLow, low);
  return low;
}

/**
 * Takes a huge page of device memory: locked, with one reference to each of its 512 pieces. The first, or 0 when there is none.
 */
export function* allocHugeDevicePage(task: Task, pgmap: Pgmap): Steps<Pfn> {
  const { arena } = task;
  if (!arena.hasHuge) return 0;
  yield* spinLock(task, pgmap + Pgmap.lock, LockClass.devicePages);
  const head = takeBlock(arena, pgmap);
  if (head !== 0) {
    set(arena, arena.page.pieces + head, PTRS_PER_TABLE);
    set(arena, pgmap + Pgmap.allocated, get(arena, pgmap + Pgmap.allocated) + PTRS_PER_TABLE);
  }
  yield* spinUnlock(task, pgmap + Pgmap.lock, LockClass.devicePages);
  if (head === 0) return 0;
  yield* zoneDevicePageInit(task, pgmap, head, PTRS_PER_TABLE);
  for (let pfn = head; pfn < head + PTRS_PER_TABLE; pfn++) set(arena, arena.page.deviceData + pfn, UNNAMED_OWNER);
  return head;
}

/** folio_free: back on the list. May run under a page-table lock. Afterwards the page may belong to somebody else. */
export function* freeDevicePage(task: Task, pgmap: Pgmap, pfn: Pfn): Steps<void> {
  const { arena } = task;
  set(arena, arena.page.compound + pfn, 0);
  yield* spinLock(task, pgmap + Pgmap.lock, LockClass.devicePages);
  if (pfn >= get(arena, pgmap + Pgmap.hugeLow)) freePiece(arena, pgmap, pfn);
  else {
    set(arena, arena.page.deviceData + pfn, get(arena, pgmap + Pgmap.free));
    set(arena, pgmap + Pgmap.free, pfn);
  }
  set(arena, pgmap + Pgmap.freed, get(arena, pgmap + Pgmap.freed) + 1);
  yield* spinUnlock(task, pgmap + Pgmap.lock, LockClass.devicePages);
}

/** Pages of the device in use. */
export const devicePagesInUse = (arena: Arena, pgmap: Pgmap): number =>
  (get(arena, pgmap + Pgmap.allocated) - get(arena, pgmap + Pgmap.freed)) | 0;
