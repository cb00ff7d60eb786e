/** migrate_vma_collect: which pages can move. Locks them and replaces their entries by migration entries. */
import { get, store, xchg } from '../arena/access.ts';
import { PTRS_PER_TABLE } from '../arena/config.ts';
import { Mm } from '../arena/structures.ts';
import { pgmapOwner } from '../mm/devPagemap.ts';
import { migrationEntryFor } from '../mm/migrationEntries.ts';
import { takeLeaf } from '../mm/migrationLeaf.ts';
import { isOlder, Older } from '../mm/older.ts';
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
  tryGetPage,
} from '../mm/page.ts';
import { trylockPage, unlockPage } from '../mm/pageLock.ts';
import {
  EMPTY_LEAF,
  isDevicePrivate,
  isHuge,
  leafWritable,
  mapsPage,
  PTE_DIRTY,
  PTE_SPECIAL,
  ptePfn,
  ptePresent,
} from '../mm/pte.ts';
import { removeRmap, shareAnonRmap } from '../mm/rmap.ts';
import { splitHugePage } from '../mm/splitHugePage.ts';
import { splitHugePmd } from '../mm/splitHugePmd.ts';
import { hugeLeaf, lookupTable, nextPopulated, pteAt, ptlOf, tableEnd } from '../mm/tables.ts';
import { CPU, flushTlb } from '../mm/tlb.ts';
import { vmaIsAnonymous } from '../mm/vma.ts';
import { putPage } from '../mm/zone.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../notifier/invalidate.ts';
import { MMU_NOTIFY_MIGRATE, notifierRange } from '../notifier/range.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import { LockClass } from '../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../sync/spinlock.ts';
import type { Task } from '../sync/task.ts';
import {
  MIGRATE_PFN_COMPOUND,
  MIGRATE_PFN_MIGRATE,
  MIGRATE_PFN_WRITE,
  MIGRATE_VMA_SELECT_COMPOUND,
  MIGRATE_VMA_SELECT_DEVICE_COHERENT,
  MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
  MIGRATE_VMA_SELECT_SYSTEM,
  migratePfn,
} from './migratePfn.ts';
import type { MigrateVma } from './migrateVma.ts';

/** An entry that is no candidate. */
const SKIP = 0;
/** An empty entry or the zero page: may be filled, has no source. */
const HOLE = -1;

/** The page frame of a candidate, HOLE or SKIP. */
function classify(task: Task, migrate: MigrateVma, pte: number, anonymous: boolean): number {
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
  // A piece of a huge page that could not be split, or never is.
  if (arena.hasHuge && !isHuge(pte) && compoundHead(arena, pfn) !== 0) return SKIP;
  return pageMapping(arena, pfn) === 0 ? SKIP : pfn;
}

