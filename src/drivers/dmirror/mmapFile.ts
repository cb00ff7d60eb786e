/** dmirror_fops_mmap: a private mapping of the device file, filled with fresh pages of ordinary memory at once. */

import { get, store } from '../../arena/access.ts';
import { ENOMEM } from '../../arena/errno.ts';
import { Mm } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import { addressSpaceAlloc, putAddressSpace } from '../../mm/file/addressSpace.ts';
import { PG_FILE, PG_UPTODATE, setPageFlags } from '../../mm/page/page.ts';
import { allocPage } from '../../mm/page/zone.ts';
import { addAnonRmap } from '../../mm/rmap/rmap.ts';
import { mmapRegion } from '../../mm/syscalls/mmap.ts';
import { mkPte, PTE_YOUNG } from '../../mm/table/pte.ts';
import { ensureEntries, pteAt, ptlOf } from '../../mm/table/tables.ts';
import { addRssFile } from '../../mm/vma/mmStruct.ts';
import { protectionBits, VM_MIXEDMAP } from '../../mm/vma/vma.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';

/** vm_insert_page: maps a zeroed page of the driver read-only. The mapping owns it. 0 or -ENOMEM. */
function* insertPage(task: Task, mm: Mm, vpn: Vpn, flags: number): Steps<Errno> {
  const { arena } = task;
  const table = yield* ensureEntries(task, mm + Mm.pageTableLock, get(arena, mm + Mm.pgd), vpn);
  const pfn = table === 0 ? 0 : yield* allocPage(task, true);
  if (pfn === 0) return -ENOMEM;
  setPageFlags(arena, pfn, PG_FILE | PG_UPTODATE);
  const ptl = ptlOf(arena, table);
  yield* spinLock(task, ptl, LockClass.ptl);
  addAnonRmap(arena, pfn, false);
  addRssFile(arena, mm, 1);
  yield Point.setPte;
  store(arena, pteAt(arena, table, vpn), mkPte(pfn, protectionBits(flags) | PTE_YOUNG));
  yield* spinUnlock(task, ptl, LockClass.ptl);
  return 0;
}

/**
 * Maps `pages` pages of the device file at `start`; `flags` are VM_READ and VM_WRITE. A write gets a copy.
 *
 * @returns the first page, or as mmap.
 */
export function* mmapDeviceFile(task: Task, mm: Mm, start: Vpn, pages: number, flags: number): Steps<number> {
  const mapping = addressSpaceAlloc(task.arena, 0);
  if (mapping === 0) return -ENOMEM;
  const first = yield* mmapRegion(task, mm, start, pages, { flags: flags | VM_MIXEDMAP, backing: { mapping, pgoff: 0 } });
  yield* putAddressSpace(task, mapping);
  let error = 0;
  for (let vpn = first; first >= 0 && vpn < first + pages && error === 0; vpn++) {
    error = yield* insertPage(task, mm, vpn, flags);
  }
  return error === 0 ? first : error;
}
