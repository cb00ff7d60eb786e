/** System memory: allocation and the last put of a page (mm/page_alloc.c, as far as single pages go). */

import { add, cas, get, load, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { checkPoison, clearFrame, poisonFrame } from '../../arena/frames.ts';
import { rawLock, rawUnlock } from '../../arena/raw.ts';
import { serialCount } from '../../arena/serials.ts';
import { Header, type Mm } from '../../arena/structures.ts';
import type { Pfn } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { freeZoneDevicePage } from './devPagemap.ts';
import { freePiece } from './hugeZone.ts';
import { memCgroupCharge, memCgroupUncharge } from './memcg.ts';
import { clearAnonMapping, isDevicePage, isPiece, PG_LOCKED, pageFlags, pageMapcount, resetFlags } from './page.ts';

/** Pages of system memory that are free. */
export const freePages = (arena: Arena): number => get(arena, Header.zoneFreeCount);

/**
 * alloc_page: a page with one reference, or 0 when memory is exhausted. With `zero` its bytes are cleared, otherwise they
 * are the poison of the last owner, which nobody may see.
 *
 * @kernel mm/page_alloc.c alloc_page
 */
export function* allocPage(task: Task, zero: boolean): Steps<Pfn> {
  const { arena } = task;
  yield Point.allocPage;
  rawLock(arena, Header.zoneLock);
  let pfn = get(arena, Header.zoneFree);
  const recycled = pfn !== 0;
  if (recycled) {
    set(arena, Header.zoneFree, get(arena, arena.page.deviceData + pfn));
  } else if (get(arena, Header.zoneFresh) < arena.hugeZero) {
    pfn = get(arena, Header.zoneFresh);
    set(arena, Header.zoneFresh, pfn + 1);
  }
  if (pfn !== 0) set(arena, Header.zoneFreeCount, get(arena, Header.zoneFreeCount) - 1);
  rawUnlock(arena, Header.zoneLock);
  if (pfn === 0) return 0;
  if (recycled && task.checks) checkPoison(arena, pfn);
  set(arena, arena.page.deviceData + pfn, 0);
  if (cas(arena, arena.page.refcount + pfn, 0, 1) !== 0)
    throw new Violation('I-REF', `page ${pfn} was on the free list with references`);
  // check_new_page: only an actor that has the page may set its flags.
  if (task.checks && pageFlags(arena, pfn) !== 0)
    throw new Violation('I-FREE', `page ${pfn} was marked by somebody after it had been freed`);
  // A page nobody wrote yet is all zero already.
  if (zero && recycled) clearFrame(arena, pfn);
  return pfn;
}

function freeSystemPage(task: Task, pfn: Pfn): void {
  const { arena } = task;
  resetFlags(arena, pfn);
  clearAnonMapping(arena, pfn);
  serialCount(arena, arena.page.generation + pfn);
  poisonFrame(arena, pfn);
  if (pfn >= arena.hugeZero) {
    freePiece(arena, pfn);
    return;
  }
  rawLock(arena, Header.zoneLock);
  set(arena, arena.page.deviceData + pfn, get(arena, Header.zoneFree));
  set(arena, Header.zoneFree, pfn);
  set(arena, Header.zoneFreeCount, get(arena, Header.zoneFreeCount) + 1);
  rawUnlock(arena, Header.zoneLock);
}

/**
 * put_page: the last reference frees the page. May run under a page-table lock.
 *
 * @kernel mm/swap.c folio_put
 */
export function* putPage(task: Task, pfn: Pfn, references = 1): Steps<void> {
  const { arena } = task;
  yield Point.putPage;
  const before = add(arena, arena.page.refcount + pfn, -references);
  if (before > references) return;
  if (before < references) throw new Violation('I-REF', `page ${pfn} is put ${references} times but had ${before} references`);
  if (pageMapcount(arena, pfn) !== 0)
    throw new Violation('I-MAP', `page ${pfn} is freed while ${pageMapcount(arena, pfn)} entries map it`);
  // Whoever has locked a huge page has a reference to a piece, not to each: of those the last one is asked (unlockedBlock).
  if (!isPiece(arena, pfn) && (pageFlags(arena, pfn) & PG_LOCKED) !== 0)
    throw new Violation('I-LOCK', `page ${pfn} is freed while locked`);
  if (task.checks && get(arena, arena.page.dma + pfn) !== 0)
    throw new Violation('I-DMA', `page ${pfn} is freed while it is mapped for DMA`);
  if (arena.hasMemcg) yield* memCgroupUncharge(task, pfn);
  yield Point.freePage;
  if (isDevicePage(arena, pfn)) yield* freeZoneDevicePage(task, pfn);
  else freeSystemPage(task, pfn);
}

/**
 * folio_prealloc, alloc_anon_folio: a page for an address space, charged; 0 when memory or the limit of its cgroup is exhausted.
 *
 * @kernel mm/memory.c folio_prealloc, alloc_anon_folio
 */
export function* folioPrealloc(task: Task, mm: Mm, zero: boolean): Steps<Pfn> {
  const pfn = yield* allocPage(task, zero);
  if (pfn === 0 || !task.arena.hasMemcg || (yield* memCgroupCharge(task, mm, pfn))) return pfn;
  yield* putPage(task, pfn);
  return 0;
}

/** Is nobody using the page? */
export const isFree = (arena: Arena, pfn: Pfn): boolean => load(arena, arena.page.refcount + pfn) === 0;
