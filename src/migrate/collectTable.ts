/** migrate_vma_collect_pmd for the entries of a table: which pages can move. Locks them, and puts migration entries in their place. */

import { get, store, xchg } from '../arena/access.ts';
import type { PageTable, Pfn, Pte, Vpn, Word } from '../arena/units.ts';
import { isOlder, Older } from '../kernels/older.ts';
import { pgmapOwner } from '../mm/page/devPagemap.ts';
import {
  compoundHead,
  getPage,
  isDevicePage,
  maybeDmaPinned,
  PG_ANON_EXCLUSIVE,
  PG_DIRTY,
  pageFlags,
  pageMapping,
  setPageFlags,
} from '../mm/page/page.ts';
import { trylockPage, unlockPage } from '../mm/page/pageLock.ts';
import { putPage } from '../mm/page/zone.ts';
import { removeRmap, shareAnonRmap } from '../mm/rmap/rmap.ts';
import { flushTlbRange, type Outdated } from '../mm/table/flush.ts';
import { isDevicePrivate, isHuge, leafWritable, PTE_DIRTY, PTE_SPECIAL, ptePfn, ptePresent } from '../mm/table/pte.ts';
import { pteAt, pteOffsetMapLock, ptlOf } from '../mm/table/tables.ts';
import { vmaIsAnonymous } from '../mm/vma/vma.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import { LockClass } from '../sync/lockClass.ts';
import { spinUnlock } from '../sync/spinlock.ts';
import type { Task } from '../sync/task.ts';
import {
  MIGRATE_PFN_MIGRATE,
  MIGRATE_PFN_WRITE,
  MIGRATE_VMA_SELECT_DEVICE_COHERENT,
  MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
  MIGRATE_VMA_SELECT_SYSTEM,
  migratePfn,
} from './migratePfn.ts';
import { migrationEntryFor } from './migrationEntries.ts';
import type { MigrateVma } from './transaction.ts';

/** An entry that is no candidate. */
export const SKIP = 0;
/** An empty entry or the zero page: may be filled, has no source. */
export const HOLE = -1;
/** A piece of a huge page, which must be split first. */
const PIECE = -2;

/** The page frame of a candidate, HOLE, PIECE or SKIP, by the entry alone: whoever looks without the PTL may ask no more. */
export function kindOf(task: Task, migrate: MigrateVma, pte: Pte, anonymous: boolean): number {
  const { arena } = task;
  if (pte === 0) return anonymous ? HOLE : SKIP;
  const pfn = ptePfn(pte);
  if (isDevicePrivate(pte)) {
    if ((migrate.flags & MIGRATE_VMA_SELECT_DEVICE_PRIVATE) === 0 || pgmapOwner(arena, pfn) !== migrate.pgmapOwner) return SKIP;
  } else if (ptePresent(pte)) {
    const coherent = (pte & PTE_SPECIAL) === 0 && isDevicePage(arena, pfn);
    if ((migrate.flags & (coherent ? MIGRATE_VMA_SELECT_DEVICE_COHERENT : MIGRATE_VMA_SELECT_SYSTEM)) === 0) return SKIP;
    if (coherent && pgmapOwner(arena, pfn) !== migrate.pgmapOwner) return SKIP;
    if ((pte & PTE_SPECIAL) !== 0) return HOLE;
  } else {
    // Migration, exclusive and all others are left alone, and never waited for.
    return SKIP;
  }
  if (arena.hasHuge && !isHuge(pte) && compoundHead(arena, pfn) !== 0) return isOlder(arena, Older.compoundStays) ? SKIP : PIECE;
  return pfn;
}

/** The same under the PTL, where the entry keeps its page: one that belongs to nobody is no candidate. */
export function classify(task: Task, migrate: MigrateVma, pte: Pte, anonymous: boolean): number {
  const found = kindOf(task, migrate, pte, anonymous);
  return found > 0 && pageMapping(task.arena, found) === 0 ? SKIP : found;
}

