/**
 * Reclaim of one page (shrink_folio_list, try_to_unmap). Anonymous pages go to swap; pages of files are dropped while they are
 * clean. Nothing of this holds mmap_lock: a page is reached by its reverse mapping alone.
 */

import { store } from '../../arena/access.ts';
import { deref } from '../../arena/pool.ts';
import type { Mm } from '../../arena/structures.ts';
import type { Pfn, Word } from '../../arena/units.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { dropPageIfUnused } from '../file/addressSpace.ts';
import { copyPage } from '../page/copyPage.ts';
import { addLru } from '../page/memcg.ts';
import {
  clearPageFlags,
  compoundHead,
  isFilePage,
  isolateLru,
  maybeDmaPinned,
  PG_ANON_EXCLUSIVE,
  PG_DIRTY,
  PG_LRU,
  pageCount,
  pageHas,
  pageMapcount,
  pageMapping,
  pageSwap,
  tryGetPage,
} from '../page/page.ts';
import { trylockPage, unlockPage } from '../page/pageLock.ts';
import { putPage } from '../page/zone.ts';
import { removeRmap, shareAnonRmap } from '../rmap/rmap.ts';
import { clearMapping, unmapEverywhere } from '../rmap/unmap.ts';
import { splitHugePage } from '../split/splitHugePage.ts';
import { wholeMm } from '../table/flush.ts';
import { mkSwap } from '../table/pte.ts';
import { addRss, addRssFile, addRssSwap } from '../vma/mmStruct.ts';
import { VM_LOCKED, vmaFlags } from '../vma/vma.ts';
import { addToSwap, dropFromSwapCache, freeSwap, isSwapFull, NO_SLOT, slotFrame, swapDuplicate, swapFree } from './swap.ts';

const isFile = (task: Task, pfn: Pfn): boolean => isFilePage(task.arena, pfn);
const isDirty = (task: Task, pfn: Pfn): boolean => pageHas(task.arena, pfn, PG_DIRTY);

/**
 * try_to_unmap_one for anonymous memory: the entry names the slot from now on. False when the page may be pinned. */
function* replaceBySwap(task: Task, word: Word, pfn: Pfn, mm: Mm): Steps<boolean> {
  const { arena } = task;
  const slot = pageSwap(arena, pfn) - 1;
  const pte = yield* clearMapping(task, word, pfn, wholeMm(mm));
  const exclusive = pageHas(arena, pfn, PG_ANON_EXCLUSIVE);
  yield* swapDuplicate(task, slot);
  if (exclusive) {
    if (maybeDmaPinned(arena, pfn)) {
      yield* swapFree(task, slot);
      store(arena, word, pte);
      return false;
    }
    shareAnonRmap(arena, pfn);
  }
  addRss(arena, mm, -1);
  addRssSwap(arena, mm, 1);
  yield Point.setPte;
  store(arena, word, mkSwap(slot, exclusive));
  removeRmap(arena, pfn);
  yield* putPage(task, pfn);
  return true;
}

/**
 * try_to_unmap: the page loses its mappings, but for locked memory and pins.
 *
 * @kernel mm/rmap.c try_to_unmap
 */
function* tryToUnmap(task: Task, pfn: Pfn): Steps<void> {
  const { arena } = task;
  const file = isFile(task, pfn);
  yield* unmapEverywhere(task, pfn, function* (word, vma, { mm }) {
    if ((vmaFlags(arena, vma) & VM_LOCKED) !== 0) return false;
    if (!file) return yield* replaceBySwap(task, word, pfn, mm);
    yield* clearMapping(task, word, pfn, wholeMm(mm));
    addRssFile(arena, mm, -1);
    removeRmap(arena, pfn);
    yield* putPage(task, pfn);
    return true;
  });
}

/** Makes room for the contents of an anonymous page. A huge page is split first; a piece of it that cannot be stays. */
function* prepareSwap(task: Task, pfn: Pfn): Steps<boolean> {
  const { arena } = task;
  if (pageSwap(arena, pfn) !== 0) return true;
  if (maybeDmaPinned(arena, pfn)) return false;
  if (compoundHead(arena, pfn) !== 0 && !(yield* splitHugePage(task, pfn, 1))) return false;
  return (yield* addToSwap(task, pfn)) !== NO_SLOT;
}

/**
 * pageout and swap_writepage: the slot gets the contents, if nobody but the caller and the swap cache can change them.
 *
 * @kernel mm/vmscan.c pageout, swap_writepage
 */
function* writeToSwap(task: Task, pfn: Pfn): Steps<boolean> {
  const { arena } = task;
  if (pageCount(arena, pfn) !== 2) return false;
  yield Point.swapCache;
  // Clean first: who makes it dirty from now on is not forgotten.
  clearPageFlags(arena, pfn, PG_DIRTY);
  yield* copyPage(task, slotFrame(arena, pageSwap(arena, pfn) - 1), pfn);
  return true;
}

/** The page is unmapped and locked. True when it has left the swap cache or its file, and the next put frees it. */
function* remove(task: Task, pfn: Pfn): Steps<boolean> {
  const { arena } = task;
  yield Point.reclaimUnmapped;
  if (maybeDmaPinned(arena, pfn)) return false;
  if (isFile(task, pfn)) {
    // shmem_writepage is not modelled: what was written to a file stays in memory.
    if (isDirty(task, pfn) || pageMapping(arena, pfn) === 0) return false;
    return yield* dropPageIfUnused(task, deref(arena, arena.pools.addressSpace, pageMapping(arena, pfn)), pfn);
  }
  // No entry names the slot any more: the page is an orphan, and goes without being written.
  if (yield* freeSwap(task, pfn)) return pageCount(arena, pfn) === 1;
  yield Point.swapCache;
  if (isDirty(task, pfn) && !(yield* writeToSwap(task, pfn))) return false;
  return yield* dropFromSwapCache(task, pfn);
}

/**
 * shrink_folio_list for a page that the caller has isolated and has a reference to, which is put. True when it was freed.
 *
 * @kernel mm/vmscan.c shrink_folio_list
 */
export function* shrinkPage(task: Task, pfn: Pfn): Steps<boolean> {
  const { arena } = task;
  let freed = false;
  if (yield* trylockPage(task, pfn)) {
    if (isFile(task, pfn) || (yield* prepareSwap(task, pfn))) {
      yield Point.reclaimLocked;
      if (pageMapcount(arena, pfn) > 0) yield* tryToUnmap(task, pfn);
      if (pageMapcount(arena, pfn) === 0) freed = yield* remove(task, pfn);
      if (!freed && isSwapFull(arena)) yield* freeSwap(task, pfn);
    }
    yield* unlockPage(task, pfn);
  }
  if (!freed) addLru(arena, pfn);
  yield* putPage(task, pfn);
  return freed;
}

/**
 * What kswapd does to a page it comes across: isolates it from the LRU and tries to reclaim it, wherever it is mapped. Whether it
 * was used lately makes no difference.
 *
 * @returns whether the page was freed.
 * @kernel mm/vmscan.c kswapd
 */
export function* reclaimPage(task: Task, pfn: Pfn): Steps<boolean> {
  const { arena } = task;
  if (!pageHas(arena, pfn, PG_LRU) || !(yield* tryGetPage(task, pfn))) return false;
  yield Point.isolateLru;
  if (isolateLru(arena, pfn)) return yield* shrinkPage(task, pfn);
  yield* putPage(task, pfn);
  return false;
}