/** Locks a candidate and replaces its entry. The src word, 0 when the page cannot be had. Under the PTL. */
function* take(task: Task, migrate: MigrateVma, word: number, pfn: number): Steps<number> {
  const { arena } = task;
  const locked = pfn === migrate.faultPage;
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
    if (ptePresent(pte)) yield* flushTlb(task, CPU);
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

/** migrate_vma_collect_pmd for one last-level table. */
function* collectTable(
  task: Task,
  migrate: MigrateVma,
  table: number,
  start: number,
  end: number,
  anonymous: boolean,
): Steps<void> {
  const { arena } = task;
  const { src, dst } = migrate;
  const ptl = ptlOf(arena, table);
  let flush = false;
  yield* spinLock(task, ptl, LockClass.ptl);
  for (let vpn = start; vpn < end; vpn++) {
    const word = pteAt(arena, table, vpn);
    const pte = get(arena, word);
    const pfn = classify(task, migrate, pte, anonymous);
    let slot = 0;
    if (pfn === HOLE) {
      slot = MIGRATE_PFN_MIGRATE;
    } else if (pfn !== SKIP) {
      slot = yield* take(task, migrate, word, pfn);
      flush ||= slot !== 0 && ptePresent(pte);
    }
    if (slot !== 0) migrate.cpages++;
    src[vpn - migrate.start] = slot;
    dst[vpn - migrate.start] = 0;
    migrate.npages++;
  }
  // Before the lock is dropped: afterwards no CPU may still write to a page that is about to be copied.
  if (flush) yield* flushTlb(task, CPU);
  yield* spinUnlock(task, ptl, LockClass.ptl);
}

/** migrate_vma_collect_hole: no table, so nothing is mapped. */
function collectHole(migrate: MigrateVma, from: number, to: number, anonymous: boolean): void {
  const { start, src, dst } = migrate;
  src.fill(anonymous ? MIGRATE_PFN_MIGRATE : 0, from - start, to - start);
  dst.fill(0, from - start, to - start);
  if (anonymous) migrate.cpages += to - from;
  migrate.npages += to - from;
}

/** Is the leaf, or the place for one, all inside the range, and does the caller take huge pages whole? */
const isWhole = ({ flags }: MigrateVma, from: number, to: number): boolean =>
  (flags & MIGRATE_VMA_SELECT_COMPOUND) !== 0 && to - from === PTRS_PER_TABLE;

/** A compound hole: a huge page may go where nothing, or the huge zero page, is mapped. */
function collectHugeHole(migrate: MigrateVma, from: number, to: number): void {
  collectHole(migrate, from, to, true);
  migrate.src[from - migrate.start] = MIGRATE_PFN_MIGRATE | MIGRATE_PFN_COMPOUND;
}

/** Where there is no table at all: compound holes, as far as whole ones fit. */
function collectUntouched({ arena }: Task, migrate: MigrateVma, from: number, to: number, anonymous: boolean): void {
  for (let at = from; at < to; ) {
    const stop = tableEnd(at, to);
    if (arena.hasHuge && anonymous && isWhole(migrate, at, stop)) collectHugeHole(migrate, at, stop);
    else collectHole(migrate, at, stop, anonymous);
    at = stop;
  }
}

/** migrate_vma_collect_huge_pmd: a leaf becomes a migration entry as a whole. False when the page cannot be had. */
function* collectLeaf(task: Task, migrate: MigrateVma, table: number, from: number, to: number): Steps<boolean> {
  const { arena } = task;
  const ptl = ptlOf(arena, table);
  yield* spinLock(task, ptl, LockClass.ptl);
  const leaf = hugeLeaf(arena, table);
  const head = mapsPage(leaf) ? classify(task, migrate, leaf, true) : SKIP;
  const taken = head > 0 ? yield* takeLeaf(task, table, migrate.faultPage) : 0;
  yield* spinUnlock(task, ptl, LockClass.ptl);
  if (taken === 0) return false;
  const flags = MIGRATE_PFN_MIGRATE | (leafWritable(taken) ? MIGRATE_PFN_WRITE : 0);
  const at = from - migrate.start;
  for (let i = 0; i < PTRS_PER_TABLE; i++) migrate.src[at + i] = migratePfn(head + i) | flags;
  migrate.src[at] = (migrate.src[at] as number) | MIGRATE_PFN_COMPOUND;
  migrate.dst.fill(0, at, at + PTRS_PER_TABLE);
  migrate.cpages += to - from;
  migrate.npages += to - from;
  return true;
}

/** Splits a huge page so that its pieces can move one by one. False when it is locked, or somebody holds a reference to a piece. */
function* splitFor(task: Task, migrate: MigrateVma, piece: number): Steps<boolean> {
  const { arena } = task;
  const ours = compoundHead(arena, migrate.faultPage) === compoundHead(arena, piece) ? 1 : 0;
  const isLocked = migrate.faultPage === piece;
  if (!(yield* tryGetPage(task, piece))) return true;
  let split = false;
  if (isLocked || (yield* trylockPage(task, piece))) {
    split = yield* splitHugePage(task, piece, 1 + ours);
    if (!isLocked) yield* unlockPage(task, piece);
  }
  yield* putPage(task, piece);
  return split;
}

/** Nothing of the stretch is collected. */
function skip(migrate: MigrateVma, from: number, to: number): void {
  migrate.src.fill(0, from - migrate.start, to - migrate.start);
  migrate.dst.fill(0, from - migrate.start, to - migrate.start);
  migrate.npages += to - from;
}

/** Huge pages of which only pieces are mapped here are split; those that cannot be keep the label by which they are skipped. */
function* splitPieces(task: Task, migrate: MigrateVma, table: number, from: number, to: number): Steps<void> {
  const { arena } = task;
  let last = 0;
  for (let vpn = from; vpn < to; vpn++) {
    const pte = get(arena, pteAt(arena, table, vpn));
    const head = mapsPage(pte) ? compoundHead(arena, ptePfn(pte)) : 0;
    if (head !== 0 && head !== last && !(yield* splitFor(task, migrate, ptePfn(pte)))) last = head;
  }
}

/** The stretch [from, to) below one last-level table. */
function* collectAt(task: Task, migrate: MigrateVma, from: number, to: number, anonymous: boolean): Steps<void> {
  const { arena } = task;
  const { mm } = migrate;
  const table = lookupTable(arena, get(arena, mm + Mm.pgd), from);
  const leaf = hugeLeaf(arena, table);
  if (leaf === EMPTY_LEAF) {
    if (anonymous && isWhole(migrate, from, to)) collectHugeHole(migrate, from, to);
    else collectHole(migrate, from, to, anonymous);
    return;
  }
  if (leaf !== 0) {
    const zero = ptePresent(leaf) && (leaf & PTE_SPECIAL) !== 0;
    if (isWhole(migrate, from, to) && (zero || mapsPage(leaf))) {
      if (!zero) {
        if (!(yield* collectLeaf(task, migrate, table, from, to))) skip(migrate, from, to);
      } else if ((migrate.flags & MIGRATE_VMA_SELECT_SYSTEM) !== 0) collectHugeHole(migrate, from, to);
      else skip(migrate, from, to);
      return;
    }
    if (zero) yield* splitHugePmd(task, mm, from);
    else if (!mapsPage(leaf) || !(yield* splitFor(task, migrate, ptePfn(leaf)))) {
      skip(migrate, from, to);
      return;
    }
  } else if (arena.hasHuge && !isOlder(arena, Older.compoundStays)) {
    yield* splitPieces(task, migrate, table, from, to);
  }
  yield* collectTable(task, migrate, table, from, to, anonymous);
}

/** Walks [start, end) inside one MIGRATE bracket that carries the caller as owner. The bracket covers only the walk. */
export function* collect(task: Task, migrate: MigrateVma): Steps<void> {
  const { arena } = task;
  const { mm, start, end } = migrate;
  const anonymous = vmaIsAnonymous(arena, migrate.vma);
  const pgd = get(arena, mm + Mm.pgd);
  const range = notifierRange(MMU_NOTIFY_MIGRATE, mm, start, end, migrate.pgmapOwner);
  yield* mmuNotifierInvalidateRangeStart(task, range);
  let vpn = start;
  while (vpn < end) {
    const populated = nextPopulated(arena, pgd, vpn, end);
    collectUntouched(task, migrate, vpn, populated, anonymous);
    vpn = populated;
    if (vpn >= end) break;
    const stop = tableEnd(vpn, end);
    yield* collectAt(task, migrate, vpn, stop, anonymous);
    vpn = stop;
  }
  yield* mmuNotifierInvalidateRangeEnd(task, range);
}
