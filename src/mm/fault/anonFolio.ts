/** do_anonymous_page with pages of other sizes: a write to nothing gets several pages at once, where sysfs says so. */

import { forgetSince, get, observed, store } from '../../arena/access.ts';
import { PMD_ORDER } from '../../arena/config.ts';
import { Header, Vma } from '../../arena/structures.ts';
import type { Vpn } from '../../arena/units.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { allocFolio } from '../page/folio.ts';
import { setAnonMapping } from '../page/page.ts';
import { putPage } from '../page/zone.ts';
import { addNewAnonRmap } from '../rmap/rmap.ts';
import { mkPte, PTE_DIRTY, PTE_PRESENT, PTE_WRITE, PTE_YOUNG } from '../table/pte.ts';
import { hugeLeaf, pteAt } from '../table/tables.ts';
import { type Fault, faultPtl, isUnstable } from '../table/vmFault.ts';
import { addRss } from '../vma/mmStruct.ts';
import {
  linearPageIndex,
  VM_HUGEPAGE,
  VM_NOHUGEPAGE,
  VM_SPECIAL,
  VM_UFFD_MISSING,
  VM_WRITE,
  vmaEnd,
  vmaFlags,
  vmaStart,
} from '../vma/vma.ts';

/** Is any size switched on? Leaves no memory: it is switched before anything runs. */
export function hasAnonOrders({ arena }: Task): boolean {
  const mark = observed();
  const orders = get(arena, Header.anonOrders) | get(arena, Header.anonOrdersAdvised);
  forgetSince(mark);
  return orders !== 0;
}

/** Is nothing mapped in the block of `pages` entries around the page? */
function isEmpty({ arena }: Task, { table }: Fault, start: Vpn, pages: number): boolean {
  if (hugeLeaf(arena, table) !== 0) return false;
  for (let vpn = start; vpn < start + pages; vpn++) if (get(arena, pteAt(arena, table, vpn)) !== 0) return false;
  return true;
}

/** The largest size that is switched on, and whose block around the page lies in the VMA and is empty; 0 for single pages. */
function anonOrder(task: Task, fault: Fault): number {
  const { arena } = task;
  const { vma, vpn } = fault;
  const flags = vmaFlags(arena, vma);
  if ((flags & (VM_NOHUGEPAGE | VM_SPECIAL | VM_UFFD_MISSING)) !== 0) return 0;
  const orders = get(arena, Header.anonOrders) | ((flags & VM_HUGEPAGE) === 0 ? 0 : get(arena, Header.anonOrdersAdvised));
  for (let order = PMD_ORDER - 1; order > 0; order--) {
    if ((orders & (1 << order)) === 0) continue;
    const start = vpn - (vpn % (1 << order));
    const fits = start >= vmaStart(arena, vma) && start + (1 << order) <= vmaEnd(arena, vma);
    if (fits && isEmpty(task, fault, start, 1 << order)) return order;
  }
  return 0;
}

/**
 * Maps a page of the largest size that fits. False, with nothing done, where that is a single page, or where somebody was faster.
 *
 * @kernel mm/memory.c alloc_anon_folio
 */
export function* mapAnonFolio(task: Task, fault: Fault): Steps<boolean> {
  const { arena } = task;
  const { mm, vma, vpn, table } = fault;
  const order = anonOrder(task, fault);
  const head = order === 0 ? 0 : yield* allocFolio(task, order);
  if (head === 0) return false;
  const pages = 1 << order;
  const start = vpn - (vpn % pages);
  const ptl = faultPtl(task, fault);
  yield* spinLock(task, ptl, LockClass.ptl);
  const mapped = isEmpty(task, fault, start, pages) && !isUnstable(task, mm);
  if (mapped) {
    const write = (vmaFlags(arena, vma) & VM_WRITE) !== 0 ? PTE_WRITE | PTE_DIRTY : 0;
    addRss(arena, mm, pages);
    for (let i = 0; i < pages; i++) {
      setAnonMapping(arena, head + i, get(arena, vma + Vma.anonVma), linearPageIndex(arena, vma, start + i));
      addNewAnonRmap(arena, head + i);
      yield Point.setPte;
      store(arena, pteAt(arena, table, start + i), mkPte(head + i, PTE_PRESENT | PTE_YOUNG | write));
    }
  }
  yield* spinUnlock(task, ptl, LockClass.ptl);
  if (!mapped) for (let i = 0; i < pages; i++) yield* putPage(task, head + i);
  return mapped;
}
