/** FOLL_LONGTERM: a pin that may last for ever must not keep a page of a device busy, so the page is moved home first. */

import { forgetRound, observed } from '../arena/access.ts';
import { EBUSY } from '../arena/errno.ts';
import type { Mm } from '../arena/structures.ts';
import type { Pfn, Vpn } from '../arena/units.ts';
import { FOLL_LONGTERM, FOLL_PIN, getUserPage, unpinUserPage } from '../mm/fault/gup.ts';
import { copyPage } from '../mm/page/copyPage.ts';
import { disownDevicePage } from '../mm/page/devPagemap.ts';
import { getPage, isDevicePage } from '../mm/page/page.ts';
import { lockPage } from '../mm/page/pageLock.ts';
import { allocPage } from '../mm/page/zone.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { migrateDeviceFinalize, migrateDevicePages } from './deviceRange.ts';
import { MIGRATE_PFN_MIGRATE, migratePfn } from './migratePfn.ts';
import { unmapPages } from './unmapPass.ts';

/**
 * migrate_device_coherent_folio: the reference of the caller is used up. False when somebody else holds one, too, or there is no memory.
 *
 * @kernel mm/migrate_device.c migrate_device_coherent_folio
 */
function* bringHome(task: Task, pfn: Pfn): Steps<boolean> {
  const [src, dst] = [new Int32Array(1), new Int32Array(1)];
  yield* lockPage(task, pfn);
  src[0] = migratePfn(pfn) | MIGRATE_PFN_MIGRATE;
  yield* unmapPages(task, src, { cpages: 0 }, 0);
  if (src[0] === 0) return false;
  const to = yield* allocPage(task, false);
  if (to !== 0) {
    yield* lockPage(task, to);
    dst[0] = migratePfn(to);
  }
  yield* migrateDevicePages(task, src, dst);
  const moved = ((src[0] as number) & MIGRATE_PFN_MIGRATE) !== 0;
  if (moved) {
    yield* copyPage(task, to, pfn);
    disownDevicePage(task.arena, pfn);
  }
  yield* migrateDeviceFinalize(task, src, dst);
  return moved;
}

/**
 * pin_user_pages with FOLL_LONGTERM, for one page. mmap_lock is held for reading.
 *
 * @returns as getUserPage, or -EBUSY: the page is on a device and cannot be moved.
 * @kernel mm/gup.c pin_user_pages(FOLL_LONGTERM)
 */
export function* getLongtermPage(task: Task, mm: Mm, vpn: Vpn, foll: number): Steps<number> {
  const mark = observed();
  for (;;) {
    forgetRound(mark);
    const pfn = yield* getUserPage(task, mm, vpn, foll | FOLL_LONGTERM | FOLL_PIN);
    if (pfn < 0 || !isDevicePage(task.arena, pfn)) return pfn;
    // The pin becomes a reference, and is not let go before: who has none may come to a page that has moved since.
    yield* getPage(task, pfn);
    yield* unpinUserPage(task, pfn);
    if (!(yield* bringHome(task, pfn))) return -EBUSY;
  }
}
