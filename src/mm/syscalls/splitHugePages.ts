/** split_huge_pages of debugfs: huge pages of a process are split because somebody asks for it. */

import { get } from '../../arena/access.ts';
import { Mm } from '../../arena/structures.ts';
import type { Vpn } from '../../arena/units.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { compoundHead, PG_FILE, pageFlags, tryGetPage } from '../page/page.ts';
import { trylockPage, unlockPage } from '../page/pageLock.ts';
import { putPage } from '../page/zone.ts';
import { splitHugePage } from '../split/splitHugePage.ts';
import { mapsPage, ptePfn, ptePresent } from '../table/pte.ts';
import { readPte } from '../table/tables.ts';
import { mmapReadLock, mmapReadUnlock } from '../vma/mmapLock.ts';

/**
 * Splits every huge page of which a piece is present in [start, end), unless it is locked or somebody holds a reference. Those on a
 * device are passed over.
 *
 * @kernel mm/huge_memory.c split_huge_pages_pid
 */
export function* splitHugePages(task: Task, mm: Mm, start: Vpn, end: Vpn): Steps<void> {
  const { arena } = task;
  yield* mmapReadLock(task, mm);
  for (let vpn = start; vpn < end; vpn++) {
    const pte = readPte(arena, get(arena, mm + Mm.pgd), vpn);
    if (!ptePresent(pte) || !mapsPage(pte)) continue;
    const piece = ptePfn(pte);
    if (compoundHead(arena, piece) === 0 || (pageFlags(arena, piece) & PG_FILE) !== 0) continue;
    if (!(yield* tryGetPage(task, piece))) continue;
    if (yield* trylockPage(task, piece)) {
      yield* splitHugePage(task, piece, 1);
      yield* unlockPage(task, piece);
    }
    yield* putPage(task, piece);
  }
  yield* mmapReadUnlock(task, mm);
}
