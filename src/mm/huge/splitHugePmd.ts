/** split_huge_pmd: a leaf becomes 512 entries for the same pages, so that a part of them can be treated alone. */

import { cas, get, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { PTRS_PER_TABLE, VPN_LIMIT, ZERO_PFN } from '../../arena/config.ts';
import { Counter } from '../../arena/counters.ts';
import { Mm } from '../../arena/structures.ts';
import type { PageTable, Pte, Vpn, Word } from '../../arena/units.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../../notifier/invalidate.ts';
import { MMU_NOTIFY_CLEAR, notifierRange } from '../../notifier/range.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import { count, type Task } from '../../sync/task.ts';
import { flushTlbRange } from '../table/flush.ts';
import { EMPTY_LEAF, mkPte, PTE_HUGE, PTE_INVALID, PTE_SPECIAL, pieceEntry, pteFlags, ptePresent } from '../table/pte.ts';
import { hugeLeaf, lookupTable, pteAt, ptlOf } from '../table/tables.ts';

/** First page that the leaf of `vpn` maps. */
export const hugeStart = (vpn: Vpn): Vpn => vpn - (vpn % PTRS_PER_TABLE);

/** The leaf that maps `vpn`, 0 where there is none or it maps nothing. A look without a lock. */
export function leafOf(arena: Arena, mm: Mm, vpn: Vpn): Pte {
  if (!arena.hasHuge || vpn < 0 || vpn >= VPN_LIMIT) return 0;
  const table = lookupTable(arena, get(arena, mm + Mm.pgd), vpn);
  const leaf = table === 0 ? 0 : hugeLeaf(arena, table);
  return leaf === EMPTY_LEAF ? 0 : leaf;
}

/** The entry of piece `i` of a leaf. Pieces of the huge zero page are not told apart from the small one. */
const pieceOf = (leaf: Pte, i: number): Pte =>
  ptePresent(leaf) && (leaf & PTE_SPECIAL) !== 0 ? mkPte(ZERO_PFN, pteFlags(leaf) & ~PTE_HUGE) : pieceEntry(leaf, i);

/**
 * Entries for the pages of the leaf, which maps `vpn`. The first word comes last: it turns the table over. Until then the CPU may set accessed and
 * dirty bits of the leaf; the pieces have them, too. Under the PTL.
 */
export function* fillFromLeaf(task: Task, mm: Mm, vpn: Vpn, table: PageTable, leaf: Pte): Steps<void> {
  const { arena } = task;
  const first = pteAt(arena, table, 0);
  for (let seen = leaf, before = 0; seen !== before; ) {
    before = seen;
    for (let i = PTRS_PER_TABLE - 1; i > 0; i--) set(arena, first + i, pieceOf(before, i));
    yield Point.setPte;
    seen = cas(arena, first, before, pieceOf(before, 0));
  }
  count(task, Counter.hugeSplits);
  const start = hugeStart(vpn);
  if (ptePresent(leaf)) yield* flushTlbRange(task, { mm, start, end: start + PTRS_PER_TABLE });
}

/**
 * Takes the leaf from the CPU. It goes on to be seen by whoever looks without the PTL: a zap that found nothing would leave the page
 * behind. One that is not present stays as it is; the kernel clears it, which lets such a zap go by (bug M18). Returns the leaf as it was.
 *
 * @kernel mm/pgtable-generic.c pmdp_invalidate
 */
export function invalidateLeaf(arena: Arena, word: Word): Pte {
  for (;;) {
    const leaf = get(arena, word);
    // The CPU may set accessed and dirty bits until then.
    if (!ptePresent(leaf) || cas(arena, word, leaf, leaf | PTE_INVALID) === leaf) return leaf;
  }
}

/**
 * Splits the leaf that maps `vpn`, if there is one, in a CLEAR bracket over all of it.
 *
 * @kernel mm/huge_memory.c split_huge_pmd
 */
export function* splitHugePmd(task: Task, mm: Mm, vpn: Vpn): Steps<void> {
  if (leafOf(task.arena, mm, vpn) !== 0) yield* splitAddress(task, mm, vpn);
}

/** split_huge_pmd_address: there is a table. The bracket comes before anybody knows whether there is a leaf. */
export function* splitAddress(task: Task, mm: Mm, vpn: Vpn): Steps<void> {
  const { arena } = task;
  const start = hugeStart(vpn);
  const range = notifierRange(MMU_NOTIFY_CLEAR, mm, start, start + PTRS_PER_TABLE);
  yield* mmuNotifierInvalidateRangeStart(task, range);
  const table = lookupTable(arena, get(arena, mm + Mm.pgd), vpn);
  const ptl = ptlOf(arena, table);
  yield* spinLock(task, ptl, LockClass.ptl);
  const leaf = hugeLeaf(arena, table);
  if (leaf !== 0 && leaf !== EMPTY_LEAF) yield* fillFromLeaf(task, mm, vpn, table, leaf);
  yield* spinUnlock(task, ptl, LockClass.ptl);
  yield* mmuNotifierInvalidateRangeEnd(task, range);
}
