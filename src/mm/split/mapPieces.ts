/**
 * remove_migration_ptes after the split of a huge page: what the entries of its pieces are from then on. An exclusive one is present
 * again, without write permission, and a piece that holds nothing but zeroes gives way to the shared zero page.
 */

import { get, set, store, xchg } from '../../arena/access.ts';
import { PTRS_PER_TABLE, ZERO_PFN } from '../../arena/config.ts';
import { isClearFrame } from '../../arena/frames.ts';
import type { Mm } from '../../arena/structures.ts';
import type { PageTable, Pfn, Pte, Vpn, Word } from '../../arena/units.ts';
import { isOlder, Older } from '../../kernels/older.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { fillFromLeaf, invalidateLeaf } from '../huge/splitHugePmd.ts';
import { compoundHead, isDevicePage, pageCount, pageMapcount } from '../page/page.ts';
import { putPage } from '../page/zone.ts';
import { removeRmap } from '../rmap/rmap.ts';
import { flushTlbRange } from '../table/flush.ts';
import { isDeviceExclusive, mapsPage, mkPte, PTE_SPECIAL, pieceEntry, ptePfn, ptePresent } from '../table/pte.ts';
import { pteAt } from '../table/tables.ts';
import { addRss } from '../vma/mmStruct.ts';
import { protectionBits, VM_LOCKED, vmaFlags } from '../vma/vma.ts';
import type { CompoundMapping } from './compoundRmap.ts';

/** The pages [start, end) below one table, where pieces of a huge page may be mapped; the caller has a reference to `held`. */
interface Stretch {
  readonly held: Pfn;
  readonly start: Vpn;
  readonly end: Vpn;
}

/** A device has the piece for itself: no more. Nobody restores it at the moment, as the lock is the splitter's. Returns the new entry. */
function* endExclusive(task: Task, word: Word, pte: Pte, vm: number): Steps<Pte> {
  const present = mkPte(ptePfn(pte), protectionBits(vm));
  yield Point.setPte;
  store(task.arena, word, present);
  return present;
}

/** Does the piece hold nothing but zeroes, and may nobody write to it? Who has a reference may. Taken from the CPUs it is already. */
function isUnused({ arena }: Task, pfn: Pfn, held: Pfn): boolean {
  const ours = pfn === held ? 1 : 0;
  return isClearFrame(arena, pfn) && pageCount(arena, pfn) === pageMapcount(arena, pfn) + ours;
}

const zeroEntry = (vm: number): Pte => mkPte(ZERO_PFN, protectionBits(vm) | PTE_SPECIAL);

/** The piece has given way to the zero page. */
function* putPiece(task: Task, mm: Mm, pfn: Pfn): Steps<void> {
  addRss(task.arena, mm, -1);
  removeRmap(task.arena, pfn);
  yield* putPage(task, pfn);
}

/**
 * The leaf of `table` becomes entries: those of its pieces, or of the zero page. Returns how many pieces it maps. Under the PTL, in an
 * event over the leaf.
 */
export function* splitLeaf(task: Task, { mm, vma }: CompoundMapping, table: PageTable, stretch: Stretch): Steps<number> {
  const { arena } = task;
  const { held, start, end } = stretch;
  const head = compoundHead(arena, held);
  const first = pteAt(arena, table, 0);
  const vm = vmaFlags(arena, vma);
  if (isOlder(arena, Older.splitKeepsZeroes) || isDevicePage(arena, head) || (vm & VM_LOCKED) !== 0) {
    yield* fillFromLeaf(task, mm, start, table, get(arena, first));
    return PTRS_PER_TABLE;
  }
  yield Point.clearPte;
  const leaf = invalidateLeaf(arena, first);
  // Afterwards no CPU writes to it any more; no device does since the event began, or since this flush.
  yield* flushTlbRange(task, { mm, start, end });
  const zero: Pfn[] = [];
  let entry = 0;
  for (let i = PTRS_PER_TABLE - 1; i >= 0; i--) {
    const unused = isUnused(task, head + i, held);
    if (unused) zero.push(head + i);
    entry = unused ? zeroEntry(vm) : pieceEntry(leaf, i);
    if (i > 0) set(arena, first + i, entry);
  }
  yield Point.setPte;
  store(arena, first, entry);
  for (const pfn of zero) yield* putPiece(task, mm, pfn);
  return PTRS_PER_TABLE;
}

/**
 * Entries for pieces stay, as a rule. Returns how many there are. Under the PTL, in an event over the stretch.
 *
 * @kernel mm/migrate.c remove_migration_ptes, try_to_map_unused_to_zeropage
 */
export function* splitEntries(task: Task, { mm, vma }: CompoundMapping, table: PageTable, stretch: Stretch): Steps<number> {
  const { arena } = task;
  const { held, start, end } = stretch;
  const vm = vmaFlags(arena, vma);
  const head = compoundHead(arena, held);
  const asBefore = isOlder(arena, Older.splitKeepsZeroes) || isDevicePage(arena, head);
  const maybeZero: Word[] = [];
  let entries = 0;
  for (let vpn = start; vpn < end; vpn++) {
    const word = pteAt(arena, table, vpn);
    let pte = get(arena, word);
    if (!mapsPage(pte) || compoundHead(arena, ptePfn(pte)) !== head) continue;
    entries++;
    if (asBefore) continue;
    if (isDeviceExclusive(pte)) pte = yield* endExclusive(task, word, pte, vm);
    if (ptePresent(pte) && (vm & VM_LOCKED) === 0 && isClearFrame(arena, ptePfn(pte))) maybeZero.push(word);
  }
  if (maybeZero.length === 0) return entries;
  const old: Pte[] = [];
  for (const word of maybeZero) {
    yield Point.clearPte;
    old.push(xchg(arena, word, 0));
  }
  yield* flushTlbRange(task, { mm, start, end });
  for (const [i, word] of maybeZero.entries()) {
    const pte = old[i] as Pte;
    const unused = isUnused(task, ptePfn(pte), held);
    yield Point.setPte;
    store(arena, word, unused ? zeroEntry(vm) : pte);
    if (unused) yield* putPiece(task, mm, ptePfn(pte));
  }
  return entries;
}
