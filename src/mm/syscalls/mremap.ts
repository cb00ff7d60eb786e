/** mremap: shrinking, growing in place, and moving a mapping with its entries. */

import { load, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { VPN_LIMIT } from '../../arena/config.ts';
import { EFAULT, EINVAL, ENOMEM } from '../../arena/errno.ts';
import { type Mm, Vma } from '../../arena/structures.ts';
import type { Vpn } from '../../arena/units.ts';
import { isOlder, Older } from '../../kernels/older.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { mmapWriteLock, mmapWriteUnlock } from '../vma/mmapLock.ts';
import {
  linearPageIndex,
  VM_LOCKED,
  VM_SPECIAL,
  VM_UFFD_MISSING,
  vmaAlloc,
  vmaEnd,
  vmaFlags,
  vmaInsert,
  vmaIsAnonymous,
  vmaLookup,
  vmaStart,
  vmasIn,
} from '../vma/vma.ts';
import { mergeAround, mergeVmas, splitAt } from '../vma/vmaMerge.ts';
import { anonVmaForget, rmapClone } from '../vma/vmaRmap.ts';
import { unmapLocked } from './mmap.ts';
import { movePageTables } from './movePageTables.ts';

/** Where the pages go: how many there are then, and MREMAP_FIXED and MREMAP_DONTUNMAP. */
export interface NewPlace {
  readonly pages: number;
  readonly to?: Vpn;
  readonly keep?: boolean;
}

/** What is asked for. */
interface Remap {
  readonly mm: Mm;
  readonly from: Vpn;
  readonly pages: number;
  readonly newPages: number;
  /** MREMAP_FIXED: where to; -1 without it. */
  readonly to: Vpn;
  /** MREMAP_DONTUNMAP. */
  readonly keep: boolean;
}

/** move_vma. The old pages and the new ones differ in number only where the mapping grows. */
function* moveVma(task: Task, { mm, from, pages, newPages, to, keep }: Remap): Steps<number> {
  const { arena } = task;
  // The source is cut out first: once the entries have moved, nothing may fail any more.
  const whole =
    vmaStart(arena, vmaLookup(arena, mm, from)) === from && vmaEnd(arena, vmaLookup(arena, mm, from)) === from + pages;
  const cut = yield* splitAt(task, mm, from, from + pages);
  const vma = vmaLookup(arena, mm, from);
  // Memory nobody has touched yet is as good as new at its new place: it merges with what is there.
  const untouched = cut && vmaIsAnonymous(arena, vma) && load(arena, vma + Vma.anonVma) === 0;
  const pgoff = untouched ? to : linearPageIndex(arena, vma, from);
  // mremap_userfaultfd_prep: nobody has asked to hear of moves, so the new place is not registered.
  const copy = cut ? vmaAlloc(arena, vmaFlags(arena, vma) & ~VM_UFFD_MISSING, pgoff) : 0;
  if (copy === 0) {
    yield* mergeVmas(task, mm, from, from + pages);
    return -ENOMEM;
  }
  vmaInsert(arena, mm, copy, to, to + newPages);
  yield* rmapClone(task, copy, vma);
  const moving = Math.min(pages, newPages);
  const moved = yield* movePageTables(task, vma, { mm, from, to, pages: moving });
  if (!moved) {
    // Out of page-table pages half-way: bring back what was moved, then drop the copy.
    yield* movePageTables(task, copy, { mm, from: to, to: from, pages: moving });
    yield* unmapLocked(task, mm, to, to + newPages);
    yield* mergeVmas(task, mm, from, from + pages);
    return -ENOMEM;
  }
  if (keep) {
    set(arena, vma + Vma.flags, vmaFlags(arena, vma) & ~VM_LOCKED);
    // Nothing is left here that a reverse mapping could lead to.
    if (whole) yield* anonVmaForget(task, vma);
    yield* mergeAround(task, mm, copy);
    yield* mergeVmas(task, mm, from, from + pages);
  } else {
    yield* mergeAround(task, mm, copy);
    yield* unmapLocked(task, mm, from, from + pages);
  }
  return to;
}

/** Do the old place and the new one have a page in common? */
const overlaps = ({ from, pages, newPages, to }: Remap): boolean => to !== -1 && to < from + pages && from < to + newPages;

/** mremap_to: what is at the destination goes and the source shrinks, before anybody asks whether it is one VMA. */
function* mremapTo(task: Task, remap: Remap): Steps<number> {
  const { arena } = task;
  const { mm, from, pages, newPages, to, keep } = remap;
  if (overlaps(remap)) return -EINVAL;
  let error = yield* unmapLocked(task, mm, to, to + newPages);
  if (error === 0 && newPages < pages) error = yield* unmapLocked(task, mm, from + newPages, from + pages);
  if (error !== 0) return error;
  const left = Math.min(pages, newPages);
  const vma = vmaLookup(arena, mm, from);
  if (vma === 0 || vmaEnd(arena, vma) < from + left) return -EFAULT;
  if (keep && (vmaFlags(arena, vma) & VM_SPECIAL) !== 0) return -EINVAL;
  return yield* moveVma(task, { ...remap, pages: left });
}

/** remap_move: what is mapped in the range moves, VMA by VMA. A gap is passed over, and what is at its destination stays. */
function* remapMove(task: Task, remap: Remap): Steps<number> {
  const { mm, from, pages, to } = remap;
  for (const { start, end } of spansOf(task.arena, mm, from, from + pages)) {
    const part = { ...remap, from: start, pages: end - start, newPages: end - start, to: to + (start - from) };
    const result = yield* mremapTo(task, part);
    if (result < 0) return result;
  }
  return to;
}

/** What the VMAs of [start, end) cover of it. */
const spansOf = (arena: Arena, mm: Mm, start: Vpn, end: Vpn): { readonly start: Vpn; readonly end: Vpn }[] =>
  vmasIn(arena, mm, start, end).map((vma) => ({
    start: Math.max(start, vmaStart(arena, vma)),
    end: Math.min(end, vmaEnd(arena, vma)),
  }));

/** Without a destination: the mapping shrinks, stays as it is, or grows into the room behind it. */
function* resizeInPlace(task: Task, vma: Vma, { mm, from, pages, newPages }: Remap): Steps<number> {
  const { arena } = task;
  const end = from + pages;
  if (vmaEnd(arena, vma) < end) return -EFAULT;
  if (newPages <= pages) {
    const error = newPages === pages ? 0 : yield* unmapLocked(task, mm, from + newPages, end);
    return error !== 0 ? error : from;
  }
  if (vmaEnd(arena, vma) !== end || vmasIn(arena, mm, end, from + newPages).length > 0) return -ENOMEM;
  const grown = vmaAlloc(arena, vmaFlags(arena, vma), linearPageIndex(arena, vma, end));
  if (grown === 0) return -ENOMEM;
  vmaInsert(arena, mm, grown, end, from + newPages);
  yield* rmapClone(task, grown, vma);
  yield* mergeAround(task, mm, grown);
  return from;
}

/**
 * mremap of `pages` pages at `from` to `newPages` pages. With `to` given (MREMAP_FIXED) it is moved there and what was
 * there goes; without, it shrinks, grows in place if there is room, or fails.
 *
 * With `keep` (MREMAP_DONTUNMAP) the old mapping stays, empty. An error may come after what was at `to` has gone, and after the
 * source has shrunk.
 *
 * What keeps its length may span several VMAs, and gaps behind the first page.
 *
 * @returns the first page of the mapping, -EINVAL (bad ranges, or they overlap), -EFAULT (the first page is not mapped, or more or
 * fewer pages than one VMA has are to become another number) or -ENOMEM.
 * @kernel mm/mremap.c mremap
 */
export function* mremap(task: Task, mm: Mm, from: Vpn, pages: number, place: NewPlace): Steps<number> {
  const { pages: newPages, to = -1, keep = false } = place;
  if (pages <= 0 || newPages <= 0 || to + newPages > VPN_LIMIT || from + newPages > VPN_LIMIT) return -EINVAL;
  if (to < -1 || (keep && (to === -1 || pages !== newPages))) return -EINVAL;
  yield* mmapWriteLock(task, mm);
  const remap: Remap = { mm, from, pages, newPages, to, keep };
  const vma = vmaLookup(task.arena, mm, from);
  const ofOneVma = isOlder(task.arena, Older.mremapOfOneVma);
  let result = -EFAULT;
  if (!ofOneVma && overlaps(remap)) result = -EINVAL;
  else if (vma !== 0 && to === -1) result = yield* resizeInPlace(task, vma, remap);
  else if (vma !== 0) result = pages === newPages && !ofOneVma ? yield* remapMove(task, remap) : yield* mremapTo(task, remap);
  yield* mmapWriteUnlock(task, mm);
  return result;
}
