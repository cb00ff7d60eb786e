/** dmirror_device_evict_chunk: everything on the device goes home, by page frame, whoever maps it. */

import { get } from '../../arena/access.ts';
import { Counter } from '../../arena/counters.ts';
import { type Mirror, Pgmap } from '../../arena/structures.ts';
import type { Pfn } from '../../arena/units.ts';
import { migrateDeviceFinalize, migrateDevicePages, migrateDevicePfns, migrateDeviceRange } from '../../migrate/deviceRange.ts';
import { MIGRATE_PFN_MIGRATE, migratePfn, migratePfnToPage } from '../../migrate/migratePfn.ts';
import { copyPage } from '../../mm/page/copyPage.ts';
import { isOwnedDevicePage } from '../../mm/page/devPagemap.ts';
import { lockPage } from '../../mm/page/pageLock.ts';
import { allocPage, putPage } from '../../mm/page/zone.ts';
import type { Steps } from '../../steps/steps.ts';
import { count, type Task } from '../../sync/task.ts';
import { copyBuffer, DMA_FROM_DEVICE, enginePage, mapSlot, unmapBuffer } from '../base/dmaBuffer.ts';
import { mirrorPgmap } from '../base/mirror.ts';
import { Is, optionIs } from './options.ts';
import { disownMoved } from './toSystem.ts';

/** Page frames of one eviction step. */
const UNIT = 64;

/** Collects page frames from the last one down. */
function* collectDownwards(task: Task, start: Pfn, pages: number): Steps<Int32Array> {
  const src = Int32Array.from({ length: pages }, (_, i) => start + pages - 1 - i);
  yield* migrateDevicePfns(task, src);
  return src;
}

function* evictRange(task: Task, mirror: Mirror, start: Pfn, pages: number): Steps<number> {
  const downwards = optionIs(task.arena, mirror, Is.evictFromLast);
  const src = downwards ? yield* collectDownwards(task, start, pages) : yield* migrateDeviceRange(task, start, pages);
  const dst = new Int32Array(pages);
  const buffer = copyBuffer(task.arena, mirror, mirrorPgmap(task.arena, mirror), pages, DMA_FROM_DEVICE);
  let moved = 0;
  for (let i = 0; i < pages; i++) {
    const from = migratePfnToPage(src[i] as number);
    if (((src[i] as number) & MIGRATE_PFN_MIGRATE) === 0 || from === 0) continue;
    // Guard 17: it has gone home, and somebody has yet to put his reference.
    if (!isOwnedDevicePage(task.arena, from)) continue;
    const pfn = yield* allocPage(task, false);
    if (pfn === 0) continue;
    if (!mapSlot(task.arena, buffer, i, pfn)) {
      yield* putPage(task, pfn);
      continue;
    }
    yield* lockPage(task, pfn);
    // No erasing: the unmapping sent a CLEAR event for each mapping, and that has revoked every device entry.
    yield* copyPage(task, enginePage(task.arena, buffer, i, pfn), from);
    dst[i] = migratePfn(pfn);
  }
  unmapBuffer(task.arena, buffer, dst);
  yield* migrateDevicePages(task, src, dst);
  disownMoved(task.arena, src);
  for (let i = 0; i < pages; i++) if (((src[i] as number) & MIGRATE_PFN_MIGRATE) !== 0) moved++;
  yield* migrateDeviceFinalize(task, src, dst);
  return moved;
}

/** One pass over the device; busy pages stay. Returns how many pages moved. */
export function* evict(task: Task, mirror: Mirror): Steps<number> {
  const { arena } = task;
  const pgmap = mirrorPgmap(arena, mirror);
  const start = get(arena, pgmap + Pgmap.start);
  const end = start + get(arena, pgmap + Pgmap.pages);
  const singles = get(arena, pgmap + Pgmap.fresh);
  let moved = 0;
  const units = Math.ceil((singles - start) / UNIT);
  for (let i = 0; i < units; i++) {
    const at = start + (optionIs(arena, mirror, Is.evictFromLast) ? units - 1 - i : i) * UNIT;
    moved += yield* evictRange(task, mirror, at, Math.min(UNIT, singles - at));
  }
  // Huge pages, from the other end of the device: their pieces come home one by one.
  for (let at = get(arena, pgmap + Pgmap.hugeLow); at < end; at += UNIT) {
    moved += yield* evictRange(task, mirror, at, Math.min(UNIT, end - at));
  }
  count(task, Counter.evictions, moved);
  return moved;
}
