/** do_wp_page: a write to a present entry that does not allow it, in a private mapping. Reuse the page, or copy it. */

import { get, store, xchg } from '../../arena/access.ts';
import { PTRS_PER_TABLE } from '../../arena/config.ts';
import { clearFrame } from '../../arena/frames.ts';
import { Vma } from '../../arena/structures.ts';
import type { PageTable, Pfn, VmFault } from '../../arena/units.ts';
import { isOlder, Older } from '../../kernels/older.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../../notifier/invalidate.ts';
import { MMU_NOTIFY_CLEAR, notifierRange } from '../../notifier/range.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { compoundMapcount, extraReferences, isLastPiece } from '../huge/compound.ts';
import { copyPage } from '../page/copyPage.ts';
import {
  compoundHead,
  getPage,
  isFilePage,
  PG_ANON_EXCLUSIVE,
  pageCount,
  pageHas,
  pageSwap,
  setAnonMapping,
  setPageFlags,
} from '../page/page.ts';
import { trylockPage, unlockPage } from '../page/pageLock.ts';
import { folioPrealloc, putPage } from '../page/zone.ts';
import { addNewAnonRmap, anonVmaPrepare, removeRmap } from '../rmap/rmap.ts';
import { freeSwap, putMappedPage } from '../swap/swap.ts';
import { flushTlbPage } from '../table/flush.ts';
import { mapsPage, mkPte, PTE_DIRTY, PTE_PRESENT, PTE_SPECIAL, PTE_WRITE, PTE_YOUNG, ptePfn } from '../table/pte.ts';
import { pteAt } from '../table/tables.ts';
import { FAULT_FLAG_UNSHARE, type Fault, faultPtl, VM_FAULT_OOM } from '../table/vmFault.ts';
import { addRss, addRssFile } from '../vma/mmStruct.ts';
import { linearPageIndex, VM_SHARED, vmaFlags } from '../vma/vma.ts';

/**
 * Is all that is mapped of the huge page mapped by entries of this table, and does nobody else hold a piece? An older kernel asks
 * whether the piece is all that is left of it.
 *
 * @kernel mm/memory.c __wp_can_reuse_large_anon_folio
 */
function isHugeOurs({ arena }: Task, table: PageTable, pfn: Pfn): boolean {
  if (isOlder(arena, Older.reuseNeedsLastPiece)) return isLastPiece(arena, pfn);
  const head = compoundHead(arena, pfn);
  let ours = 0;
  for (let i = 0; i < PTRS_PER_TABLE; i++) {
    const pte = get(arena, pteAt(arena, table, i));
    if (mapsPage(pte) && compoundHead(arena, ptePfn(pte)) === head) ours++;
  }
  return ours === compoundMapcount(arena, head) && extraReferences(arena, head) === 0;
}

/**
 * Can we prove that no other mapping and no other reference exists? Then the page becomes ours. Under the PTL.
 *
 * @kernel mm/memory.c wp_can_reuse_anon_folio
 */
function* wpCanReuse(task: Task, table: PageTable, pfn: Pfn): Steps<boolean> {
  const { arena } = task;
  if (pageHas(arena, pfn, PG_ANON_EXCLUSIVE)) return true;
  if (isFilePage(arena, pfn)) return false;
  const cached = pageSwap(arena, pfn) === 0 ? 0 : 1;
  // What is left of a huge page is shared as long as any of its other pieces is in use.
  if (pageCount(arena, pfn) > 1 + cached || (compoundHead(arena, pfn) !== 0 && !isHugeOurs(task, table, pfn))) return false;
  if (!(yield* trylockPage(task, pfn))) return false;
  // A slot that no entry shares is given back; one that is shared is another user.
  yield* freeSwap(task, pfn);
  const sole = pageCount(arena, pfn) === 1;
  if (sole) setPageFlags(arena, pfn, PG_ANON_EXCLUSIVE);
  yield* unlockPage(task, pfn);
  return sole;
}

/** The bits the entry gets: an unsharing fault wants the page, not the permission. */
const accessBits = ({ flags }: Fault): number =>
  (flags & FAULT_FLAG_UNSHARE) === 0 ? PTE_WRITE | PTE_DIRTY | PTE_YOUNG : PTE_YOUNG;

/**
 * Called with the page-table lock held and the entry verified; drops it.
 *
 * @kernel mm/memory.c do_wp_page
 */
export function* doWpPage(task: Task, fault: Fault): Steps<VmFault> {
  const { arena } = task;
  const { pte, orig } = fault;
  const ptl = faultPtl(task, fault);
  const old = ptePfn(orig);
  const zero = (orig & PTE_SPECIAL) !== 0;
  const shared = (vmaFlags(arena, fault.vma) & VM_SHARED) !== 0;
  if (shared || (!zero && (yield* wpCanReuse(task, fault.table, old)))) {
    // Permission only grows: no notifier.
    yield Point.setPte;
    store(arena, pte, orig | accessBits(fault));
    yield* spinUnlock(task, ptl, LockClass.ptl);
    return 0;
  }
  if (!zero) yield* getPage(task, old);
  yield* spinUnlock(task, ptl, LockClass.ptl);
  const result = yield* wpPageCopy(task, fault, zero ? 0 : old);
  if (!zero) yield* putPage(task, old);
  return result;
}

/**
 * wp_page_copy: `old` is 0 for the zero page.
 *
 * @kernel mm/memory.c wp_page_copy
 */
function* wpPageCopy(task: Task, fault: Fault, old: number): Steps<VmFault> {
  const { arena } = task;
  const { mm, vma, vpn, pte, orig } = fault;
  if (!(yield* anonVmaPrepare(task, vma))) return VM_FAULT_OOM;
  const pfn = yield* folioPrealloc(task, mm, false);
  if (pfn === 0) return VM_FAULT_OOM;
  if (old === 0) clearFrame(arena, pfn);
  else yield* copyPage(task, pfn, old);
  const range = notifierRange(MMU_NOTIFY_CLEAR, mm, vpn, vpn + 1);
  yield* mmuNotifierInvalidateRangeStart(task, range);
  const ptl = faultPtl(task, fault);
  yield* spinLock(task, ptl, LockClass.ptl);
  const same = get(arena, pte) === orig;
  if (same) {
    // Clear and flush before setting, so that no two CPUs use the old and the new page at once.
    yield Point.clearPte;
    xchg(arena, pte, 0);
    yield* flushTlbPage(task, mm, vpn);
    setAnonMapping(arena, pfn, get(arena, vma + Vma.anonVma), linearPageIndex(arena, vma, vpn));
    addNewAnonRmap(arena, pfn);
    const fromFile = old !== 0 && isFilePage(arena, old);
    if (old === 0 || fromFile) addRss(arena, mm, 1);
    if (fromFile) addRssFile(arena, mm, -1);
    yield Point.setPte;
    store(arena, pte, mkPte(pfn, PTE_PRESENT | accessBits(fault)));
    // Last: until now this mapping keeps another process from judging itself the sole owner of the old page.
    if (old !== 0) removeRmap(arena, old);
  }
  yield* spinUnlock(task, ptl, LockClass.ptl);
  yield* mmuNotifierInvalidateRangeEnd(task, range);
  if (!same) yield* putPage(task, pfn);
  else if (old !== 0) yield* putMappedPage(task, old);
  return 0;
}
