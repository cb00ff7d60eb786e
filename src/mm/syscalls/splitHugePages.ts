/** split_huge_pages of debugfs: huge pages of a process are split because somebody asks for it. */

import { get } from '../../arena/access.ts';
import { Mm } from '../../arena/structures.ts';
import type { Pfn, Vpn } from '../../arena/units.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { extraReferences } from '../huge/compound.ts';
import { splitHugePmd } from '../huge/splitHugePmd.ts';
import { compoundHead, compoundPages, PG_FILE, pageFlags, setCompound, tryGetPage } from '../page/page.ts';
import { splitLock, trylockPage, unlockPage } from '../page/pageLock.ts';
import { putPage } from '../page/zone.ts';
import { eachCompoundMapping } from '../split/compoundRmap.ts';
import { splitHugePage } from '../split/splitHugePage.ts';
import { mapsPage, ptePfn, ptePresent } from '../table/pte.ts';
import { readPte } from '../table/tables.ts';
import { mmapReadLock, mmapReadUnlock } from '../vma/mmapLock.ts';

/** The pieces are mapped one by one, and belong to smaller pages. False when somebody else holds a reference. */
function* splitToOrder(task: Task, piece: Pfn, order: number): Steps<boolean> {
  const { arena } = task;
  const head = compoundHead(arena, piece);
  const pages = compoundPages(arena, piece);
  if (extraReferences(arena, head) !== 1) return false;
  yield* eachCompoundMapping(task, piece, function* ({ mm, start }) {
    yield* splitHugePmd(task, mm, start);
    return true;
  });
  const startOf = (pfn: Pfn): Pfn => pfn - ((pfn - head) % (1 << order));
  yield* splitLock(task, head, [startOf(piece)], () => {
    for (let pfn = head; pfn < head + pages; pfn++) {
      if (compoundHead(arena, pfn) === head) setCompound(arena, pfn, startOf(pfn), order);
    }
  });
  return true;
}

/**
 * Splits every huge page of which a piece is present in [start, end) into pages of `order`, unless it is locked or somebody holds a reference. Those on a
 * device are passed over.
 *
 * @kernel mm/huge_memory.c split_huge_pages_pid
 */
export function* splitHugePages(task: Task, mm: Mm, start: Vpn, end: Vpn, order: number): Steps<void> {
  const { arena } = task;
  yield* mmapReadLock(task, mm);
  for (let vpn = start; vpn < end; vpn++) {
    const pte = readPte(arena, get(arena, mm + Mm.pgd), vpn);
    if (!ptePresent(pte) || !mapsPage(pte)) continue;
    const piece = ptePfn(pte);
    if (compoundHead(arena, piece) === 0 || (pageFlags(arena, piece) & PG_FILE) !== 0) continue;
    if (!(yield* tryGetPage(task, piece))) continue;
    if (yield* trylockPage(task, piece)) {
      // Perhaps it was split before it was ours.
      const isWhole = compoundHead(arena, piece) !== 0;
      if (isWhole && order === 0) yield* splitHugePage(task, piece, 1);
      else if (isWhole && 1 << order < compoundPages(arena, piece)) yield* splitToOrder(task, piece, order);
      yield* unlockPage(task, piece);
    }
    yield* putPage(task, piece);
  }
  yield* mmapReadUnlock(task, mm);
}
