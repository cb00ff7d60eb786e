/** What hardware does when a translation is missing: it walks the page table by itself, whoever else is at work on it. */
import { cas, load } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import type { PageTable, Pte, Vpn } from '../../arena/units.ts';
import { isHuge, PTE_DIRTY, PTE_INVALID, PTE_PROTNONE, PTE_WRITE, PTE_YOUNG, pieceEntry, ptePresent } from './pte.ts';
import { hugeLeaf, lookupTable, pteAt } from './tables.ts';

/** The entry below `root` if it allows the access, with accessed and dirty bits set; else 0. Inside an access. */
export function hardwareWalk(arena: Arena, root: PageTable, vpn: Vpn, write: boolean): Pte {
  const table = lookupTable(arena, root, vpn);
  if (table === 0) return 0;
  const leaf = hugeLeaf(arena, table);
  const word = pteAt(arena, table, leaf === 0 ? vpn : 0);
  const want = PTE_YOUNG | (write ? PTE_DIRTY : 0);
  for (;;) {
    // Sequentially consistent: pairs with the clear, and the look at accesses under way, of whoever flushes (tlb.ts).
    const pte = load(arena, word);
    if (!ptePresent(pte) || (pte & (PTE_PROTNONE | PTE_INVALID)) !== 0 || (write && (pte & PTE_WRITE) === 0)) return 0;
    // The leaf was split since the first look.
    if (leaf !== 0 && !isHuge(pte)) return 0;
    if ((pte & want) === want || cas(arena, word, pte, pte | want) === pte) {
      return isHuge(pte) ? pieceEntry(pte | want, vpn) : pte | want;
    }
  }
}