/** Locks a candidate and replaces its entry, which is all of `page`. The src word, 0 when the page cannot be had. Under the PTL. */
function* take(task: Task, word: Word, page: Outdated, pfn: Pfn, lockedPage: Pfn): Steps<number> {
  const { arena } = task;
  const locked = pfn === lockedPage;
  yield* getPage(task, pfn);
  // Only ever a trylock: two migrations that lock pages in different orders would wait for each other.
  if (!locked && !(yield* trylockPage(task, pfn))) {
    yield* putPage(task, pfn);
    return 0;
  }
  yield Point.clearPte;
  const pte = xchg(arena, word, 0);
  const exclusive = (pageFlags(arena, pfn) & PG_ANON_EXCLUSIVE) !== 0;
  if (exclusive) {
    if (ptePresent(pte)) yield* flushTlbRange(task, page);
    // After the flush nobody can pin the page any more; before it somebody may have.
    if (maybeDmaPinned(arena, pfn)) {
      store(arena, word, pte);
      if (!locked) yield* unlockPage(task, pfn);
      yield* putPage(task, pfn);
      return 0;
    }
    shareAnonRmap(arena, pfn);
  }
  if (ptePresent(pte) && (pte & PTE_DIRTY) !== 0) setPageFlags(arena, pfn, PG_DIRTY);
  yield Point.setPte;
  store(arena, word, migrationEntryFor(pte, exclusive));
  removeRmap(arena, pfn);
  yield* putPage(task, pfn);
  return migratePfn(pfn) | MIGRATE_PFN_MIGRATE | (leafWritable(pte) ? MIGRATE_PFN_WRITE : 0);
}

/** Nothing of the stretch is collected. */
export function skip(migrate: MigrateVma, from: Vpn, to: Vpn): void {
  migrate.src.fill(0, from - migrate.start, to - migrate.start);
  migrate.dst.fill(0, from - migrate.start, to - migrate.start);
  migrate.npages += to - from;
}

/** Splits the huge page of a piece; false when it cannot be had. Without the PTL. */
export type SplitPiece = (piece: Pfn) => Steps<boolean>;

/**
 * migrate_vma_collect_pmd for one last-level table. False, with nothing done, when it has a leaf by now.
 *
 * @kernel mm/migrate_device.c migrate_vma_collect_pmd
 */
export function* collectTable(
  task: Task,
  migrate: MigrateVma,
  table: PageTable,
  [start, end]: readonly [Vpn, Vpn],
  splitPiece: SplitPiece,
): Steps<boolean> {
  const { arena } = task;
  const { mm, src, dst, faultPage } = migrate;
  const anonymous = vmaIsAnonymous(arena, migrate.vma);
  const ptl = ptlOf(arena, table);
  // The kernel notes whose lock it has before a split: then it takes the lock of a tail for another's. It also takes the head for locked, which is a mistake.
  const head = arena.hasHuge && faultPage !== 0 ? compoundHead(arena, faultPage) : 0;
  const lockedPage = head === 0 || head === faultPage ? faultPage : 0;
  let flush = false;
  if (!(yield* pteOffsetMapLock(task, table))) return false;
  for (let vpn = start; vpn < end; vpn++) {
    const word = pteAt(arena, table, vpn);
    const pte = get(arena, word);
    const pfn = classify(task, migrate, pte, anonymous);
    let slot = 0;
    if (pfn === PIECE) {
      if (flush) {
        yield* flushTlbRange(task, { mm, start, end });
        flush = false;
      }
      yield* spinUnlock(task, ptl, LockClass.ptl);
      if (!(yield* splitPiece(ptePfn(pte))) || !(yield* pteOffsetMapLock(task, table))) {
        skip(migrate, vpn, end);
        return true;
      }
      // Once more: it is a page of its own now, or gone.
      vpn--;
      continue;
    }
    if (pfn === HOLE) {
      slot = MIGRATE_PFN_MIGRATE;
    } else if (pfn !== SKIP) {
      slot = yield* take(task, word, { mm, start: vpn, end: vpn + 1 }, pfn, lockedPage);
      flush ||= slot !== 0 && ptePresent(pte);
    }
    if (slot !== 0) migrate.cpages++;
    src[vpn - migrate.start] = slot;
    dst[vpn - migrate.start] = 0;
    migrate.npages++;
  }
  // Before the lock is dropped: afterwards no CPU may still write to a page that is about to be copied.
  if (flush) yield* flushTlbRange(task, { mm, start, end });
  yield* spinUnlock(task, ptl, LockClass.ptl);
  return true;
}
