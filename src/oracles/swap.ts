/** I-REF, I-ENTRY, I-DIRTY of the swap device: slots in use are those that entries or the swap cache name, and none is stale. */

import { get, load } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { frameAt } from '../arena/frames.ts';
import { liveObjects } from '../arena/pool.ts';
import { Header, Mirror, Mm } from '../arena/structures.ts';
import type { Pfn, SwapSlot } from '../arena/units.ts';
import { DEV_ATOMIC, DEV_WRITE, deviceEntryPfn } from '../drivers/base/deviceTable.ts';
import { PG_ANON_EXCLUSIVE, PG_DIRTY, pageFlags, pageSwap } from '../mm/page/page.ts';
import { slotFrame } from '../mm/swap/swap.ts';
import { describePte, isSwap, mapsPage, PTE_DIRTY, PTE_SWP_EXCLUSIVE, ptePfn, ptePresent, swapSlot } from '../mm/table/pte.ts';
import { forEachEntry } from '../mm/table/tables.ts';
import type { Finding } from './finding.ts';

/** What the page tables say. */
interface Seen {
  /** Entries that name each slot. */
  readonly names: Int32Array;
  /** Entries that say they are the only one. */
  readonly sole: Map<number, string>;
  /** Pages that a CPU or a device entry says may have been written. */
  readonly written: Set<number>;
}

function lookAtMm(arena: Arena, mm: Mm, { names, sole, written }: Seen, findings: Finding[]): void {
  let entries = 0;
  forEachEntry(arena, get(arena, mm + Mm.pgd), (vpn, pte) => {
    if (ptePresent(pte) && mapsPage(pte) && (pte & PTE_DIRTY) !== 0) written.add(ptePfn(pte));
    if (!isSwap(pte)) return;
    entries++;
    const slot = swapSlot(pte);
    const where = `entry ${describePte(pte)} at address page ${vpn}`;
    if (slot >= names.length) findings.push({ rule: 'I-ENTRY', message: `${where} names a slot that is not there` });
    else names[slot] = (names[slot] as number) + 1;
    if ((pte & PTE_SWP_EXCLUSIVE) !== 0) sole.set(slot, where);
  });
  const counted = load(arena, mm + Mm.rssSwap);
  if (counted !== entries)
    findings.push({ rule: 'I-REF', message: `mm ${mm} counts ${counted} swap entries, there are ${entries}` });
}

function lookAtDevices(arena: Arena, written: Set<number>): void {
  for (const mirror of liveObjects(arena, arena.pools.mirror)) {
    forEachEntry(arena, get(arena, mirror + Mirror.table), (_, entry) => {
      if ((entry & (DEV_WRITE | DEV_ATOMIC)) !== 0) written.add(deviceEntryPfn(entry));
    });
  }
}

const sameContents = (arena: Arena, a: number, b: number): boolean => {
  const [from, to] = [frameAt(arena, a), frameAt(arena, b)];
  for (let i = 0; i < arena.frameWords; i++) if (arena.frames[from + i] !== arena.frames[to + i]) return false;
  return true;
};

/** A page of the swap cache and its slot. */
function checkCached(arena: Arena, slot: SwapSlot, pfn: Pfn, { names, written }: Seen, findings: Finding[]): void {
  const what = `page ${pfn} in the swap cache for slot ${slot}`;
  const flags = pageFlags(arena, pfn);
  if (pageSwap(arena, pfn) !== slot + 1)
    findings.push({ rule: 'I-ENTRY', message: `${what} believes to be for slot ${pageSwap(arena, pfn) - 1}` });
  if ((flags & PG_ANON_EXCLUSIVE) !== 0 && (names[slot] as number) > 0)
    findings.push({ rule: 'I-ENTRY', message: `${what} is exclusive, though ${names[slot]} entries name the slot` });
  const clean = (flags & PG_DIRTY) === 0 && !written.has(pfn);
  if (clean && !sameContents(arena, pfn, slotFrame(arena, slot)))
    findings.push({ rule: 'I-DIRTY', message: `${what} was written since, and nothing says so` });
}

/** Quiescent. Adds the references of the swap cache to `held`. */
export function checkSwap(arena: Arena, held: Map<number, number>): Finding[] {
  const findings: Finding[] = [];
  const { swapSlots } = arena.config;
  const seen: Seen = { names: new Int32Array(swapSlots), sole: new Map(), written: new Set() };
  for (const mm of liveObjects(arena, arena.pools.mm)) {
    if (load(arena, mm + Mm.users) > 0) lookAtMm(arena, mm, seen, findings);
  }
  lookAtDevices(arena, seen.written);
  let free = 0;
  for (let slot = 0; slot < swapSlots; slot++) {
    const count = get(arena, arena.swap.count + slot);
    const named = seen.names[slot] as number;
    const cached = get(arena, arena.swap.cache + slot);
    if (count !== named) findings.push({ rule: 'I-REF', message: `swap slot ${slot} counts ${count} entries, ${named} name it` });
    const sole = seen.sole.get(slot);
    if (sole !== undefined && named > 1)
      findings.push({ rule: 'I-ENTRY', message: `${sole} is marked as the only one for its slot, and there are ${named}` });
    if (cached !== 0) {
      held.set(cached, (held.get(cached) ?? 0) + 1);
      checkCached(arena, slot, cached, seen, findings);
    } else if (count === 0) free++;
  }
  for (let pfn = 0; pfn < arena.config.systemPages; pfn++) {
    const slot = pageSwap(arena, pfn) - 1;
    if (slot >= 0 && get(arena, arena.swap.cache + slot) !== pfn)
      findings.push({ rule: 'I-ENTRY', message: `page ${pfn} believes to be in the swap cache for slot ${slot}, and is not` });
  }
  const counted = get(arena, Header.swapFree);
  if (counted !== free) findings.push({ rule: 'I-QUIET', message: `${counted} swap slots are counted as free, ${free} are` });
  return findings;
}
