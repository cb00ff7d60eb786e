/** dmirror_device_evict_chunk: everything on the device goes home, by page frame, whoever maps it. */

import { get } from '../../arena/access.ts';
import { PTRS_PER_TABLE } from '../../arena/config.ts';
import { Counter } from '../../arena/counters.ts';
import { type Mirror, Pgmap } from '../../arena/structures.ts';
import type { Pfn } from '../../arena/units.ts';
import { migrateDeviceFinalize, migrateDevicePages, migrateDevicePfns, migrateDeviceRange } from '../../migrate/deviceRange.ts';
import { firstPage, MIGRATE_PFN_COMPOUND, MIGRATE_PFN_MIGRATE, migratePfn, migratePfnToPage } from '../../migrate/migratePfn.ts';
import { copyPage } from '../../mm/page/copyPage.ts';
import { isOwnedDevicePage } from '../../mm/page/devPagemap.ts';
import { allocHugePage } from '../../mm/page/hugeZone.ts';
import { compoundHead } from '../../mm/page/page.ts';
import { hasLocked, lockPage } from '../../mm/page/pageLock.ts';
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

/** Is there something left of a huge page in the slots? They are all of its frames then. */
function isHuge({ arena }: Task, src: Int32Array): boolean {
  if (!arena.hasHuge || src.length !== PTRS_PER_TABLE) return false;
  const pfn = firstPage(src);
  return pfn !== 0 && compoundHead(arena, pfn) !== 0;
}

/** Of a huge destination: pieces that nothing goes to are given back; without any it takes all of the source. */
function* trim(task: Task, src: Int32Array, dst: Int32Array, head: Pfn): Steps<void> {
  let whole = true;
  for (let i = 0; i < dst.length; i++) {
    if (dst[i] !== 0) continue;
    whole = false;
    yield* putPage(task, head + i);
  }
  if (whole) dst[0] = (dst[0] as number) | ((src[0] as number) & MIGRATE_PFN_COMPOUND);
}

/** What was collected goes home; returns how much of it did. */
function* evictPages(task: Task, mirror: Mirror, src: Int32Array): Steps<number> {
  const pages = src.length;
  const dst = new Int32Array(pages);
  const buffer = copyBuffer(task.arena, mirror, mirrorPgmap(task.arena, mirror), pages, DMA_FROM_DEVICE);
  const head = isHuge(task, src) ? yield* allocHugePage(task) : 0;
  let moved = 0;
  for (let i = 0; i < pages; i++) {
    const from = migratePfnToPage(src[i] as number);
    if (((src[i] as number) & MIGRATE_PFN_MIGRATE) === 0 || from === 0) continue;
    // Guard 17: it has gone home, and somebody has yet to put his reference.
    if (!isOwnedDevicePage(task.arena, from)) continue;
    const pfn = head !== 0 ? head + i : yield* allocPage(task, false);
    if (pfn === 0) continue;
    if (!mapSlot(task.arena, buffer, i, pfn)) {
      if (head === 0) yield* putPage(task, pfn);
      continue;
    }
    if (head === 0 || !hasLocked(task, head)) yield* lockPage(task, pfn);
    // No erasing: the unmapping sent a CLEAR event for each mapping, and that has revoked every device entry.
    yield* copyPage(task, enginePage(task.arena, buffer, i, pfn), from);
    dst[i] = migratePfn(pfn);
  }
  // Each piece was mapped for itself, before anybody knew whether the huge page stays one.
  unmapBuffer(task.arena, buffer, dst);
  if (head !== 0) yield* trim(task, src, dst, head);
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
    const downwards = optionIs(arena, mirror, Is.evictFromLast);
    const at = start + (downwards ? units - 1 - i : i) * UNIT;
    const pages = Math.min(UNIT, singles - at);
    const src = downwards ? yield* collectDownwards(task, at, pages) : yield* migrateDeviceRange(task, at, pages);
    moved += yield* evictPages(task, mirror, src);
  }
  // Huge pages, from the other end of the device.
  for (let at = get(arena, pgmap + Pgmap.hugeLow); at < end; at += PTRS_PER_TABLE) {
    moved += yield* evictPages(task, mirror, yield* migrateDeviceRange(task, at, Math.min(PTRS_PER_TABLE, end - at)));
  }
  count(task, Counter.evictions, moved);
  return moved;
}
