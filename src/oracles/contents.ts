/** Where the contents of a page of an address space are. */

import { get } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { frameAt } from '../arena/frames.ts';
import { Mm } from '../arena/structures.ts';
import type { Vpn } from '../arena/units.ts';
import { slotFrame } from '../mm/swap/swap.ts';
import { isSwap, mapsPage, ptePfn, swapSlot } from '../mm/table/pte.ts';
import { readPte } from '../mm/table/tables.ts';

/** First word in `arena.frames`: of the page that is mapped, of its page in the swap cache, or of its slot; -1 for "reads as zero". */
export function contentsAt(arena: Arena, mm: Mm, vpn: Vpn): number {
  const pte = readPte(arena, get(arena, mm + Mm.pgd), vpn);
  if (mapsPage(pte)) return frameAt(arena, ptePfn(pte));
  if (!isSwap(pte)) return -1;
  const slot = swapSlot(pte);
  return frameAt(arena, get(arena, arena.swap.cache + slot) || slotFrame(arena, slot));
}
